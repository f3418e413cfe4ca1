"""Streamed runs on a cluster: the pass over the rows is shared, and survives what happens to it."""

import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest

from tests.laws import close
from w2slens import InputError, Moments, Settings, Study, sweep, transfer
from w2slens.features import ranges
from w2slens.moments.grouped import GroupedMoments

distributed = pytest.importorskip("distributed")

from tests.clusters import apart, kill_a_worker, wait, workers  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of what was killed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning"),
]

ROWS = 100_000
TOLD = {"n": [60], "N": [2000], "trials": 2, "test": 500, "stream": "yes"}
MODELS = ["weak", "w2s", "strong", "ceiling"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 12), dtype=np.float32)
    np.save(folder / "weak.npy", z[:, :8] + 3)
    np.save(folder / "strong.npy", z[:, 5:] @ rng.standard_normal((7, 9), dtype=np.float32))
    np.save(folder / "y.npy", z[:, 0] + z[:, 8] + rng.standard_normal(ROWS))
    return [folder / f"{name}.npy" for name in ("weak", "strong", "y")]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ranges, "RANGE_BYTES", 2**19)
    monkeypatch.setattr(ranges, "SAVED_EVERY", 1)


@pytest.fixture(scope="module")
def serial(files):
    return transfer(*files, **TOLD)


def merges(monkeypatch, then=lambda count: None):
    """Count the ranges that are merged here, and do something after each."""
    seen, merge = [], GroupedMoments.merge

    def counted(self, sums):
        merge(self, sums)
        if sums:
            seen.append(int(sums["counts"].sum()))
            then(len(seen))

    monkeypatch.setattr(GroupedMoments, "merge", counted)
    return seen


def same(one, other):
    """Whether two results are equal to the last bit."""
    dims = one.dimensions.to_dict(), other.dimensions.to_dict()
    return one.table.equals(other.table) and dims[0] == dims[1]


def test_sums_of_groups_merge_as_their_rows_do():
    rng = np.random.default_rng(0)
    rows, codes = rng.standard_normal((900, 4)) + np.array([0, 100, 0, -5]), rng.integers(0, 7, 900)
    whole, parts = GroupedMoments(8), []
    for start in range(0, 900, 300):
        part, some = GroupedMoments(8), slice(start, start + 300)
        part.add({"a": rows[some, :3], "b": rows[some, 3:]}, codes[some])
        parts.append(part)
        whole.merge(part.arrays())
    for union in ([0], [5, 1], range(8)):
        own = np.isin(codes, list(union))
        expected = Moments.from_rows(a=rows[own, :3], b=rows[own, 3:])
        found = whole.union(union)
        assert (found.count, found.blocks) == (expected.count, expected.blocks)
        close(found.mean, expected.mean, 1e-12)
        close(found.scatter, expected.scatter, 1e-11)
        travelled = pickle.loads(pickle.dumps(whole)).union(union)
        assert np.array_equal(travelled.scatter, found.scatter)
        assert travelled.precision == found.precision
    again = GroupedMoments(8)
    again.merge(GroupedMoments(8).arrays())  # of no rows
    assert again.arrays() == {}


def test_digits_do_not_depend_on_the_workers(files, serial, monkeypatch):
    seen = merges(monkeypatch)
    with workers() as two:
        both = transfer(*files, **TOLD, scheduler=two.scheduler_address)
        two.scale(1)
        with distributed.Client(two) as client:
            one = transfer(*files, **TOLD, scheduler=client)
            assert client.status == "running"  # what was connected stays so
    assert len(seen) > 5
    assert sum(seen) == ROWS + ROWS
    assert same(one, both)
    for model in MODELS:
        close(both.table[model], serial.table[model], 1e-10)
    close(both.dimensions.d_sw, serial.dimensions.d_sw, 1e-10)


@pytest.mark.parametrize("what", ["components", "classes"])
def test_workers_read_whatever_is_streamed(files, what, monkeypatch):
    weak, strong, y = files
    labels, told = np.load(y), dict(TOLD)
    if what == "components":
        told |= {"components_weak": 5, "ridge_weak": 0.1, "ridge_strong": 0.1}
    if what == "classes":
        labels = np.array(["no", "yes"])[(labels > 0).astype(int)]
    expected = transfer(weak, strong, labels, **told)
    seen = merges(monkeypatch)
    with workers() as two:
        found = transfer(weak, strong, labels, **told, scheduler=two.scheduler_address)
    assert sum(seen) == ROWS
    for model in MODELS:
        close(found.table[model], expected.table[model], 1e-9)
    close(found.dimensions.d_sw, expected.dimensions.d_sw, 1e-10)


def test_wide_features_are_summed_together(tmp_path, monkeypatch):
    rng, rows = np.random.default_rng(0), 9000
    weak, strong = (rng.standard_normal((rows, 300), dtype=np.float32) for _ in range(2))
    np.save(tmp_path / "weak.npy", weak)
    np.save(tmp_path / "strong.npy", strong)
    y = weak[:, 0] + strong[:, 0]
    told = {**TOLD, "trials": 1, "ridge_weak": 0.1, "ridge_strong": 0.1}
    seen = merges(monkeypatch)
    with workers() as two:
        files = tmp_path / "weak.npy", tmp_path / "strong.npy"
        found = transfer(*files, y, **told, scheduler=two.scheduler_address)
    assert len(seen) > 3
    assert sum(seen) == rows
    expected = transfer(*files, y, **told)
    for model in MODELS:
        close(found.table[model], expected.table[model], 1e-10)
    close(found.dimensions.d_sw, expected.dimensions.d_sw, 1e-10)


def test_a_worker_that_dies_in_the_pass_changes_no_digit(files, monkeypatch):
    with workers() as two:
        whole = transfer(*files, **TOLD, scheduler=two.scheduler_address)
        seen = merges(monkeypatch, lambda count: kill_a_worker(two) if count == 2 else None)
        again = transfer(*files, **TOLD, scheduler=two.scheduler_address)
    assert sum(seen) == ROWS  # nothing lost, nothing twice
    assert same(again, whole)


def test_a_killed_sweep_goes_on_with_its_sums(files, tmp_path, monkeypatch):
    out, kept = tmp_path / "out", tmp_path / "out" / "trials" / "sums.npz"
    program = (
        "import sys, time\nfrom w2slens import sweep\nfrom w2slens.features import ranges\n"
        "from w2slens.moments.grouped import GroupedMoments as G\n"
        "ranges.RANGE_BYTES, ranges.SAVED_EVERY = 2**19, 1\n"
        "merge = G.merge\n"
        "G.merge = lambda self, sums: (merge(self, sums), time.sleep(1.0))\n"
        f"sweep(*sys.argv[1:4], **{TOLD}, out=sys.argv[5], scheduler=sys.argv[4])\n"
    )
    with workers() as two:
        address = two.scheduler_address
        command = [sys.executable, "-c", program, *map(str, files), address, str(out)]
        with subprocess.Popen(command) as process:
            wait(lambda: kept.exists() and np.load(kept)["done"] >= 2)
            process.send_signal(signal.SIGKILL)
        seen = merges(monkeypatch)
        again = sweep(*files, **TOLD, out=out, scheduler=address)
        assert sum(seen) == ROWS
        assert seen[0] > max(seen[1:])  # what the file had, together
        assert same(again, sweep(*files, **TOLD, scheduler=address))
    assert sorted(os.listdir(out / "trials"))[0] == "trial-0000.csv"  # the sums have gone


def test_a_scheduler_that_goes_away_in_a_run_is_named(files, tmp_path, serial, monkeypatch):
    out = tmp_path / "out"
    with apart(tmp_path) as (leader, address):
        seen = merges(monkeypatch, lambda count: leader.kill() if count == 2 else None)
        with pytest.raises(InputError, match="scheduler: went away"):
            sweep(*files, **TOLD, out=out, scheduler=address)
    assert 0 < sum(seen) < ROWS
    assert (out / "trials" / "sums.npz").exists()
    found = sweep(*files, **TOLD, out=out, jobs=1)  # without a cluster, what is kept is no obstacle
    for model in MODELS:
        close(found.table[model], serial.table[model], 1e-10)


def test_sums_of_other_labels_are_refused(files, tmp_path):
    sums, (weak, strong, y) = tmp_path / "sums.npz", files
    study = Study.of_rows(weak, strong, y, Settings(**TOLD))
    other = Study.of_rows(weak, strong, np.load(y) + 1, Settings(**TOLD))
    from w2slens._core.cluster import connected
    from w2slens.experiments.summing import sum_on

    with workers(1) as one, connected(one.scheduler_address) as cluster:
        sum_on(cluster, study.source, sums)
        with pytest.raises(InputError, match="holds the sums of other files"):
            sum_on(cluster, other.source, sums)


def test_a_bad_row_and_an_array_are_named(files, tmp_path):
    weak, strong, y = files
    broken = np.load(strong)
    broken[54_321, 3] = np.nan
    np.save(tmp_path / "broken.npy", broken)
    with workers(1) as one:
        there = one.scheduler_address
        with pytest.raises(InputError, match=r"strong: holds 1 value .* row 54321, column 3"):
            transfer(weak, tmp_path / "broken.npy", y, **TOLD, scheduler=there)
        with pytest.raises(InputError, match=r"scheduler: needs files .* strong is an array"):
            transfer(weak, np.load(strong, mmap_mode="r"), y, **TOLD, scheduler=there)
    with pytest.raises(InputError, match=r"scheduler: is 7; an address"):
        transfer(weak, strong, y, **TOLD, scheduler=7)
