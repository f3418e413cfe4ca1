"""Folders of results in which anyone has edited anything: refused, or read without a complaint."""

import copy
import hashlib
import json
import shutil
import warnings

import numpy as np
import pytest

from w2slens import InputError, cli, load_results, sweep
from w2slens._core.json import to_json
from w2slens.experiments.folder.journal import WORDS
from w2slens.models.estimates import UndefinedRatioWarning

VALUES = [None, True, "x", [], {}, [1], -1, 1e308, 10**30, float("nan"), [[None]], "\0", {"a": 1}]
CELLS = ["", "x", "-1", "1e400", "nan", "1e308", "1" * 5000, "0", "1.5", "-inf", '"']
GONE = object()

READ = {"dimensions", "cells", "config", "scale", "curves", "format"}
"""What is read back from a document."""

UNREAD = {"accuracy", "raw", "pgr", "opr", "mean_of_ratios", "verdict", "peak", "mean", "se"}
"""What is made anew from the table."""


@pytest.fixture(scope="module", params=["one", "several"])
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("edited") / "r"
    path.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 12))
    y = x[:, 0] + rng.standard_normal(300)
    ridge = [0.5, "auto"] if request.param == "several" else 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedRatioWarning)
        sweep(x[:, :8], x[:, 5:], y, n=[20, 40], N=90, trials=2, ridge_weak=ridge, out=path, jobs=1)
    return path


@pytest.fixture
def edited(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "r")


def places(document, path=()):
    """Every place of a document; of a list the first entry stands for all."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    elif isinstance(document, list) and document:
        yield from places(document[0], (*path, 0))


def with_value(document, path, value):
    if not path:
        return value
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return document


def read(folder):
    """Read a result; whether it is believed. Nothing but `InputError` may be raised or warned."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UndefinedRatioWarning)
        try:
            load_results(folder).to_dict()
        except InputError:
            return False
    return True


def test_any_value_of_a_document_may_be_any_other(edited):
    document = json.loads((edited / "result.json").read_text())
    believed = []
    for path in places(document):
        if (path and path[0] not in READ) or UNREAD & set(path):
            continue
        for value in [*VALUES[:: 3 if "curves" in document else 2], GONE]:
            if path or value is not GONE:
                (edited / "result.json").write_text(json.dumps(with_value(document, path, value)))
                if read(edited):
                    believed.append((path, value))
    fixed = {("config", name) for name in ("n", "N", "trials", "scale", "outputs", "teachers")}
    assert {path[:2] for path, _ in believed} & fixed == set()


def test_any_cell_of_a_table_may_be_any_other(edited):
    table = edited / "trials.csv"
    head, first, *rest = table.read_text().splitlines()
    names, values = head.split(","), first.split(",")
    believed = set()
    for place, name in enumerate(names):
        for cell in CELLS:
            row = ",".join([*values[:place], cell, *values[place + 1 :]])
            table.write_text("\n".join([head, row, *rest, ""]))
            if read(edited):
                believed.add((name, cell[:9]))
    whole = {"n", "N", "trial", "teacher", "noise", "asked_ridge_weak"}
    same = {("noise", "0"), ("trial", "0")}
    assert {(name, cell) for name, cell in believed if name in whole} <= same
    assert {cell for _, cell in believed} <= {"", "-1", "nan", "0", "1.5"}


@pytest.mark.parametrize("change", ["twice", "less", "column", "columns", "empty", "bytes"])
def test_tables_of_another_shape_are_refused(edited, change):
    table = edited / "trials.csv"
    lines = table.read_text().splitlines()
    changed = {
        "twice": [*lines, lines[-1]],
        "less": lines[:-1],
        "column": [line.partition(",")[2] for line in lines],
        "columns": [line.rpartition(",")[0] + "," for line in lines[:1]] + lines[1:],
        "empty": [],
        "bytes": ["\0" * 50],
    }
    table.write_text("\n".join([*changed[change], ""]))
    if change != "columns":
        assert not read(edited)
    read(edited)


def test_a_report_of_an_edited_folder_is_one_line_on_stderr(edited, capsys):
    document = json.loads((edited / "result.json").read_text())
    for path in (("format",), ("config", "n"), ("config", "outputs"), ("config", "title")):
        (edited / "result.json").write_text(json.dumps(with_value(document, path, [[1]])))
        assert cli.invoke(["report", str(edited)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n"), err[:7]) == ("", 1, "error: ")
    for content in ("[" * 100_000, '{"a": 1' + "0" * 5000 + "}"):
        (edited / "result.json").write_text(content)
        assert not read(edited)


def go_on(folder):
    """Take the sweep of the folder up again; whether it is allowed."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 12))
    y = x[:, 0] + rng.standard_normal(300)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UndefinedRatioWarning)
        settings = {"n": [20, 40], "N": 90, "trials": 2, "ridge_weak": 0.5, "jobs": 1}
        try:
            sweep(x[:, :8], x[:, 5:], y, **settings, out=folder)
        except InputError:
            return False
    return True


def test_any_value_of_a_configuration_may_be_any_other(edited):
    config = json.loads((edited / "config.json").read_text())
    for path in places(config):
        if path[:2] == ("config", "data") or path[-1:] in [(word,) for word in WORDS]:
            continue
        for value in VALUES if path else [{}, [], 3]:
            (edited / "config.json").write_text(json.dumps(with_value(config, path, value)))
            if with_value(config, path, value) != config and path != ("format",):
                assert not go_on(edited), (path, value)


def resealed(folder, content):
    """Write a part of a sweep with the checksums that it should have."""
    config = json.loads((folder / "config.json").read_text())["config"]
    numbers = {key: value for key, value in config.items() if key not in WORDS}
    seal = hashlib.sha256(to_json(numbers).encode()).hexdigest()
    part = folder / "trials" / "trial-0000.csv"
    part.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    part.with_suffix(".csv.sha256").write_text(f"{digest}  {part.name}\n# config {seal}\n")


def test_resealed_trials_are_refused(edited):
    part = (edited / "trials" / "trial-0000.csv").read_text()
    lines = part.splitlines()
    if not go_on(edited):
        pytest.skip("another sweep")
    resealed(edited, part.encode())
    assert go_on(edited)
    for changed in (
        "",
        "n,N\n1,x\n",
        "\0\0",
        part.replace("20,90,0", "20,90,1"),
        part.replace("20,90,0", "20,91,0"),
        part.replace("20,90,0,weak", "20,90,0,other"),
        "\n".join([*lines, lines[-1], ""]),
        "\n".join([*lines[:-1], ""]),
        "\n".join([lines[0], lines[1].rpartition(",")[0] + ",x", *lines[2:], ""]),
        "\n".join([lines[0], lines[1].rpartition(",")[0] + ",1e308", *lines[2:], ""]),
    ):
        resealed(edited, changed.encode())
        assert not go_on(edited), changed
