"""The rooms stay small, named, and in the order of docs/architecture.md."""

import ast
import subprocess
import sys
import tomllib
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import w2slens

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "w2slens"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES, MOST_BODY = 250, 40


def functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def body_lines(function):
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    long = {one.name: body_lines(one) for one in functions(path)}
    assert {name: lines for name, lines in long.items() if lines > MOST_BODY} == {}


def test_every_room_and_file_is_named_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = [path for path in FILES if path.stem not in ("__init__", "__main__", "_version")]
    rooms = {path.parent.relative_to(SOURCE).as_posix() for path in named} - {"."}
    assert [room for room in sorted(rooms) if f"`{room}/`" not in text] == []
    assert [str(path) for path in named if f"`{path.stem}`" not in text] == []


def test_every_room_is_a_layer_of_the_import_contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    listed = {name for layer in layers for name in layer.split(" | ")}
    assert listed == {path.stem for path in SOURCE.iterdir() if path.suffix in ("", ".py")} - {
        "__init__",
        "__pycache__",
    }


def test_no_room_bears_the_name_of_a_public_function():
    assert {path.stem for path in SOURCE.iterdir()} & set(w2slens.__all__) == set()


def test_the_package_loads_nothing_before_it_is_asked():
    code = "import sys, w2slens; print(sorted({'numpy', 'scipy', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_values_are_frozen_and_those_with_arrays_are_compared_by_identity():
    """A changed value is a new one; `==` of arrays has no one answer."""
    values = {
        one
        for room in ("moments", "measure", "models", "theory", "forecasting")
        for module in walk_packages([str(SOURCE / room)], f"w2slens.{room}.")
        for one in vars(import_module(module.name)).values()
        if isinstance(one, type) and is_dataclass(one)
    }
    assert len(values) > 40
    assert [one for one in values if not one.__dataclass_params__.frozen] == []
    kept = [
        (one, part.name)
        for one in values
        for part in fields(one)
        if part.name[0] == "_" and part.init
    ]
    assert kept == []  # a changed copy makes its own
    arrays = [
        one
        for one in values
        if any(word in str(part.type) for part in fields(one) for word in ("ndarray", "Array"))
    ]
    assert len(arrays) > 30
    assert [one for one in arrays if one.__eq__ is not object.__eq__] == []


@pytest.mark.parametrize(
    "path",
    [
        "w2slens.plots:plot_risks",
        "w2slens.views:digits",
        "w2slens.recipe:load_recipe",
        "w2slens.extraction:extract",
    ],
)
def test_documented_deep_paths_stay(path):
    module, name = path.split(":")
    assert callable(getattr(__import__(module, fromlist=[name]), name))
