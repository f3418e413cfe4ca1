"""Texts: one column of a table, which may be a TSV, CSV, Parquet or JSONL file."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.features.corpora.corpus import BrokenExampleError, Corpus
from w2slens.features.corpora.tables import read_table


def text_file(path: str | Path, *, text: str, label: str | None = None) -> Corpus:
    """Take the texts of a column of a table; a row without text is a broken example.

    Parameters
    ----------
    path
        A file that ends in .tsv, .csv, .parquet or .jsonl.
    text, label
        Columns of the texts and of their labels, if they have any.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    table = read_table(Path(path), "texts")
    require_columns({"text": text, "label": label}, table.columns, Path(path).name)
    labels = None if label is None else check.numeric(table[label].to_numpy(), "label")
    source = {"file": str(path), "text": text, "label": label}
    return text_corpus(table[text].tolist(), labels, source)


def require_columns(named: Mapping[str, str | None], columns: Iterable[str], holder: str) -> None:
    """Refuse the name of a column that a table lacks, listing those that there are."""
    there = list(columns)
    for argument, column in named.items():
        if column is not None and column not in there:
            listed = ", ".join(map(repr, there))
            raise InputError(argument, f"is {column!r}; {holder} has the columns {listed}")
        if column is not None and there.count(column) > 1:
            raise InputError(argument, f"is {column!r}; {holder} has several columns of this name")


def text_corpus(
    texts: Sequence[Any], labels: NDArray[Any] | None, source: dict[str, Any]
) -> Corpus:
    """Make a corpus of a list of texts; an entry without text is a broken example."""

    def load(i: int) -> str:
        if not isinstance(texts[i], str) or not texts[i].strip():
            raise BrokenExampleError(f"row {i} has no text")
        return str(texts[i])

    return Corpus("text", [str(i) for i in range(len(texts))], load, source, labels)
