"""Forecasts, rankings and students whose features stay on disk: the numbers of those in memory."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

from tests.laws import close
from w2slens import InputError, cli, forecast, rank_teachers, train
from w2slens.features import ondisk

ROWS, LABELS = 4000, 80


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two teachers, a student and labels, as files of several kinds."""
    folder, rng = tmp_path_factory.mktemp("advice"), np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 24))
    sides = {"near": z[:, :10] + 3, "far": np.tanh(z[:, 8:24]), "strong": z[:, 4:20]}
    for name, rows in sides.items():
        np.save(folder / f"{name}.npy", rows.astype(np.float32))
    strong = pd.DataFrame(np.load(folder / "strong.npy")).add_prefix("s")
    strong.to_parquet(folder / "strong.parquet", row_group_size=700)
    y = z[:, 5] + z[:, 9] * z[:, 11] + 0.4 * rng.standard_normal(ROWS)
    np.save(folder / "labels.npy", y[:LABELS])
    return folder


@pytest.fixture
def small(monkeypatch):
    """Several chunks, and draws of rows that do not all fit."""
    monkeypatch.setattr(ondisk, "CHUNK_BYTES", 2**16)
    monkeypatch.setattr(ondisk, "STEP_BYTES", 2**15)
    monkeypatch.setattr(ondisk, "HELD_BYTES", 2**15)


@pytest.mark.parametrize("strong", ["strong.npy", "strong.parquet"])
def test_a_forecast_from_disk_is_that_from_memory(files, small, strong):
    y = np.load(files / "labels.npy")
    told = {"ridge_weak": 0, "ridge_strong": 0}  # leverages are measured by draws of rows
    found = forecast(files / "near.npy", files / strong, y, stream="yes", **told)
    other = forecast(*(np.load(files / f"{name}.npy") for name in ("near", "strong")), y, **told)
    for model in ("weak", "w2s", "strong", "ceiling"):
        close(getattr(found.risks, model), getattr(other.risks, model), 1e-10)
        close(found.interval(model), other.interval(model), 1e-10)


def test_a_ranking_from_disk_is_that_from_memory(files, small):
    y = np.load(files / "labels.npy")
    names = ("near", "far")
    on_disk = {name: files / f"{name}.npy" for name in names}
    found = rank_teachers(on_disk, files / "strong.npy", y, stream="yes")
    read = {name: np.load(path) for name, path in on_disk.items()}
    other = rank_teachers(read, np.load(files / "strong.npy"), y)
    for one, same in zip(found.teachers, other.teachers, strict=True):
        assert one.name == same.name
        close([one.risk, one.d_sw, *one.interval], [same.risk, same.d_sw, *same.interval], 1e-9)


@pytest.mark.parametrize("scores", [False, True], ids=["features", "scores beside them"])
def test_a_student_from_disk_is_that_from_memory(files, small, scores):
    y = np.load(files / "labels.npy")
    more = {"llm": np.load(files / "far.npy")[:, :2] * 1e3 + 1e4} if scores else None
    paths = [files / f"{name}.npy" for name in ("near", "strong")]
    found = train(*paths, y, scores=more, stream="yes", student="posterior", buy=5)
    other = train(*map(np.load, paths), y, scores=more, student="posterior", buy=5)
    for name in ("coef", "intercept"):
        close(getattr(found.probe, name), getattr(other.probe, name), 1e-7)
    close(found.pseudo_labels, other.pseudo_labels, 1e-7)
    close(found.uncertainty, other.uncertainty, 1e-5)  # in float32
    assert found.buy == other.buy


def test_scores_stand_beside_features_of_half_precision(files, small, tmp_path):
    weak = (30 * np.load(files / "near.npy")).astype(np.float16)  # their squares overflow
    np.save(tmp_path / "weak.npy", weak)
    y = np.load(files / "labels.npy")
    told = {"scores": {"llm": np.tanh(weak[:, 3] / 30.0)}}
    sides = {"half": (weak, "no"), "whole": (weak.astype(float), "no")}
    sides["read"] = tmp_path / "weak.npy", "yes"
    coef = {
        name: train(rows, files / "strong.npy", y, stream=stream, **told).probe.coef
        for name, (rows, stream) in sides.items()
    }
    close(coef["half"], coef["whole"], 1e-9)
    close(coef["read"], coef["whole"], 1e-7)


def test_neighbours_are_looked_for_on_disk_too(files):
    y = np.load(files / "labels.npy")
    paths = [files / f"{name}.npy" for name in ("near", "strong")]
    found = train(*paths, y, stream="yes", student="neighbours")
    other = train(*map(np.load, paths), y, student="neighbours")
    close(found.probe.coef, other.probe.coef, 1e-7)


def test_large_files_stay_on_disk_and_it_is_said(files, monkeypatch, caplog):
    y = np.load(files / "labels.npy")
    paths = [files / f"{name}.npy" for name in ("near", "strong")]
    caplog.set_level(logging.INFO, "w2slens")
    quiet = forecast(*paths, y)
    assert "stay on disk" not in caplog.text
    monkeypatch.setattr(ondisk, "memory", lambda: 2**20)
    close(forecast(*paths, y).pgr, quiet.pgr, 1e-9)
    assert "Features stay on disk: they would take over a quarter of the memory." in caplog.text


def test_a_bad_row_of_the_pool_is_named_by_its_place_in_the_file(files, tmp_path):
    rows = np.load(files / "near.npy")
    rows[3210, 4] = np.nan
    np.save(tmp_path / "near.npy", rows)
    y = np.load(files / "labels.npy")
    with pytest.raises(InputError, match=r"weak: holds 1 value .* row 3210, column 4"):
        forecast(tmp_path / "near.npy", files / "strong.npy", y, stream="yes")


def test_commands_leave_features_on_disk_when_asked(files, capsys):
    shared = ["--strong", f"{files}/strong.npy", "--labels", f"{files}/labels.npy", "--json"]
    for command in ("forecast", "rank", "train"):
        documents = []
        for stream in ("yes", "no"):
            words = [command, "--weak", f"{files}/near.npy", *shared, "--stream", stream]
            assert cli.invoke(words) == 0
            documents.append(json.loads(capsys.readouterr().out))
        one, other = (dict(numbers(each)) for each in documents)
        assert one.keys() == other.keys()
        close([one[key] for key in other], [*other.values()], 1e-6)


def numbers(node, path=""):
    """All numbers in a document, by where they stand."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        if isinstance(value, (dict, list)):
            yield from numbers(value, f"{path}/{key}")
        elif isinstance(value, float):
            yield f"{path}/{key}", value
