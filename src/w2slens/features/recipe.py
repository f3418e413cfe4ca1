"""Recipes of features: which examples, which models, each into a store of its own."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.yaml import complete, known_keys, located, read_recipe
from w2slens.features.corpora import (
    Corpus,
    coloured,
    dataset_images,
    dataset_texts,
    folder_images,
    idx_images,
    sentence_groups,
    text_file,
    whole_sentences,
)
from w2slens.features.extract import extract, load_example
from w2slens.features.extractors import check_model, load_extractor

KEYS = ("images", "texts", "coloured", "rows", "models", "batch", "skip_broken", "out")
"""What a recipe of features may say."""

IMAGES = {
    "idx": ("idx", "labels"),
    "folder": ("folder", "label"),
    "dataset": ("dataset", "config", "split", "image", "label"),
}
"""Ways to name images → their keys, the path first."""

TEXTS = {
    "file": ("file", "text", "label", "phrases"),
    "dataset": ("dataset", "config", "split", "text", "label", "phrases"),
}
"""Ways to name texts → their keys."""

PHRASES = ("group", "drop")
"""What becomes of texts that are part of others: a group with them, or left out."""


@dataclass(frozen=True, eq=False)
class FeatureRecipe:
    """A validated recipe: the examples, and the models to run over them.

    Attributes
    ----------
    corpus
        The examples.
    models
        Name of the store → (model, settings).
    out
        Folder of the stores, or None.
    batch
        Examples at a time.
    skip
        Whether broken examples are left out.
    """

    corpus: Corpus
    models: dict[str, tuple[str, dict[str, Any]]]
    out: Path | None
    batch: int
    skip: bool

    def run(
        self,
        out: str | Path | None = None,
        *,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> dict[str, Path]:
        """Extract all features, model by model.

        Parameters
        ----------
        out
            Folder of the stores, instead of the recipe's.
        progress
            Called with (name, examples done, examples in all).

        Returns
        -------
        Name → folder of its store.
        """
        folder = self.out if out is None else Path(out)
        if folder is None:
            raise InputError("out", "is missing; name a folder for the features")
        found = {}
        for name, (model, settings) in self.models.items():

            def move(done: int, total: int, name: str = name) -> None:
                if progress is not None:
                    progress(name, done, total)

            found[name] = extract(
                self.corpus,
                load_extractor(model, settings),
                folder / name,
                batch=self.batch,
                skip=self.skip,
                progress=move,
            )
        return found


def load_feature_recipe(path: str | Path) -> FeatureRecipe:
    """Read a recipe of features and check it.

    Parameters
    ----------
    path
        A YAML file; relative paths in it are relative to its folder.

    Raises
    ------
    InputError
        If a key is unknown (the nearest is named) or a value cannot be.
    """
    path = Path(path)
    _, recipe = read_recipe(path)
    known_keys(recipe, KEYS, "")
    complete(recipe, ("models",), "")
    if ("images" in recipe) == ("texts" in recipe):
        raise InputError("images", "or texts is needed: one of them")
    corpus = _images(recipe, path.parent) if "images" in recipe else _texts(recipe, path.parent)
    if "rows" in recipe:
        rows = check.whole(recipe["rows"], "rows")
        if rows > len(corpus):
            raise InputError("rows", f"is {rows:,}; there are {len(corpus):,} examples")
        corpus = corpus.take(np.arange(rows))
    skip = recipe.get("skip_broken", False)
    if not isinstance(skip, bool):
        raise InputError("skip_broken", f"is {skip!r}; true or false is needed")
    out = recipe.get("out")
    return FeatureRecipe(
        corpus,
        _models(recipe["models"]),
        None if out is None else Path(located(out, "out", path.parent)),
        check.whole(recipe.get("batch", 64), "batch"),
        skip,
    )


def _section(recipe: dict[str, Any], key: str) -> dict[str, Any]:
    found = recipe[key]
    if not isinstance(found, dict):
        raise InputError(key, f"is {found!r}; 'key: value' lines are needed")
    return found


def _images(recipe: dict[str, Any], base: Path) -> Corpus:
    given, way = _way(recipe, "images", IMAGES)
    if way == "idx":
        paths = {key: located(given.get(key), f"images.{key}", base) for key in IMAGES[way]}
        corpus = idx_images(paths["idx"], paths["labels"])
    elif way == "dataset":
        corpus = dataset_images(_dataset(given, "images", base), **_rest(given))
    else:
        corpus = folder_images(
            located(given["folder"], "images.folder", base), label=given.get("label")
        )
    if "coloured" not in recipe:
        return corpus
    settings = _section(recipe, "coloured")
    valid = [key for key in inspect.signature(coloured).parameters if key != "corpus"]
    known_keys(settings, valid, "coloured.")
    return coloured(corpus, **settings)


def _texts(recipe: dict[str, Any], base: Path) -> Corpus:
    given, way = _way(recipe, "texts", TEXTS)
    complete(given, ("text",), "texts.")
    if way == "dataset":
        corpus = dataset_texts(_dataset(given, "texts", base), **_rest(given))
    else:
        path = located(given["file"], "texts.file", base)
        corpus = text_file(path, text=given["text"], label=given.get("label"))
    if "phrases" not in given:
        return corpus
    check.choice(given["phrases"], "texts.phrases", PHRASES)
    texts = [load_example(corpus, i, skip=True) for i in range(len(corpus))]
    corpus = replace(corpus, source={**corpus.source, "phrases": given["phrases"]})
    if given["phrases"] == "drop":
        return corpus.take(whole_sentences(texts))
    return replace(corpus, groups=sentence_groups(texts))


def _way(
    recipe: dict[str, Any], key: str, ways: dict[str, tuple[str, ...]]
) -> tuple[dict[str, Any], str]:
    """Read a section of a recipe, and in which of several ways it names the examples."""
    given = _section(recipe, key)
    way = next((way for way in ways if way in given), None)
    if way is None:
        raise InputError(key, f"needs one of {', '.join(ways)}")
    known_keys(given, ways[way], f"{key}.")
    return given, way


def _dataset(given: dict[str, Any], key: str, base: Path) -> str:
    """Read the name of a dataset: a folder beside the recipe if there is one, else on the hub."""
    folder = located(given["dataset"], f"{key}.dataset", base)
    return str(folder) if Path(folder).is_dir() else str(given["dataset"])


def _rest(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in ("dataset", "phrases")}


def _models(given: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """Read name → a model, or name → {model: …, settings}."""
    if not isinstance(given, dict) or not given:
        raise InputError("models", f"is {given!r}; 'name: model' lines are needed")
    found = {}
    for name, value in given.items():
        settings = dict(value) if isinstance(value, dict) else {"model": value}
        complete(settings, ("model",), f"models.{name}.")
        if not isinstance(name, str) or Path(name).name != name:
            raise InputError("models", f"names a store {name!r}; a plain word is needed")
        model = settings.pop("model")
        found[name] = (model, check_model(model, settings))
    return found
