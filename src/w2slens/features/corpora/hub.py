"""Examples out of Hugging Face `datasets`: by hub name, or from a folder on disk."""

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
    """Take the texts of a column of a dataset; a row without text is a broken example.

    Parameters
    ----------
    dataset
        A name on the hub, or a folder: of files that `datasets` loads, or one that it saved.
    text, label
        Columns of the texts and of their labels, if they have any.
    config, split
        Which of its configurations and splits.

    Raises
    ------
    InputError
        If the dataset cannot be loaded or lacks a column.
    """
    columns = {"text": text, "label": label}
    table = _load(dataset, config, split, columns)
    source = {"dataset": dataset, "config": config, "split": split, **columns}
    return text_corpus(table[text][:], _labels(table, label), source)


def dataset_images(
    dataset: str,
    *,
    image: str = "image",
    label: str | None = None,
    config: str | None = None,
    split: str = "train",
) -> Corpus:
    """Take the images of a column of a dataset; one that cannot be decoded is a broken example.

    Parameters
    ----------
    image, label
        Columns of the images and of their labels, if they have any.
    dataset, config, split
        As of `dataset_texts`.

    Raises
    ------
    InputError
        If the dataset cannot be loaded, lacks a column, or that of the images holds none.
    """
    columns = {"image": image, "label": label}
    table = _load(dataset, config, split, columns)
    datasets = import_module("datasets")
    if not isinstance(table.features[image], datasets.Image):
        raise InputError("image", f"is {image!r}; that column of {dataset} holds no images")
    stored = table.cast_column(image, datasets.Image(decode=False))

    def load(i: int) -> NDArray[np.uint8]:
        content = stored[i][image]
        if not content or not (content["bytes"] or content["path"]):
            raise BrokenExampleError(f"row {i} has no image")
        return decode(content["bytes"] or Path(content["path"]), f"row {i}")

    ids = [str(i) for i in range(len(stored))]
    source = {"dataset": dataset, "config": config, "split": split, **columns}
    return Corpus("image", ids, load, source, _labels(table, label))


def saved_table(folder: Path) -> Any:
    """Read a dataset that `datasets` saved in a folder as a data frame."""
    return _load(str(folder), None, "train", {}).to_pandas()


def _labels(table: Any, label: str | None) -> NDArray[Any] | None:
    return None if label is None else check.numeric(table[label][:], "label")


def _load(dataset: str, config: str | None, split: str, columns: dict[str, str | None]) -> Any:
    """Load a split of a dataset, which must have the columns."""
    with needing("datasets", f"reading {dataset!r}"):
        datasets = import_module("datasets")
    by_datasets = any((Path(dataset) / name).is_file() for name in SAVED)
    try:
        if by_datasets:
            table = datasets.load_from_disk(dataset)
        else:
            table = datasets.load_dataset(dataset, config, split=split)
    except Exception as error:
        raise InputError(
            "dataset", f"{dataset!r} (split {split!r}) cannot be loaded ({first_line(error)})"
        ) from None
    table = _split(table, split, dataset) if by_datasets else table
    require_columns(columns, table.column_names, "the dataset")
    return table


def _split(saved: Any, split: str, dataset: str) -> Any:
    """Take a split of what `datasets` saved: of several, or of one that may say which it is."""
    several = isinstance(saved, dict)
    there = [*saved] if several else [str(saved.split or split)]
    if split not in there:
        listed = ", ".join(map(repr, there))
        raise InputError("split", f"is {split!r}; {dataset} holds {listed}")
    return saved[split] if several else saved
