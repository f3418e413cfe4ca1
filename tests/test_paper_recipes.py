"""The recipes that run on a user's download, on tiny data of the same form."""

import gzip
import json
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from w2slens import sweep
from w2slens.experiments.recipe import load_recipe
from w2slens.features.extractors import check_model
from w2slens.features.recipe import load_feature_recipe

RECIPES = Path(__file__).parents[1] / "recipes"

IMAGE_MODELS = ({"model": "pixels", "size": 6}, {"model": "random-convolutions", "filters": 8})
TEXT_MODELS = ({"model": "tfidf", "dimensions": 8}, {"model": "tfidf", "dimensions": 12})


def written(folder, name, change):
    """A committed recipe with some of its lines changed, in a folder of its own."""
    recipe = YAML(typ="safe", pure=True).load(RECIPES / name)
    path = folder / Path(name).name
    path.write_text(json.dumps({**recipe, **change(recipe)}), encoding="utf-8")  # JSON is YAML
    return path


def extracted(folder, name, models, change):
    """Run a recipe of features with models that need no network; the last is the student's."""

    def offline(recipe):
        names = list(recipe["models"])
        chosen = dict.fromkeys(names[:-1], models[0]) | {names[-1]: models[-1]}
        return {"models": chosen, "out": "stores", **change(recipe)}

    recipe = load_feature_recipe(written(folder, name, offline))
    return recipe.run()


def swept(folder, name, size):
    """Run a sweep on the stores that were made."""

    def small(recipe):
        stores, given = folder / "stores", Path(recipe["strong"]).parent
        keys = [key for key in ("strong", "labels", "target", "groups") if key in recipe]
        moved = {key: str(stores / Path(recipe[key]).relative_to(given)) for key in keys}
        weak = {key: str(stores / key) for key in recipe["weak"]}
        settings = {"components_weak": 4, "components_strong": 5, "trials": 2, **size}
        return {**moved, "weak": weak, **settings}

    return load_recipe(written(folder, name, small)).run(None, jobs=1)


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
@pytest.mark.filterwarnings("ignore:1 broken example skipped")
def test_utkface(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="images need pillow")
    rng, ages = np.random.default_rng(0), np.arange(1, 61)
    (tmp_path / "UTKFace").mkdir()
    for age in ages:
        face = rng.integers(0, 3 * age + 50, (12, 12, 3), dtype=np.uint8)
        image.fromarray(face).save(tmp_path / "UTKFace" / f"{age}_0_1_20170109.jpg")
    (tmp_path / "UTKFace" / "61_1_3_20170110.jpg").write_bytes(b"\xff\xd8 cut short")
    stores = extracted(tmp_path, "utkface/features.yaml", IMAGE_MODELS, lambda _: {})
    assert list(stores) == ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "clip"]
    assert sorted(np.load(stores["clip"] / "labels.npy")) == ages.tolist()
    found = swept(tmp_path, "utkface/sweep.yaml", {"n": [12], "N": [25], "test": 10})
    assert len(found.table) == 10
    assert found.scale == "raw"
    assert np.isfinite(found.table[["weak", "w2s", "strong", "ceiling"]]).all(axis=None)


def write_idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
def test_colored_mnist(tmp_path):
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 10, 200)
    images = rng.integers(0, 40 + 20 * digits[:, None, None], (200, 10, 10))
    (tmp_path / "MNIST").mkdir()
    write_idx(tmp_path / "MNIST" / "train-images-idx3-ubyte.gz", images)
    write_idx(tmp_path / "MNIST" / "train-labels-idx1-ubyte.gz", digits)
    stores = extracted(tmp_path, "colored-mnist/features.yaml", IMAGE_MODELS, lambda _: {})
    target = np.load(stores["dino"] / "target.npy")
    assert set(np.sign(target[digits >= 5])) == {1.0, -1.0}
    assert target[digits >= 5].mean() > 0.3 > -0.3 > target[digits < 5].mean()
    found = swept(tmp_path, "colored-mnist/sweep.yaml", {"n": [40], "N": [90], "test": 50})
    assert len(found.table) == 2 * 4 * 4
    assert found.scale == "excess"
    assert {"accuracy_weak", "raw_w2s"} <= set(found.table)


SENTENCES = [
    f"{a} {b} film with {c} actors and a {d} story"
    for a in ("a good", "a bad", "one fine", "no great")
    for b in ("small", "loud", "french")
    for c in ("two", "brave", "tired", "many")
    for d in ("sad", "long", "strange", "simple", "true")
]


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
def test_sst2_from_the_hub(tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    phrases = [f"{' '.join(s.split()[:2])} {i}" for i, s in enumerate(SENTENCES)]
    texts = SENTENCES + phrases
    labels = [int("good" in text or "fine" in text) for text in texts]
    table = datasets.Dataset.from_dict({"sentence": texts, "label": labels})
    datasets.DatasetDict({"train": table}).save_to_disk(tmp_path / "glue")
    stores = extracted(
        tmp_path,
        "sst2/hub-features.yaml",
        TEXT_MODELS,
        lambda recipe: {"texts": {**recipe["texts"], "dataset": "glue"}},
    )
    groups = np.load(stores["electra"] / "groups.npy")
    assert 1 < len(set(groups)) <= len(texts)
    found = swept(tmp_path, "sst2/hub-sweep.yaml", {"n": [50], "N": [120], "test": 60})
    assert len(found.table) == 2 * 4 * 5
    assert found.config["groups"] == len(set(groups))


ROWS = {
    "coloured-fashion-mnist": 40_000,
    "utkface": 23_708,
    "colored-mnist": 60_000,
    "digits": 1_797,
}
"""Examples that the downloads hold; SST-2 67,349."""


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_committed_recipes_name_models_and_settings_that_exist(path):
    recipe = YAML(typ="safe", pure=True).load(path)
    if "models" in recipe:
        for value in recipe["models"].values():
            settings = dict(value) if isinstance(value, dict) else {"model": value}
            check_model(settings.pop("model"), settings)
    elif "finetune" in path.name:
        pytest.importorskip("torch")
        from w2slens.deep import NetworkSettings, Spec
        from w2slens.deep.recipe import EXAMPLES, MODELS

        weak = recipe["weak"]
        several = isinstance(weak, dict) and "model" not in weak
        for spec in [*(weak.values() if several else [weak]), recipe["strong"]]:
            assert Spec.of(spec, "weak").model
        told = {key: recipe[key] for key in recipe if key not in (*EXAMPLES, *MODELS, "title")}
        settings = NetworkSettings(task="classification", **told)
        rows = recipe.get("rows", ROWS.get(path.parent.name, 67_349))
        assert max(settings.n) + max(settings.N) + settings.test <= rows
    else:
        known = signature(sweep).parameters.keys() | {"labels", "title"}
        assert set(recipe) <= known
        largest = max(np.atleast_1d(recipe["n"])) + max(np.atleast_1d(recipe["N"]))
        assert largest + recipe["test"] <= ROWS.get(path.parent.name, 67_349)
