"""Examples out of Hugging Face `datasets`: by hub name, or from a folder on disk."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError, first_line, needing
from w2slens.features.corpora.corpus import BrokenExampleError, Corpus
from w2slens.features.corpora.images import decode
from w2slens.features.corpora.texts import require_columns, text_corpus

SAVED = ("dataset_info.json", "dataset_dict.json", "state.json")
"""Files by which a folder is known to be one that `datasets` has saved."""


def dataset_texts(
    dataset: str,
    *,
    text: str,
    label: str | None = None,
    config: str | None = None,
    split: str = "train",
) -> Corpus:
    """Take the texts of a column of a dataset.

    `dataset`: a name on the hub, or a folder: of files that `datasets` loads, or one that it saved;
    `text`, `label`: names of the columns; `config`, `split`: which part of the dataset. Returns
    corpus of texts; a row without text is a broken example. InputError if there is no such dataset
    or split, or it lacks a column.
    """
    table = _load(dataset, config, split)
    require_columns({"text": text, "label": label}, table.column_names, "the dataset")
    source = {"dataset": dataset, "config": config, "split": split, "text": text, "label": label}
    return text_corpus(table[text][:], _labels(table, label), source)


def dataset_images(
    dataset: str,
    *,
    image: str = "image",
    label: str | None = None,
    config: str | None = None,
    split: str = "train",
) -> Corpus:
    """Take the images of a column of a dataset; parameters as of `dataset_texts`.

    Returns corpus of images; one that cannot be decoded is a broken example.
    """
    table = _load(dataset, config, split)
    require_columns({"image": image, "label": label}, table.column_names, "the dataset")
    datasets = import_module("datasets")
    if not isinstance(table.features[image], datasets.Image):
        raise InputError("image", f"is {image!r}; that column of {dataset} holds no images")
    stored = table.cast_column(image, datasets.Image(decode=False))
    return Corpus(
        "image",
        [str(i) for i in range(len(stored))],
        _loader(stored, image),
        {"dataset": dataset, "config": config, "split": split, "image": image, "label": label},
        _labels(table, label),
    )


def _labels(table: Any, label: str | None) -> NDArray[Any] | None:
    return None if label is None else check.numeric(table[label][:], "label")


def _loader(stored: Any, image: str) -> Callable[[int], NDArray[np.uint8]]:
    def load(i: int) -> NDArray[np.uint8]:
        content = stored[i][image]
        if not content or not (content["bytes"] or content["path"]):
            raise BrokenExampleError(f"row {i} has no image")
        return decode(content["bytes"] or Path(content["path"]), f"row {i}")

    return load


def _load(dataset: str, config: str | None, split: str) -> Any:
    with needing("datasets", f"reading {dataset!r}"):
        datasets = import_module("datasets")
    folder = Path(dataset)
    try:
        if not any((folder / name).is_file() for name in SAVED):
            return datasets.load_dataset(dataset, config, split=split)
        saved = datasets.load_from_disk(dataset)
    except Exception as error:
        raise InputError(
            "dataset", f"{dataset!r} (split {split!r}) cannot be loaded ({first_line(error)})"
        ) from None
    return _split(saved, split, dataset)


def _split(saved: Any, split: str, dataset: str) -> Any:
    """Take a split of what `datasets` saved: of several, or of one that may say which it is."""
    several = isinstance(saved, dict)
    there = [*saved] if several else [str(saved.split or split)]
    if split not in there:
        listed = ", ".join(map(repr, there))
        raise InputError("split", f"is {split!r}; {dataset} holds {listed}")
    return saved[split] if several else saved
