"""Files that the workers of a cluster read: real schedulers, real workers, and their deaths."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.laws import close
from w2slens import InputError, Moments, Planted, Settings, Study, dimensions
from w2slens._core import cluster as connection
from w2slens.features import ranges
from w2slens.features.reading import open_features
from w2slens.measure import on_cluster
from w2slens.moments.tree import Tree

distributed = pytest.importorskip("distributed")

from tests.clusters import apart, kill_a_worker, wait, workers  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of what was killed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROWS = 409_600  # 40 ranges
SMALL = 2**20  # bytes a range: one chunk


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 12), dtype=np.float32)
    np.save(folder / "weak.npy", z[:, :8])
    np.save(folder / "strong.npy", z[:, 5:] @ rng.standard_normal((7, 9), dtype=np.float32))
    return folder / "weak.npy", folder / "strong.npy"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ranges, "RANGE_BYTES", SMALL)
    monkeypatch.setattr(ranges, "SAVED_EVERY", 1)


@pytest.fixture
def two():
    """A scheduler with two worker processes."""
    with workers() as own:
        yield own


def same(one, other):
    """Whether two measurements are equal to the last bit."""
    a, b = one.to_dict(), other.to_dict()
    return a == b


def test_sums_do_not_depend_on_the_order():
    rng = np.random.default_rng(0)
    parts = [Moments.from_rows(weak=rng.standard_normal((50, 3)) + i) for i in range(11)]
    whole = Tree(11)
    for place, part in enumerate(parts):
        whole.add(place, part)
    for _ in range(5):
        tree = Tree(11)
        order = rng.permutation(11)
        for place in order[:6]:
            tree.add(int(place), parts[place])
        assert tree.missing == sorted(order[6:].tolist())
        with pytest.raises(InputError, match="lack 5 of 11"):
            _ = tree.sum
        tree = Tree.of(tree.arrays())  # as a journal keeps it
        for place in order[6:]:
            tree.add(int(place), parts[place])
        assert np.array_equal(tree.sum.scatter, whole.sum.scatter)
        assert np.array_equal(tree.sum.mean, whole.sum.mean)
    plain = sum(parts)
    assert whole.sum.count == plain.count == 550
    close(whole.sum.scatter, plain.scatter, 1e-12)


def test_digits_do_not_depend_on_the_workers(files, two):
    serial = dimensions(*files)
    both = dimensions(*files, scheduler=two.scheduler_address)
    two.scale(1)
    one = dimensions(*files, scheduler=two.scheduler_address)
    assert same(one, both)
    assert both.d_sw == pytest.approx(serial.d_sw, rel=1e-10)
    assert both.correlation.interval == pytest.approx(serial.correlation.interval, rel=1e-8)


def test_a_dead_worker_changes_no_digit(files, two):
    whole = dimensions(*files, scheduler=two.scheduler_address)
    seen = []

    def kill(*told):
        seen.append(told)
        if len(seen) == 2:  # the first call says what a journal had
            kill_a_worker(two)

    again = dimensions(*files, scheduler=two.scheduler_address, progress=kill)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (ROWS, ROWS)
    assert same(again, whole)


def test_a_killed_client_goes_on(files, two, tmp_path):
    """The second call reads what the first one had not summed."""
    journal = tmp_path / "sums.npz"
    program = (
        "import sys, time\nfrom w2slens import dimensions\n"
        "from w2slens.features import ranges\n"
        f"ranges.RANGE_BYTES, ranges.SAVED_EVERY = {SMALL}, 1\n"
        "def slow(*told):\n    time.sleep(1.0)\n"
        "dimensions(*sys.argv[1:3], scheduler=sys.argv[3], journal=sys.argv[4], progress=slow)\n"
    )
    command = [sys.executable, "-c", program, *map(str, files), two.scheduler_address, str(journal)]
    with subprocess.Popen(command) as process:
        wait(journal.exists)
        process.send_signal(signal.SIGKILL)
    assert journal.exists()
    read = []
    told = {"scheduler": two.scheduler_address, "progress": lambda *told: read.append(told)}
    again = dimensions(*files, journal=journal, **told)
    assert read[0][0] > 0  # what the journal had
    assert read[-1] == (ROWS, ROWS)
    assert same(again, dimensions(*files, scheduler=two.scheduler_address))
    other = files[1], files[0]
    with pytest.raises(InputError, match=r"journal: .* holds the sums of other files"):
        dimensions(*other, scheduler=two.scheduler_address, journal=journal)


def test_a_journal_is_written_every_few_ranges_and_at_the_end(files, two, tmp_path, monkeypatch):
    monkeypatch.setattr(ranges, "SAVED_EVERY", 16)
    journal, stamps = tmp_path / "sums.npz", []

    def seen(done, whole):
        stamps.append(journal.stat().st_mtime_ns if journal.exists() else 0)

    dimensions(*files, scheduler=two.scheduler_address, journal=journal, progress=seen)
    assert len(stamps) == 1 + 40  # what the journal had, and 40 ranges
    assert np.flatnonzero(np.diff(stamps)).tolist() == [16, 32]
    assert journal.stat().st_mtime_ns > stamps[-1]


def test_a_bad_row_is_named_from_afar(files, two, tmp_path):
    broken = np.load(files[1])
    broken[23_456, 2] = np.nan
    np.save(tmp_path / "broken.npy", broken)
    with pytest.raises(InputError, match=r"strong: holds 1 value .* row 23456, column 2"):
        dimensions(files[0], tmp_path / "broken.npy", scheduler=two.scheduler_address)


def test_a_scheduler_that_is_not_there_is_named(files, monkeypatch):
    monkeypatch.setattr(connection, "WAIT_SECONDS", 1)
    with pytest.raises(InputError, match=r"scheduler: 'tcp://127.0.0.1:9' does not answer"):
        dimensions(*files, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="scheduler: 'nonsense://x' does not answer"):
        dimensions(*files, scheduler="nonsense://x")


def test_a_scheduler_that_is_not_there_costs_nothing_that_is(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.5)
    study = Study.of_population(
        Planted.with_correlations(12, 8, [1, 0.5], noise=1.0),
        Settings(n=60, N=500, trials=2, ridge_weak=0),
    )
    absent = "tcp://127.0.0.1:9"
    with pytest.raises(InputError, match="does not answer"):
        study.run(tmp_path / "new", scheduler=absent)
    assert not (tmp_path / "new").exists()
    found = study.run(tmp_path / "done", jobs=1)
    kept = {path: path.read_bytes() for path in (tmp_path / "done").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="does not answer"):
        study.run(tmp_path / "done", overwrite=True, scheduler=absent)
    assert {path: path.read_bytes() for path in kept} == kept
    assert study.run(tmp_path / "done", scheduler=absent).table.equals(found.table)


def test_a_scheduler_without_workers_is_named(files, monkeypatch):
    monkeypatch.setattr("w2slens._core.tasks.WORKER_SECONDS", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as none,
        pytest.raises(InputError, match="scheduler: has no worker; start one"),
    ):
        dimensions(*files, scheduler=none.scheduler_address)


def test_what_a_cluster_cannot_do_is_refused(files):
    with pytest.raises(InputError, match=r"scheduler: needs files .* weak is an array"):
        dimensions(np.load(files[0]), files[1], scheduler="local")
    with pytest.raises(InputError, match="journal: goes with a scheduler"):
        dimensions(*files, journal="sums.npz")
    pairs = [(np.ones((2, 2)), np.ones((2, 2)))]
    for name, told in {"journal": "sums.npz", "scheduler": "local", "id": "uid"}.items():
        with pytest.raises(InputError, match=f"{name}: goes with features of known rows"):
            dimensions(pairs, **{name: told})
    journal = ranges.SumsFile(files[0], lambda: "words")
    with pytest.raises(
        InputError, match=r"journal: \S* is not a file that w2slens wrote \(no arch"
    ):
        journal.load(dict)


def test_trials_of_a_sweep_run_on_workers(files, two, tmp_path):
    y = np.load(files[1])[:2000, 0] + np.random.default_rng(1).standard_normal(2000)
    sides = [np.load(file)[:2000] for file in files]
    told = {"n": 50, "N": 500, "trials": 5, "test": 300}
    study = Study.of_rows(*sides, y, Settings(**told))
    calls = []

    def kill(done, total):
        calls.append(done)
        if len(calls) == 2:
            kill_a_worker(two)

    far = study.run(tmp_path, scheduler=two.scheduler_address, progress=kill)
    assert far.table.equals(study.run(jobs=1).table)
    assert calls[-1] == 5
    with pytest.raises(InputError, match="jobs: are the workers of the scheduler"):
        study.run(jobs=2, scheduler="local")


@pytest.mark.parametrize("far", ["sweep", "sums"])
def test_the_only_worker_may_die(far, tmp_path):
    """What tasks share dies with it, and is sent to the one that its nanny starts."""
    told = {"n": 60, "N": 500, "trials": 6, "ridge_weak": 0}
    study = Study.of_population(
        Planted.with_correlations(12, 8, [1, 0.5], noise=1.0), Settings(**told)
    )
    seen = []

    def kill(*_):
        seen.append(1)
        if len(seen) == 2:
            kill_a_worker(one)

    with workers(1) as one, connection.connected(one.scheduler_address) as cluster:
        if far == "sweep":
            found = study.run(tmp_path, scheduler=one.scheduler_address, progress=kill)
            assert found.table.equals(study.run(jobs=1).table)
            return
        found = []
        for number in cluster.in_order(slowly, [(i,) for i in range(12)], shared=100):
            found.append(number)
            kill()
        assert found == list(range(100, 112))


def slowly(shared, number):
    time.sleep(0.1)
    return shared + number


def test_a_scheduler_that_goes_away_is_named(files, tmp_path):
    with apart(tmp_path) as (leader, address):
        calls = []

        def kill(*told):
            calls.append(told)
            if len(calls) == 2:
                leader.send_signal(signal.SIGKILL)

        with pytest.raises(InputError, match="scheduler: went away"):
            dimensions(*files, scheduler=address, progress=kill)


def test_only_we_say_that_a_scheduler_went_away(files, tmp_path):
    program = (
        "import os, signal, sys\nfrom w2slens import InputError, dimensions\n"
        "from w2slens.features import ranges\nranges.RANGE_BYTES = 2**19\n"
        "def kill(done, total):\n    if done: os.kill(int(sys.argv[4]), signal.SIGKILL)\n"
        "try:\n    dimensions(*sys.argv[1:3], scheduler=sys.argv[3], progress=kill)\n"
        "except InputError as error:\n    print(error)\n"
    )
    with apart(tmp_path) as (leader, address):
        command = [sys.executable, "-c", program, *map(str, files), address, str(leader.pid)]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("scheduler: went away")
    assert said.stderr == ""


def test_sums_are_of_the_content_that_files_had(tmp_path, monkeypatch):
    """Columns of a file, folders and URLs are known again too, and not when they are rewritten."""
    zarr = pytest.importorskip("zarr")
    rows = np.random.default_rng(0).standard_normal((40, 4))
    monkeypatch.chdir(tmp_path)

    def write(rows):
        pd.DataFrame(rows, columns=list("abcd")).to_parquet("table.parquet")
        Path("parts").mkdir(exist_ok=True)
        for part, some in enumerate(np.split(rows, 2)):
            np.save(f"parts/{part}.npy", some)
        zarr.save_array("rows.zarr", rows, mode="w")

    places = ("table.parquet:a,b", "parts", "rows.zarr", f"file://{tmp_path}/rows.zarr")
    write(rows)
    known = {place: ranges.described([open_features(place, "weak")]) for place in places}
    for place, words in known.items():
        assert ranges.described([open_features(place, "weak")]) == words
    alike = ranges.described([open_features(tmp_path / "parts", "weak")])
    assert alike == known["parts"]
    (tmp_path / "parts" / "out").mkdir()
    np.savez(tmp_path / "parts" / "out" / "sums.npz", rows=rows)  # a journal among the features
    (tmp_path / "parts" / ".#lock").symlink_to("nowhere")
    assert ranges.described([open_features("parts", "weak")]) == known["parts"]
    write(rows + 1)
    for place, words in known.items():
        assert ranges.described([open_features(place, "weak")]) != words


def test_a_range_holds_the_sampled_rows_from_its_first_to_its_last():
    places = np.array([0, 7, 10, 14, 19, 20, 33])
    parts = range(10), range(10, 20), range(20, 34)
    found = [on_cluster._within(places, part).tolist() for part in parts]
    assert found == [[0, 7], [10, 14, 19], [20, 33]]


def test_a_task_reads_more_than_it_sends(files, two, monkeypatch):
    """Ranges are cut where eight bytes were read for each of the Gram matrix's."""
    monkeypatch.setattr(ranges, "RANGE_BYTES", 1)
    monkeypatch.setattr(on_cluster, "CHUNK", 64)
    weak, strong = (np.load(path, mmap_mode="r")[:2500] for path in files)
    folder = files[0].parent
    np.save(folder / "few-w.npy", weak)
    np.save(folder / "few-s.npy", strong)
    told = []
    dimensions(
        folder / "few-w.npy",
        folder / "few-s.npy",
        scheduler=two.scheduler_address,
        progress=lambda *seen: told.append(seen[0]),
    )
    rows = 8 * 8 * 17**2 // (4 * 17) // 64 * 64
    assert sorted(np.diff(told)) == sorted([rows] * (2500 // rows) + [2500 % rows])
