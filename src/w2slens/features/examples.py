"""The examples that a recipe of features names: images, perhaps coloured, or texts."""

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.yaml import complete, known_keys, located, within
from w2slens.features import corpora
from w2slens.features.batches import load_example
from w2slens.features.corpora import Corpus

IMAGES = {
    "idx": ("idx", "labels"),
    "folder": ("folder", "label"),
    "bundled": ("bundled",),
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


def examples_of(recipe: dict[str, Any], base: Path) -> Corpus:
    """Open the examples that a recipe names, its paths relative to a folder."""
    if "images" in recipe and "texts" in recipe:
        raise InputError("texts", "stand beside images; choose one of them")
    if "images" not in recipe and "texts" not in recipe:
        raise InputError("images", "are missing, and so are texts; one of them is needed")
    corpus = _images(recipe, base) if "images" in recipe else _texts(recipe, base)
    if "rows" not in recipe:
        return corpus
    rows = check.whole(recipe["rows"], "rows")
    if rows > len(corpus):
        raise InputError("rows", f"is {rows:,}; there are {len(corpus):,} examples")
    return corpus.take(np.arange(rows))


def _images(recipe: dict[str, Any], base: Path) -> Corpus:
    given, way = _way(recipe, "images", IMAGES)
    if way == "idx":
        paths = {key: located(given.get(key), f"images.{key}", base) for key in IMAGES[way]}
        corpus = corpora.idx_images(paths["idx"], paths["labels"])
    elif way == "bundled":
        with within("images"):
            corpus = corpora.bundled_images(given["bundled"])
    elif way == "dataset":
        corpus = corpora.dataset_images(**_dataset(given, "images", base))
    else:
        folder = located(given["folder"], "images.folder", base)
        corpus = corpora.folder_images(folder, label=given.get("label"))
    if "coloured" not in recipe:
        return corpus
    settings = _section(recipe, "coloured")
    valid = [key for key in inspect.signature(corpora.coloured).parameters if key != "corpus"]
    known_keys(settings, valid, "coloured.")
    with within("coloured"):
        return corpora.coloured(corpus, **settings)


def _texts(recipe: dict[str, Any], base: Path) -> Corpus:
    given, way = _way(recipe, "texts", TEXTS)
    complete(given, ("text",), "texts.")
    if way == "dataset":
        corpus = corpora.dataset_texts(**_dataset(given, "texts", base))
    else:
        path = located(given["file"], "texts.file", base)
        corpus = corpora.text_file(path, text=given["text"], label=given.get("label"))
    if "phrases" not in given:
        return corpus
    check.choice(given["phrases"], "texts.phrases", PHRASES)
    texts = [load_example(corpus, i, skip=True) for i in range(len(corpus))]
    corpus = replace(corpus, source={**corpus.source, "phrases": given["phrases"]})
    if given["phrases"] == "drop":
        return corpus.take(corpora.whole_sentences(texts))
    return replace(corpus, groups=corpora.sentence_groups(texts))


def _section(recipe: dict[str, Any], key: str) -> dict[str, Any]:
    section = recipe[key]
    if not isinstance(section, dict):
        raise InputError(key, f"is {section!r}; 'key: value' lines are needed")
    return section


def _way(
    recipe: dict[str, Any], key: str, ways: dict[str, tuple[str, ...]]
) -> tuple[dict[str, Any], str]:
    """Read a section of a recipe, and in which of several ways it names the examples."""
    given = _section(recipe, key)
    way = next((way for way in ways if given.get(way) is not None), None)
    if way is None:
        raise InputError(key, f"needs one of {', '.join(ways)}")
    known_keys(given, ways[way], f"{key}.")
    for name, value in given.items():
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise InputError(f"{key}.{name}", f"is {value!r}; a line of text is needed")
    return {name: value for name, value in given.items() if value is not None}, way


def _dataset(given: dict[str, Any], key: str, base: Path) -> dict[str, Any]:
    """Read what a dataset is told: a folder beside the recipe if there is one, else on the hub."""
    folder = located(given["dataset"], f"{key}.dataset", base)
    name = str(folder) if Path(folder).is_dir() else str(given["dataset"])
    return {key: value for key, value in given.items() if key != "phrases"} | {"dataset": name}
