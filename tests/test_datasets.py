"""Examples out of Hugging Face datasets, as a recipe of features names them."""

import json
import sys

import numpy as np
import pytest

from w2slens import InputError
from w2slens._core.errors import MissingExtraError
from w2slens.features.corpora import BrokenExampleError, dataset_images, dataset_texts, text_file
from w2slens.features.recipe import load_feature_recipe

datasets = pytest.importorskip("datasets", reason="datasets is not installed")
Image = pytest.importorskip("PIL.Image", reason="images need pillow")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep what `datasets` makes of Parquet files out of the home folder."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def splits(folder):
    """A dataset of two splits, saved."""
    parts = {
        name: datasets.Dataset.from_dict({"text": [f"{name} {i}" for i in range(3)]})
        for name in ("train", "validation")
    }
    datasets.DatasetDict(parts).save_to_disk(folder)
    return str(folder)


def test_a_saved_dataset_gives_the_split_that_is_asked_for(tmp_path):
    both = splits(tmp_path / "both")
    assert dataset_texts(both, text="text", split="validation").load(1) == "validation 1"
    with pytest.raises(InputError, match=r"split: is 'test'; .* holds 'train', 'validation'"):
        dataset_texts(both, text="text", split="test")


def test_a_saved_split_is_not_taken_for_another(tmp_path):
    table = datasets.Dataset.from_dict({"text": ["a", "b"]}, split=datasets.Split.VALIDATION)
    table.save_to_disk(tmp_path / "one")
    assert len(dataset_texts(str(tmp_path / "one"), text="text", split="validation")) == 2
    with pytest.raises(InputError, match=r"split: is 'train'; .* holds 'validation'"):
        dataset_texts(str(tmp_path / "one"), text="text")


def test_labels_that_are_no_numbers_are_refused_before_any_work(tmp_path):
    table = datasets.Dataset.from_dict({"text": ["a", "b"], "mood": ["sad", "gay"], "n": [1, None]})
    table.save_to_disk(tmp_path / "s")
    table.to_csv(tmp_path / "s.csv")
    for label in ("mood", "n"):
        with pytest.raises(InputError, match="label: holds text or objects"):
            dataset_texts(str(tmp_path / "s"), text="text", label=label)
    with pytest.raises(InputError, match="label: holds text or objects"):
        text_file(tmp_path / "s.csv", text="text", label="mood")


def test_a_folder_of_image_files_is_a_dataset_too(tmp_path):
    for shade in (0, 90):
        place = tmp_path / "pictures" / str(shade)
        place.mkdir(parents=True)
        Image.new("RGB", (5, 4), (shade, 0, 0)).save(place / "x.png")
    (tmp_path / "pictures" / "90" / "y.png").write_bytes(b"no image")
    corpus = dataset_images(str(tmp_path / "pictures"), label="label")
    assert (tmp_path / "cache").is_dir()
    assert corpus.labels.tolist() == [0, 1, 1]
    assert corpus.load(1).tolist() == [[[90, 0, 0]] * 5] * 4
    with pytest.raises(BrokenExampleError, match="row 2 cannot be decoded"):
        corpus.load(2)


def test_images_of_a_dataset_go_through_a_recipe_the_broken_left_out(tmp_path):
    content = []
    for i in range(4):
        Image.new("RGB", (4, 4), (60 * i, 0, 0)).save(tmp_path / "x.png")
        content.append({"bytes": (tmp_path / "x.png").read_bytes(), "path": None})
    content[1], content[3] = {"bytes": b"no image", "path": None}, None
    features = datasets.Features(img=datasets.Image(), label=datasets.Value("int64"))
    table = datasets.Dataset.from_dict(
        {"img": content, "label": [5, 6, 7, 8]},
        features=features,
    )
    (tmp_path / "pictures").mkdir()
    table.to_parquet(tmp_path / "pictures" / "train.parquet")
    recipe = tmp_path / "r.yaml"
    text = (
        "images: {dataset: pictures, split: train, image: img, label: label}\n"
        "models: {plain: {model: pixels, size: 2}}\nout: features\n"
    )
    recipe.write_text(text)
    with pytest.raises(InputError, match=r"examples: 1: row 1 cannot be decoded .* ask to skip"):
        load_feature_recipe(recipe).run(tmp_path / "whole")
    recipe.write_text(text + "skip_broken: true\n")
    with pytest.warns(UserWarning, match="2 broken examples skipped, the first 1"):
        store = load_feature_recipe(recipe).run()["plain"]
    assert np.load(store / "labels.npy").tolist() == [5, 7]
    assert np.load(store / "features.npy")[:, 0] == pytest.approx([0, 120 / 255])
    assert json.loads((store / "manifest.json").read_text())["skipped"] == ["1", "3"]


def test_texts_of_a_dataset_keep_whole_sentences_only(tmp_path):
    texts = ["a fine film of joy", "fine film", "dull", "a fine film of joy", ""]
    table = datasets.Dataset.from_dict({"sentence": texts, "label": [1, 1, 0, 1, 0]})
    table.save_to_disk(tmp_path / "glue")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        "texts: {dataset: glue, text: sentence, label: label, phrases: drop}\nmodels: {g: glove}\n"
    )
    corpus = load_feature_recipe(recipe).corpus
    assert [corpus.load(i) for i in range(len(corpus))] == ["a fine film of joy", "dull"]
    assert corpus.labels.tolist() == [1, 0]
    recipe.write_text(recipe.read_text().replace("text: sentence, ", ""))
    with pytest.raises(InputError, match=r"texts\.text: is missing"):
        load_feature_recipe(recipe)


def test_what_to_install_is_said_where_datasets_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"'glue' needs .*'datasets'.*w2slens\[features\]"):
        dataset_texts("glue", text="sentence")
