"""Runs as MLflow, Weights & Biases and TensorBoard keep them, read back by the packages."""

import json
import math
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from w2slens import InputError, MissingExtraError, Planted, cli, simulate, sweep, transfer
from w2slens.experiments.trackers import MLflow, Tracker
from w2slens.experiments.trackers.mlflow import RETRIES
from w2slens.experiments.trackers.told import TRACKERS, _quietly, facts_of, named, numbers_of

PAIR = Planted.with_correlations(12, 8, [1, 1, 0.5], noise=1.0)
SMALL = {"n": [60, 40], "N": [300, 500], "trials": 2, "ridge_weak": [0, 0.1], "ridge_strong": 0}


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No package speaks to anybody."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(tmp_path),
        "WANDB_CACHE_DIR": str(tmp_path / "cache"),
        "WANDB_DATA_DIR": str(tmp_path / "data"),
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
    }.items():
        monkeypatch.setenv(name, value)


def run(**told):
    return simulate(PAIR, jobs=1, **{**SMALL, **told})


class Listener:
    """A tracker of one's own: it remembers."""

    def __init__(self, fails=None):
        self.heard, self.fails = [], fails

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def hear(*args, **kwargs):
            self.heard.append((name, args, kwargs))
            if name == self.fails:
                raise RuntimeError("the line is dead\nfor good")

        return hear

    @property
    def names(self):
        return [name for name, _, _ in self.heard]


def test_a_tracker_hears_all_numbers_of_the_json_once(tmp_path):
    listener: Tracker = Listener()
    results = run(tracker=listener, out=tmp_path / "kept")
    assert listener.names == ["begin", "log", "log", "note", "keep", "end"]
    (_, (title, settings), _), first, second, note, keep, end = listener.heard
    assert title == "w2slens"
    assert settings == results.config
    assert [one[1][0] for one in (first, second)] == [40, 60]
    heard = {one[1][0]: one[1][1] for one in (first, second)}
    for place, curve in enumerate(results.to_dict()["curves"]):
        λ = f"λ_w {curve['setting']['ridge_weak']:g}"
        for cell in curve["cells"]:
            told = heard[cell["n"]]
            for name, value in leaves(cell):
                if name not in ("n", "N", "trials") and math.isfinite(value):
                    assert told.pop(f"{λ}/N {cell['N']}/{name}") == value
        facts = note[1][0]
        found = results.curves()[place]
        known = (found.dimensions.d_w, found.dimensions.d_s, found.dimensions.d_sw)
        assert tuple(facts.pop(f"{λ}/{name}") for name in ("d_w", "d_s", "d_sw")) == known
        assert facts.pop(f"{λ}/verdict") == found.verdict.action
        assert facts.pop(f"{λ}/reason") == found.verdict.reason
    assert (heard, note[1][0]) == ({40: {}, 60: {}}, {})  # nothing else
    names = sorted(file.name for file in keep[1][0])
    assert names == ["config.json", "result.json", "summary.csv", "trials.csv"]
    assert end[2] == {"failed": False}


def leaves(value, path=""):
    """List (name, number) of nested dicts."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}/{key}" if path else key)
    elif isinstance(value, (int, float)):
        yield path, value


def test_a_single_curve_and_N_need_no_prefix():
    results = run(N=300, ridge_weak=0)
    assert (
        numbers_of(results)[60]["risk/w2s/mean"] == results.summary.query("n == 60")["w2s"].item()
    )
    assert facts_of(results)["verdict"] == results.verdict.action


def test_every_door_tells_the_tracker():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((600, 12))
    y, told = x[:, 0] + rng.standard_normal(600), {"n": 50, "N": 300, "trials": 2}
    for door in (transfer, sweep):
        listener = Listener()
        door(x[:, :8], x, y, tracker=listener, **told)
        assert listener.names == ["begin", "log", "note", "end"]


def test_networks_tell_the_tracker():
    pytest.importorskip("torch")
    from tests.test_finetune import study

    listener = Listener()
    results = study().run(jobs=1, tracker=listener)
    assert listener.names == ["begin", "log", "note", "end"]
    assert listener.heard[0][1][1]["steps"] == results.config["steps"]
    n, numbers = listener.heard[1][1]
    assert numbers["accuracy/w2s/mean"] == results.summary["accuracy_w2s"].iloc[0]
    assert n == results.table["n"].iloc[0]


def test_a_finished_run_that_is_asked_for_again_is_told_again(tmp_path):
    run(out=tmp_path / "kept")
    listener = Listener()
    run(out=tmp_path / "kept", tracker=listener)
    assert listener.names == ["begin", "log", "log", "note", "keep", "end"]


def test_a_run_that_cannot_begin_is_refused_before_any_work():
    with pytest.raises(InputError, match=r"^tracker: cannot begin a run .the line is dead.$"):
        run(tracker=Listener(fails="begin"), progress=pytest.fail)


@pytest.mark.parametrize("fails", ["log", "note", "keep", "end"])
def test_results_outlive_a_tracker_that_fails_later(tmp_path, fails):
    listener = Listener(fails)
    with pytest.warns(UserWarning, match="^the tracker missed something: the line is dead$"):
        results = run(tracker=listener, out=tmp_path / "kept")
    assert len(results.table) == 16
    assert listener.names[-1] == "end"


def test_a_run_that_is_stopped_has_failed():
    def stop(done, total):
        raise KeyboardInterrupt

    listener = Listener()
    with pytest.raises(KeyboardInterrupt):
        run(tracker=listener, progress=stop)
    assert listener.heard[-1] == ("end", (), {"failed": True})


def test_names_that_no_tracker_has_are_refused():
    with pytest.raises(InputError, match="is 'mlfow'; one of mlflow, wandb, tensorboard is needed"):
        named("mlfow")


@pytest.mark.parametrize("name", TRACKERS)
def test_a_missing_package_is_named_with_its_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'w2slens\[{name}\]'"):
        run(tracker=name)


def test_the_library_loads_no_tracker_of_its_own():
    code = (
        "import sys, w2slens.cli.run, w2slens.cli.sweep, w2slens.experiments.trackers.told;"
        f"print(sorted({set(TRACKERS)!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_mlflow_keeps_settings_numbers_words_and_files(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    store = f"sqlite:///{tmp_path}/runs.db"
    monkeypatch.chdir(tmp_path)  # where files of runs go
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "trials")
    results = run(out=tmp_path / "kept", tracker=f"mlflow:{store}")
    with _quietly():
        client = mlflow.MlflowClient(tracking_uri=store)
        (experiment,) = [one for one in client.search_experiments() if one.name == "trials"]
        (found,) = client.search_runs([experiment.experiment_id])
        files = {one.path for one in client.list_artifacts(found.info.run_id)}
        history = client.get_metric_history(found.info.run_id, "λ_w 0.1/N 500/risk/w2s/mean")
        settings = mlflow.artifacts.load_dict(f"{found.info.artifact_uri}/settings.json")
    assert found.info.status == "FINISHED"
    assert json.loads(found.data.params["n"]) == [60, 40]
    assert found.data.params["trials"] == "2"
    assert settings == json.loads(json.dumps(results.config))
    assert files == {"settings.json", "config.json", "result.json", "summary.csv", "trials.csv"}
    curve = results.select(ridge_weak=0.1).summary.query("N == 500").sort_values("n")
    assert [(one.step, one.value) for one in history] == list(
        zip(curve["n"], curve["w2s"], strict=True)
    )
    assert len(found.data.metrics) == sum(
        [
            len(numbers_of(results)[60]),
            *(not isinstance(fact, str) for fact in facts_of(results).values()),
        ]
    )
    assert found.data.tags["λ_w 0/reason"] == results.curves()[0].verdict.reason


BLOCK, FILE_HEAD, PART_HEAD = 32768, 7, struct.Struct("<IHB")
"""Runs of Weights & Biases are LevelDB logs: blocks of parts, each with checksum, length, kind."""


def records(folder):
    """Read what a run of Weights & Biases left on disk."""
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    data, place, whole = path.read_bytes(), FILE_HEAD, b""
    while place + PART_HEAD.size <= len(data):
        if BLOCK - place % BLOCK < PART_HEAD.size:
            place += BLOCK - place % BLOCK
        _, length, kind = PART_HEAD.unpack_from(data, place)
        whole += data[place + PART_HEAD.size : place + PART_HEAD.size + length]
        place += PART_HEAD.size + length
        if kind in (1, 4):  # a whole record, or the last part of one
            yield Record.FromString(whole)
            whole = b""


def items(listed):
    """Read a list of keys, or of nested keys, with values as JSON."""
    return {one.key or "/".join(one.nested_key): json.loads(one.value_json) for one in listed}


def test_weights_and_biases_keeps_settings_numbers_words_and_files(tmp_path):
    wandb = pytest.importorskip("wandb")
    results = run(out=tmp_path / "kept", tracker="wandb:somebody/trials")
    wandb.teardown()  # a run that has finished may not be on disk whole before its service ends
    found = [(one.WhichOneof("record_type"), one) for one in records(tmp_path)]
    begun = next(one.run for kind, one in found if kind == "run")
    assert (begun.entity, begun.project) == ("somebody", "trials")
    settings = items(begun.config.update)
    assert {name: settings[name] for name in results.config} == results.config
    history = [items(one.history.item) for kind, one in found if kind == "history"]
    wanted = numbers_of(results)
    for step, row in zip(wanted, history, strict=True):
        assert row["_step"] == step
        assert {name: row[name] for name in wanted[step]} == wanted[step]
    summary, facts = {}, facts_of(results)
    for kind, one in found:
        summary |= items(one.summary.update) if kind == "summary" else {}
    assert {name: summary[name] for name in facts} == facts
    (artefact,) = [one.artifact for kind, one in found if kind == "artifact"]
    kept = sorted(one.path for one in artefact.manifest.contents)
    assert kept == ["config.json", "result.json", "summary.csv", "trials.csv"]
    assert [one.exit.exit_code for kind, one in found if kind == "exit"] == [0]


def events(folder):
    """Read the events of a run: what is told by name, and the reader."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return {tag: found.Tensors(tag) for tag in found.Tags()["tensors"]}, found


def test_tensorboard_keeps_settings_numbers_and_words(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.plugins.hparams.metadata import parse_session_start_info_plugin_data
    from tensorboard.util.tensor_util import make_ndarray

    results = run(out=tmp_path / "kept", tracker=f"tensorboard:{tmp_path / 'runs'}")
    (folder,) = (tmp_path / "runs").iterdir()
    found, read = events(folder)
    for name in numbers_of(results)[40]:
        told = [(one.step, make_ndarray(one.tensor_proto).item()) for one in found[name]]
        wanted = [(n, some[name]) for n, some in numbers_of(results).items() if name in some]
        assert told == [(n, pytest.approx(value, rel=1e-6)) for n, value in wanted]  # float32
    for name, fact in facts_of(results).items():
        (one,) = found[name]
        value = make_ndarray(one.tensor_proto).item()
        assert (value.decode() if isinstance(value, bytes) else value) == (
            fact if isinstance(fact, str) else pytest.approx(fact, rel=1e-6)
        )
    assert make_ndarray(found["status"][0].tensor_proto).item() == b"finished"
    files = found["files"][0].tensor_proto.string_val[0].decode()
    assert str(tmp_path / "kept" / "result.json") in files
    content = read.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    settings = parse_session_start_info_plugin_data(content).hparams
    assert json.loads(settings["n"].string_value) == [60, 40]
    assert settings["trials"].number_value == 2


def test_runs_of_tensorboard_have_a_folder_each(tmp_path):
    pytest.importorskip("tensorboard")
    for _ in range(3):
        run(tracker=f"tensorboard:{tmp_path}")
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"^tracker: cannot begin a run"):
        run(tracker=f"tensorboard:{tmp_path / 'file'}")


def test_a_server_that_is_away_stops_the_run_before_any_work(capsys, tmp_path):
    pytest.importorskip("mlflow")
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((400, 5)))
    np.save(tmp_path / "y.npy", np.random.default_rng(1).standard_normal(400))
    x, y = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    words = ["run", "--weak", x, "--strong", x, "--labels", y, "--n", "30", "--N", "100"]
    assert cli.invoke([*words, "--tracker", "mlflow:http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.startswith("error: --tracker cannot begin a run (API request to")
    assert cli.invoke([*words, "--tracker", "paper"]) == 2
    assert "--tracker is 'paper'; one of mlflow, wandb, tensorboard" in capsys.readouterr().err


@pytest.mark.parametrize("own", [None, "2"])
def test_a_server_that_is_away_is_missed_soon(monkeypatch, own):
    pytest.importorskip("mlflow")
    asked = []
    tracker = MLflow("http://127.0.0.1:9")
    monkeypatch.delenv(RETRIES)
    if own is not None:
        monkeypatch.setenv(RETRIES, own)

    def away(_):
        asked.append(os.environ[RETRIES])
        raise ConnectionError

    monkeypatch.setattr(tracker._client, "get_experiment_by_name", away)
    with pytest.raises(ConnectionError):
        tracker.begin("away", {})
    assert asked == [own or "1"]
    assert os.environ.get(RETRIES) == own


RECIPE = """\
title: Two ridges
synthetic: {kind: correlations, d_w: 12, d_s: 8, canonical: [1, 1, 0.5], noise: 1.0}
n: [40, 60]
N: 300
trials: 2
ridge_weak: 0
ridge_strong: 0
"""


def test_commands_tell_a_tracker_of_the_page_too(tmp_path, capsys):
    pytest.importorskip("tensorboard")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    runs = tmp_path / "runs"
    words = ["sweep", str(tmp_path / "recipe.yaml"), "--out", str(tmp_path / "kept"), "--json"]
    assert cli.invoke([*words, "--jobs", "1", "--tracker", f"tensorboard:{runs}"]) == 0
    json.loads(capsys.readouterr().out)
    (folder,) = runs.iterdir()
    assert folder.name.endswith("-Two-ridges")
    found, _ = events(folder)
    assert b"report.html" in found["files"][0].tensor_proto.string_val[0]
