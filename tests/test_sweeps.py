import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from threadpoolctl import ThreadpoolController

from tests import oracles
from tests.laws import agrees, close
from w2slens import InputError, Planted, simulate, sweep, transfer
from w2slens.experiments import workers as trials_in_processes
from w2slens.experiments.rows import Rows
from w2slens.experiments.said import NOTHING, Said
from w2slens.experiments.split import Split
from w2slens.experiments.workers import side_by_side
from w2slens.models.probe import LinearProbe
from w2slens.models.risks import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")

ROWS = 500


def rows(seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((ROWS, 30))
    y = x[:, 0] + 0.5 * x[:, 20] + rng.standard_normal(ROWS)
    teachers = {"near": x[:, :18], "far": np.cumsum(x[:, 10:], axis=1).astype(np.float32)}
    return teachers, x[:, 5:25], y


SMALL = {"n": [25, 60], "N": [90, 200], "trials": 3, "ridge_weak": 0, "ridge_strong": 0, "test": 99}


def test_every_cell_equals_a_computation_of_its_own():
    teachers, strong, y = rows()
    found = sweep(
        teachers,
        strong,
        y,
        n=[60, 12, 25],
        N=[200, 90, 15],
        trials=2,
        ridge_weak=[0.0, 0.3],
        ridge_strong=[0.1, 0.0],
        noise_levels=[0.0, 0.5],
        seed=4,
        test=99,
        jobs=1,
    ).table
    assert len(found) == 2 * 2 * 2 * 2 * 9 * 2
    targets = y[:, None]
    for row in found.itertuples():
        split = Split.draw(ROWS, 99, 4, row.trial)
        noise = np.random.default_rng([4, row.trial, 1]).standard_normal(targets.shape)
        taught = targets + row.noise * noise * targets.std(axis=0)
        index = (split.labels(row.n), split.pool(row.N), split.test)
        ridges = (float(row.asked_ridge_weak), float(row.asked_ridge_strong))
        weak = teachers[row.teacher]
        risks, _ = oracles.four_models(weak, strong, taught, targets, *index, *ridges)
        for model in MODELS:
            close(getattr(row, model), risks[model])


@pytest.mark.parametrize("ceiling", ["all", "pool", "labels"])
def test_a_curve_does_not_depend_on_the_other_ridges(ceiling):
    teachers, strong, y = rows()
    settings = {**SMALL, "trials": 2, "ceiling": ceiling, "jobs": 1, "noise_levels": [0, 0.3]}
    ridges = [0, 0.1, "auto"]
    many = sweep(teachers, strong, y, **{**settings, "ridge_weak": ridges, "ridge_strong": ridges})
    for ridge in ridges:
        alone = {**settings, "ridge_weak": ridge, "ridge_strong": ridge}
        one = sweep({"far": teachers["far"]}, strong, y, **alone).table
        curve = many.select(teacher="far", ridge_weak=ridge, ridge_strong=ridge).table
        for column in (*MODELS, "ridge_w2s", "ridge_ceiling"):
            close(curve[column], one[column], 1e-9)


def test_what_teachers_say_stands_for_their_features():
    teachers, strong, y = rows()
    classes = np.array(["low", "high", "top"])[(y > 0).astype(int) + (y > 1)]
    settings = {**SMALL, "jobs": 1, "noise_levels": [0, 0.3], "n": [12, 60]}
    settings |= {"ridge_weak": [0, 0.1, "auto"], "ridge_strong": [0, 0.1]}
    for labels in (y, classes):
        imitating = sweep(teachers, strong, labels, **settings).table
        features = sweep(teachers, strong, labels, students="both", **settings).table
        close(imitating[list(MODELS)], features[list(MODELS)], 1e-10)


def test_features_are_multiplied_where_scores_would_be_more():
    def probe(coordinates, outputs):
        return LinearProbe(np.zeros((coordinates, outputs)), np.zeros(outputs))

    widths = {"strong": 768, "a": 512}
    assert Said({"of a": ("a", probe(512, 50))}).saves(widths, 10)
    assert not Said({"of a": ("a", probe(512, 500))}).saves(widths, 10)
    assert not Said({"of a": ("a", probe(512, 50))}).saves({"strong": 768, "a": 2}, 10)
    assert not NOTHING.saves(widths, 10)


def test_a_teacher_in_half_precision_changes_no_other_model():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((ROWS, 12)) * np.geomspace(1, 1e-4, 12)
    y = x @ (rng.standard_normal(12) / np.geomspace(1, 1e-4, 12)) + rng.standard_normal(ROWS)
    teachers = {"fine": x[:, :8], "coarse": rng.standard_normal((ROWS, 4)).astype(np.float16)}
    both = sweep(teachers, x, y, **SMALL, jobs=1).select(teacher="fine").table
    alone = sweep({"fine": teachers["fine"]}, x, y, **SMALL, jobs=1).table
    close(both[list(MODELS)], alone[list(MODELS)], 1e-9)


def test_flipped_classes_are_other_classes_at_the_given_share():
    codes = np.random.default_rng(0).integers(0, 4, 30_000)
    pair = Rows({}, np.zeros((30_000, 1)), np.eye(4)[codes], classes=np.arange(4))
    noisy = pair.noisy([0.0, 0.1, 0.3], np.random.default_rng(1)).reshape(-1, 3, 4)
    assert (noisy.sum(axis=2) == 1).all()
    drawn = noisy.argmax(axis=2)
    assert (drawn[:, 0] == codes).all()
    for level, share in ((1, 0.1), (2, 0.3)):
        step = (drawn[:, level] - codes) % 4
        for other in (1, 2, 3):
            agrees(step == other, share / 3)
    assert (drawn[:, 2] != codes)[drawn[:, 1] != codes].all()


def test_noise_changes_training_alone_and_not_the_clean_curve():
    teachers, strong, y = rows()
    classes = np.digitize(y, [-0.5, 0.5])
    found = sweep(
        teachers["near"], strong, classes, **SMALL, noise_levels=[0.0, 0.3], task="classification"
    )
    clean, noisy = found.select(noise=0.0).table, found.select(noise=0.3).table
    assert not np.isclose(noisy["weak"], clean["weak"]).any()
    for model in MODELS:
        ratio = getattr(found.select(noise=0.3).predicted, model) / found.select(noise=0.3).summary[
            model
        ].to_numpy().reshape(2, 2)
        assert np.abs(np.log(ratio[1])).max() < 0.3
    alone = transfer(teachers["near"], strong, classes, **SMALL, task="classification").table
    pd.testing.assert_frame_equal(clean, alone, rtol=1e-10)


def test_automatic_ridges_are_chosen_for_each_noise_level_and_teacher():
    teachers, strong, y = rows()
    settings = {**SMALL, "ridge_weak": "auto", "ridge_strong": ["auto", 0.1], "trials": 2}
    found = sweep(teachers, strong, y, noise_levels=[0, 2.0], **settings, jobs=1)
    one = found.select(teacher="far", noise=0.0, ridge_strong="auto").table
    settings["ridge_strong"] = "auto"
    alone = transfer(teachers["far"], strong, y, **settings).table
    for column in (*MODELS, "ridge_weak", "ridge_w2s", "ridge_strong", "ridge_ceiling"):
        close(one[column], alone[column], 1e-7)
    means = found.table.groupby("noise")[["ridge_weak", "ridge_strong"]].mean()
    assert (means.loc[2.0] > means.loc[0.0]).all()


def test_cells_of_a_simulation_do_not_depend_on_the_grid():
    planted = Planted.with_correlations(9, 6, [1, 1, 0.5], noise=1.0, law="student")
    settings = {"trials": 2, "ridge_weak": 0, "ridge_strong": 0.1, "jobs": 1, "seed": 3}
    grid = simulate(planted, n=[30, 700], N=[2000, 40], **settings).table
    alone = simulate(planted, n=30, N=40, **settings).table
    some = grid[(grid["n"] == 30) & (grid["N"] == 40)].reset_index(drop=True)
    close(some[list(MODELS)], alone[list(MODELS)], 1e-9)
    other = simulate(planted, n=30, N=40, **{**settings, "seed": 4}).table
    assert not np.isclose(other["weak"], alone["weak"]).any()


def test_a_simulation_agrees_with_its_population():
    planted = Planted.with_correlations(12, 8, [1, 1, 0.5], noise=1.0, rho_w=0.3, rho_s=0.2)
    found = simulate(
        planted, n=60, N=[30, 400], trials=150, ridge_weak=0, ridge_strong=0, test=800, jobs=1
    )
    for place, N in enumerate((30, 400)):
        cell = found.table[found.table["N"] == N]
        for model in MODELS:
            agrees(cell[model], getattr(found.predicted, model)[0, place])


def test_processes_change_no_digit():
    teachers, strong, y = rows()
    one = sweep(teachers, strong, y, **SMALL, jobs=1).table
    two = sweep(teachers, strong, y, **SMALL, jobs=2).table
    pd.testing.assert_frame_equal(one, two, rtol=1e-11)


def test_folder_is_readable_without_the_library_and_is_read_back(tmp_path):
    teachers, strong, y = rows()
    seen = []
    first = sweep(teachers, strong, y, **SMALL, out=tmp_path / "s", jobs=1)
    again = sweep(
        teachers, strong, y, **SMALL, out=tmp_path / "s", progress=lambda *done: seen.append(done)
    )
    assert seen == [(24, 24)]
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    table = pd.read_csv(tmp_path / "s" / "trials.csv")
    assert {"n", "N", "trial", "teacher", "noise", *MODELS} <= set(table)
    config = json.loads((tmp_path / "s" / "config.json").read_text())["config"]
    assert (config["seed"], config["n"], config["teachers"]) == (0, [25, 60], ["near", "far"])
    checked = subprocess.run(
        ["sha256sum", "-c", *(p.name for p in (tmp_path / "s" / "trials").glob("*.sha256"))],
        cwd=tmp_path / "s" / "trials",
        capture_output=True,
    )
    assert checked.returncode == 0


def test_a_damaged_part_is_noticed_and_computed_again(tmp_path):
    teachers, strong, y = rows()
    first = sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    part = tmp_path / "trials" / "trial-0001.csv"
    content = part.read_bytes()
    part.write_bytes(content.replace(b"1", b"2", 1))
    (tmp_path / "trials" / "trial-0002.csv.sha256").write_bytes(b"\xff")
    again = sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)
    assert part.read_bytes() == content


def test_a_sweep_takes_more_trials_but_not_fewer(tmp_path):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    part = (tmp_path / "trials" / "trial-0001.csv").stat().st_mtime_ns
    more = sweep(teachers, strong, y, **{**SMALL, "trials": 5}, out=tmp_path, jobs=1)
    assert (tmp_path / "trials" / "trial-0001.csv").stat().st_mtime_ns == part
    whole = sweep(teachers, strong, y, **{**SMALL, "trials": 5}, jobs=1)
    pd.testing.assert_frame_equal(more.table, whole.table, check_exact=True)
    with pytest.raises(InputError, match="holds 5 trials and 3 are asked for"):
        sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)


def test_outputs_are_repaired_from_the_parts(tmp_path):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    names = ("trials.csv", "summary.csv", "result.json")
    before = [(tmp_path / name).read_bytes() for name in names]
    (tmp_path / "trials.csv").unlink()
    (tmp_path / "result.json").write_text("{")
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    assert [(tmp_path / name).read_bytes() for name in names] == before


def test_parts_belong_to_their_settings(tmp_path):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path / "a", jobs=1)
    config = tmp_path / "a" / "config.json"
    for path in (tmp_path / "a").glob("*.*"):
        path.unlink()
    for overwrite in (False, True):
        with pytest.raises(InputError, match="is not part of a sweep"):
            sweep(teachers, strong, y, **SMALL, seed=5, out=tmp_path / "a", overwrite=overwrite)
    other = sweep(teachers, strong, y, **SMALL, seed=5, out=tmp_path / "b", jobs=1)
    config.write_bytes((tmp_path / "b" / "config.json").read_bytes())
    adopted = sweep(teachers, strong, y, **SMALL, seed=5, out=tmp_path / "a", jobs=1)
    pd.testing.assert_frame_equal(adopted.table, other.table, check_exact=True)


def test_what_a_user_has_in_the_folder_stays(tmp_path):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    mine = [tmp_path / name for name in ("risks.png", "trials/trial-notes.csv", "trials/x")]
    for path in mine:
        path.write_text("mine")
    sweep(teachers, strong, y, **SMALL, seed=1, out=tmp_path, jobs=1, overwrite=True)
    assert [path.read_text() for path in mine] == ["mine"] * 3
    (tmp_path / "u" / "trials").mkdir(parents=True)
    (tmp_path / "u" / "trials" / "trial-0000.csv").write_text("mine")
    with pytest.raises(InputError, match="is not part of a sweep"):
        sweep(teachers, strong, y, **SMALL, out=tmp_path / "u", overwrite=True)
    with pytest.raises(InputError, match="out: is empty"):
        sweep(teachers, strong, y, **SMALL, out="")


def test_parts_that_cannot_be_read_are_computed_again(tmp_path):
    teachers, strong, y = rows()
    first = sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    (tmp_path / "trials" / "trial-0001.csv.sha256").unlink()
    (tmp_path / "trials" / "trial-0001.csv.sha256").mkdir()
    with pytest.raises(InputError, match=r"out: .*trial-0001.csv cannot be written"):
        sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    (tmp_path / "trials" / "trial-0001.csv.sha256").rmdir()
    again = sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    pd.testing.assert_frame_equal(first.table, again.table, check_exact=True)


def test_refusals_come_out_of_workers_as_they_are():
    teachers, strong, y = rows()
    with pytest.raises(InputError, match="strong: holds numbers so large"):
        sweep(teachers, strong * 1e200, y, **SMALL, jobs=2)


def test_two_runs_do_not_share_a_folder(tmp_path):
    teachers, strong, y = rows()
    with (
        FileLock(tmp_path / ".w2slens.lock"),
        pytest.raises(InputError, match=r"out: .* is in use by another run"),
    ):
        sweep(teachers, strong, y, **SMALL, out=tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "another sweep: seed is 0 there and 1 here"),
        ({"n": [25]}, "another sweep: n is"),
        ({"strong": 1}, "another sweep: the values of strong are others"),
    ],
)
def test_a_folder_of_another_sweep_is_refused(tmp_path, change, message):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    change = {"strong": strong + 1} if "strong" in change else change
    arguments = {"strong": strong, **SMALL, **change, "out": tmp_path, "jobs": 1}
    with pytest.raises(InputError, match=message):
        sweep(teachers, arguments.pop("strong"), y, **arguments)
    foreign = tmp_path / "notes.txt"
    foreign.write_text("mine")
    arguments = {"strong": strong, **SMALL, **change, "out": tmp_path, "jobs": 1}
    sweep(teachers, arguments.pop("strong"), y, **arguments, overwrite=True)
    assert foreign.read_text() == "mine"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("format", 2, "format 2; this version"), ("version", "0.0.0", "begun by version 0.0.0")],
)
def test_a_folder_of_another_version_is_refused(tmp_path, key, value, message):
    teachers, strong, y = rows()
    sweep(teachers, strong, y, **SMALL, out=tmp_path, jobs=1)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, key: value}))
    with pytest.raises(InputError, match=message):
        sweep(teachers, strong, y, **SMALL, out=tmp_path)


def test_a_foreign_configuration_is_left_alone(tmp_path):
    teachers, strong, y = rows()
    (tmp_path / "config.json").write_text('{"mine": 1}')
    for overwrite in (False, True):
        with pytest.raises(InputError, match="not the configuration of a sweep"):
            sweep(teachers, strong, y, **SMALL, out=tmp_path, overwrite=overwrite)
    assert (tmp_path / "config.json").read_text() == '{"mine": 1}'


KILLED = """
import sys
from tests.test_sweeps import SMALL, rows
from w2slens import sweep
from w2slens.experiments import workers
workers.WORTH_SECONDS = 0.0
teachers, strong, y = rows()
sweep(teachers, strong, y, **{**SMALL, "trials": 60}, out=sys.argv[1], jobs=int(sys.argv[2]))
"""


def children(pid):
    """Processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return listed.read_text().split() if listed.exists() else []


def gone_within(pids, seconds):
    """Wait for processes to end."""
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < end, f"{pids} live on"
        time.sleep(0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_sweep_goes_on_with_the_same_numbers(tmp_path, jobs):
    teachers, strong, y = rows()
    settings = {**SMALL, "trials": 60, "jobs": jobs}
    whole = sweep(teachers, strong, y, **settings)
    out, parts = tmp_path / "killed", tmp_path / "killed" / "trials"
    kills = 0
    for least in (2, 20):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(out), str(jobs)])
        while process.poll() is None and len(list(parts.glob("*.csv"))) < least:
            time.sleep(0.002)
        kills += process.poll() is None
        workers = children(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert jobs == 1 or len(workers) >= 2
        gone_within(workers, 20)
    assert kills > 0
    assert not (out / "result.json").exists()
    resumed = sweep(teachers, strong, y, **settings, out=out)
    pd.testing.assert_frame_equal(resumed.table, whole.table, check_exact=True)
    assert (out / "result.json").exists()
    assert not list(parts.glob(".*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weak": {}}, "weak: names no teacher"),
        ({"weak": {"label": np.eye(ROWS)}}, "weak: names a teacher 'label'"),
        ({"weak": {"a": np.eye(ROWS), "b": np.eye(9)}}, "weak.b: the numbers of rows differ"),
        ({"weak": {"a\rb": np.eye(ROWS)}}, r"weak: names a teacher 'a\\rb'"),
        ({"ridge_weak": []}, "ridge_weak: is an empty list"),
        ({"ridge_strong": [0.1, 0.1]}, "ridge_strong: lists 0.1 twice"),
        ({"noise_levels": [-0.1]}, "noise_levels: is -0.1"),
        ({"noise_levels": []}, "noise_levels: is an empty list"),
        ({"noise_levels": [1.0], "task": "classification"}, "noise_levels: holds 1"),
        ({"jobs": 0}, "jobs: is 0"),
        ({"n": 400, "N": 200}, "n: max n"),
    ],
)
def test_bad_sweeps_are_refused(change, message):
    teachers, strong, y = rows()
    arguments = {"weak": teachers, **SMALL, **change}
    labels = (y > 0).astype(int) if "task" in change else y
    with pytest.raises(InputError, match=message):
        sweep(arguments.pop("weak"), strong, labels, **arguments)


def test_several_curves_are_told_apart():
    teachers, strong, y = rows()
    found = sweep(teachers, strong, y, **SMALL, jobs=1)
    assert len(found.settings) == 2
    for ask in ("dimensions", "predicted", "verdict", "bounds"):
        with pytest.raises(InputError, match="hold 2 curves"):
            getattr(found, ask)
    with pytest.raises(InputError, match="finds no such curve"):
        found.select(teacher="nobody")
    document = found.to_dict()
    assert [curve["setting"]["teacher"] for curve in document["curves"]] == ["near", "far"]
    assert found.summary["teacher"].tolist() == ["near"] * 4 + ["far"] * 4


def test_chosen_ridges_are_predicted_at_their_choices():
    planted = Planted.with_correlations(24, 16, [1, 1, 0.6, 0.6], noise=1.0, rho_w=0.3, signal=2.0)
    found = simulate(planted, n=[15, 60], N=[40, 300], trials=60, seed=1)
    for model in MODELS:
        for (n, N), cell in found.table.groupby(["n", "N"]):
            i, j = [15, 60].index(n), [40, 300].index(N)
            value = getattr(found.predicted, model)[i, j]
            error = cell[model].std() / len(cell) ** 0.5
            assert abs(cell[model].mean() - value) < 3 * error + 4 / n * value, (model, n, N)


def test_flipped_classes_are_predicted():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30_000, 12))
    p = 0.5 + 0.4 * np.clip(x[:, 0] + x[:, 5], -1, 1)
    y = (rng.random(30_000) < p).astype(int)
    settings = {"n": 150, "N": 600, "trials": 40, "test": 2000, "task": "classification"}
    settings |= {"noise_levels": [0.0, 0.3], "ridge_weak": 0.02, "ridge_strong": 0.02}
    for target in (None, p):
        found = sweep(x[:, :9], x[:, 4:], y, target=target, **settings).select(noise=0.3)
        for model in MODELS:
            values, predicted = found.table[model], getattr(found.predicted, model)[0, 0]
            error = values.std() / len(values) ** 0.5
            assert abs(values.mean() - predicted) < 3 * error + 2 / 150 * predicted


def test_a_summary_runs_no_jackknife(monkeypatch):
    from w2slens.experiments import oracle

    x = np.random.default_rng(0).standard_normal((300, 12))
    found = sweep(x, x[:, :5], x[:, 0] + x[:, 7], n=30, N=100, trials=2, ridge_weak=0.1, jobs=1)
    monkeypatch.setattr(oracle, "measure", None)
    assert list(found.summary["peak"]) == [""]
    assert found.verdict.action
    with pytest.raises(TypeError):
        found.to_dict()


def blas_of_this_process(trial):
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return [{"process": os.getpid(), "threads": one.num_threads} for one in found]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_process_gives_one_thread_to_its_blas(workers, monkeypatch):
    monkeypatch.setattr(trials_in_processes, "WORTH_SECONDS", 0.0)
    found = dict(side_by_side(blas_of_this_process, [0, 1, 2], workers))
    assert {one["threads"] for libraries in found.values() for one in libraries} == {1}
    processes = {one["process"] for libraries in found.values() for one in libraries}
    assert (len(processes) > 1) == (workers > 1)


def test_short_trials_stay_in_one_process():
    found = dict(side_by_side(blas_of_this_process, list(range(5)), 2))
    assert {one["process"] for libraries in found.values() for one in libraries} == {os.getpid()}


def test_dimensions_and_tables_of_a_kept_sweep_read_the_rows_once(monkeypatch, tmp_path):
    read, plain = [], Rows.moments

    def counted(rows, teacher):
        read.append(teacher)
        return plain(rows, teacher)

    monkeypatch.setattr(Rows, "moments", counted)
    x = np.random.default_rng(0).standard_normal((300, 12))
    teachers, y = {"a": x[:, :6], "b": x[:, 3:]}, x[:, 0] + x[:, 7]
    sweep(teachers, x[:, :5], y, n=30, N=100, trials=1, ridge_weak=0, out=tmp_path / "s", jobs=1)
    assert sorted(read) == ["a", "b"]
