"""Stores of features against kills, full disks, damaged files, foreign folders and odd names."""

import json
import resource
import subprocess
import sys

import numpy as np
import pytest

from tests.test_features import images
from w2slens import InputError
from w2slens.features.extract import extract
from w2slens.features.extractors import load_extractor
from w2slens.features.recipe import load_feature_recipe
from w2slens.features.reserved import open_rows, reserve_rows

PIXELS = load_extractor("pixels", {"size": 2})
WIDER = load_extractor("pixels", {"size": 3})


class Failing:
    """Pixels that fail, as a network may, at the batch of a number."""

    kind = "image"

    def __init__(self, at, error=None):
        self.calls, self.at, self.error = 0, at, error or RuntimeError("shapes do not match")

    def __call__(self, examples):
        self.calls += 1
        if self.calls == self.at:
            raise self.error
        return PIXELS(examples)

    def describe(self):
        return PIXELS.describe()


@pytest.fixture
def whole(tmp_path):
    return np.load(extract(images(), PIXELS, tmp_path / "whole") / "features.npy")


@pytest.mark.parametrize("error", [RuntimeError("odd shapes"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [1, 4])
def test_what_fails_before_its_first_save_goes_on(tmp_path, whole, at, error):
    with pytest.raises((InputError, KeyboardInterrupt)):
        extract(images(), Failing(at, error), tmp_path / "s", batch=2)
    assert json.loads((tmp_path / "s" / "progress.json").read_text())["done"] == 2 * (at - 1)
    out = extract(images(), PIXELS, tmp_path / "s", batch=2)
    np.testing.assert_array_equal(np.load(out / "features.npy"), whole)


def test_a_broken_example_stops_an_extraction_that_then_skips_it(tmp_path):
    corpus = images(broken=(9,))
    with pytest.raises(InputError, match="examples: i9: cannot be decoded; ask to skip"):
        extract(corpus, PIXELS, tmp_path / "s", batch=4)
    with pytest.warns(UserWarning, match="1 broken example skipped"):
        out = extract(corpus, PIXELS, tmp_path / "s", batch=4, skip=True)
    assert np.load(out / "features.npy").shape == (49, 12)


def test_an_extraction_that_has_done_nothing_makes_room_for_another(tmp_path):
    with pytest.raises(InputError, match=r"model: fails near i0 \(RuntimeError: shapes do not"):
        extract(images(), Failing(1), tmp_path / "s")
    assert np.load(extract(images(), WIDER, tmp_path / "s") / "features.npy").shape == (50, 27)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.zeros(3), r"gives shape \(3,\) near i0; \(50, coordinates\) is needed"),
        (np.zeros((49, 3)), r"gives shape \(49, 3\)"),
        (np.zeros((50, 0)), r"gives shape \(50, 0\)"),
        (np.full((50, 2), np.nan), "gives values that are not finite near i0"),
        (np.full((50, 2), "x"), "holds text or objects"),
        ([[1.0], [1.0, 2.0]], "has rows of different lengths"),
    ],
)
def test_features_of_the_wrong_form_are_refused(tmp_path, features, message):
    class Odd(Failing):
        def __call__(self, examples):
            return features

    with pytest.raises(InputError, match=message):
        extract(images(), Odd(0), tmp_path / "s")


def test_no_example_is_nothing_to_extract(tmp_path):
    with pytest.raises(InputError, match="examples: are none"):
        extract(images(0), PIXELS, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def interrupted(folder):
    with pytest.raises(InputError):
        extract(images(), Failing(3), folder, batch=4)
    return folder


DAMAGED = [
    ("progress.json", b"{", "is damaged or not ours"),
    ("progress.json", b"[" * 100_000, "is damaged or not ours"),
    ("progress.json", b'{"done": 1' + b"0" * 5000 + b"}", "is damaged or not ours"),
    ("progress.json", b"\xff", "is not a text file"),
    ("progress.json", b"[]", "is damaged or not ours"),
    ("progress.json", b"{}", "damaged store .it does not say of what"),
    ("progress.json", {"done": "x"}, "does not say how far it is"),
    ("progress.json", {"done": [8]}, "does not say how far it is"),
    ("progress.json", {"done": 10**9}, "does not say how far it is"),
    ("progress.json", {"done": -1, "kept": -1}, "does not say how far it is"),
    ("progress.json", {"kept": 7}, "does not say how far it is"),
    ("progress.json", {"skipped": 0}, "does not say how far it is"),
    ("progress.json", {"recipe": 3}, "does not say of what"),
    ("features.npy", None, "features.npy: is missing"),
    ("features.npy", b"\x93NUMPY", "damaged store .features.npy"),
    ("features.npy", b"", "damaged store .features.npy"),
    ("features.npy", "cut", "damaged store .features.npy"),
    ("features.npy", np.zeros((50, 12)), "holds float64"),
    ("features.npy", np.zeros((7, 12), np.float32), "of shape .7, 12."),
]


def damage(path, content):
    if content is None:
        path.unlink()
    elif isinstance(content, str):
        path.write_bytes(path.read_bytes()[:-5])
    elif isinstance(content, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **content}))
    elif isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content)


@pytest.mark.parametrize(("name", "content", "message"), DAMAGED)
def test_damaged_unfinished_stores_are_refused_and_can_be_begun_anew(
    tmp_path, whole, name, content, message
):
    folder = interrupted(tmp_path / "s")
    damage(folder / name, content)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match=message):
        extract(images(), PIXELS, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    out = extract(images(), PIXELS, folder, overwrite=True)
    np.testing.assert_array_equal(np.load(out / "features.npy"), whole)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("manifest.json", b"{", "is damaged or not ours"),
        ("manifest.json", b"3", "is damaged or not ours"),
        ("manifest.json", b"{}", "has format None; 1 is read here"),
        ("manifest.json", {"format": [1]}, "has format"),
        ("manifest.json", {"recipe": []}, "does not say of what"),
        ("manifest.json", {"recipe": {}}, "holds other features: extractor is None"),
        ("features.npy", None, "features.npy is missing"),
    ],
)
def test_damaged_finished_stores_are_refused_and_can_be_begun_anew(
    tmp_path, whole, name, content, message
):
    folder = extract(images(), PIXELS, tmp_path / "s")
    damage(folder / name, content)
    with pytest.raises(InputError, match=message):
        extract(images(), PIXELS, folder)
    out = extract(images(), PIXELS, folder, overwrite=True)
    np.testing.assert_array_equal(np.load(out / "features.npy"), whole)


def test_only_a_store_is_overwritten_and_only_if_asked(tmp_path):
    folder = extract(images(), PIXELS, tmp_path / "s")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="or ask to overwrite it"):
        extract(images(), WIDER, folder)
    extract(images(), WIDER, folder, overwrite=True)
    assert np.load(folder / "features.npy").shape == (50, 27)
    assert (folder / "notes.txt").read_text() == "mine"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "features.npy").write_bytes(b"mine")
    with pytest.raises(InputError, match="is not empty"):
        extract(images(), PIXELS, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "features.npy").read_bytes() == b"mine"


def test_room_is_taken_before_rows_are_written(tmp_path):
    rows = reserve_rows(tmp_path / "x.npy", (1000, 300))
    assert (tmp_path / "x.npy").stat().st_blocks * 512 >= rows.nbytes
    rows[3] = 7
    rows.flush()
    assert (open_rows(tmp_path / "x.npy", 1000)[3] == 7).all()
    assert np.load(tmp_path / "x.npy").shape == (1000, 300)


FULL = """
import sys
from tests.test_features import images
from w2slens import InputError
from w2slens.extraction import extract
from w2slens.features.extractors import load_extractor
try:
    extract(images(2000), load_extractor("pixels", {"size": 20}), sys.argv[1])
except InputError as error:
    print(error)
"""
NEEDED = 2000 * 20 * 20 * 3 * 4


def test_a_file_larger_than_allowed_is_refused_in_words(tmp_path):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (NEEDED // 2, NEEDED // 2))

    command = [sys.executable, "-c", FULL, str(tmp_path / "s")]
    found = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, check=True)
    assert f"needs {NEEDED + 128:,} bytes and" in found.stdout
    assert extract(images(2000), load_extractor("pixels", {"size": 2}), tmp_path / "s").is_dir()


def test_a_full_disk_is_refused_in_words(tmp_path):
    mount = f"mount -t tmpfs -o size=1m none {tmp_path}"
    private = ["unshare", "-rm", "sh", "-c"]
    try:
        subprocess.run([*private, mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    command = f'{mount} && exec "$0" "$@"'
    found = subprocess.run(
        [*private, command, sys.executable, "-c", FULL, str(tmp_path / "s")],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert f"needs {NEEDED + 128:,} bytes and" in found.stdout
    assert "No space left on device" in found.stdout


@pytest.mark.parametrize(
    "name", ["..", ".", "", " ", "a/b", "/a", "../a", "a\\b", "a\0b", "a\nb", "c:", "x" * 300, 7]
)
def test_names_of_models_are_plain_names_of_files(tmp_path, name):
    (tmp_path / "pictures").mkdir()
    from PIL import Image

    Image.new("RGB", (4, 4)).save(tmp_path / "pictures" / "0.png")
    recipe = {"images": {"folder": "pictures"}, "models": {name: "pixels"}, "out": "deep/out"}
    written = json.dumps(recipe) if name != 7 else json.dumps(recipe).replace('"7"', "7")
    (tmp_path / "r.yaml").write_text(written)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="models: names a store"):
        load_feature_recipe(tmp_path / "r.yaml").run()
    assert sorted(tmp_path.rglob("*")) == before
