"""Texts: one column of a table."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError, first_line
from w2slens.features.corpora.corpus import BrokenExampleError, Corpus

READERS = (".tsv", ".csv", ".parquet", ".jsonl")


def text_file(path: str | Path, *, text: str, label: str | None = None) -> Corpus:
    """Take the texts of a column of a TSV, CSV, Parquet or JSONL file.

    `path`: the file; `text`, `label`: names of the columns. Returns corpus of texts; a row without
    text is a broken example. InputError if the file cannot be read or lacks a column (those that
    there are, are named), or the labels are no numbers.
    """
    table = _read(Path(path))
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


def text_corpus(
    texts: Sequence[Any], labels: NDArray[Any] | None, source: dict[str, Any]
) -> Corpus:
    """Make a corpus of a list of texts; an entry without text is a broken example."""

    def load(i: int) -> str:
        if not isinstance(texts[i], str) or not texts[i].strip():
            raise BrokenExampleError(f"row {i} has no text")
        return str(texts[i])

    return Corpus("text", [str(i) for i in range(len(texts))], load, source, labels)


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        if path.suffix == ".jsonl":
            return pd.read_json(path, lines=True)
        if path.suffix in (".tsv", ".csv"):
            separator = "\t" if path.suffix == ".tsv" else ","
            quoting = 3 if path.suffix == ".tsv" else 0
            return pd.read_csv(path, sep=separator, quoting=quoting)  # type: ignore[call-overload,no-any-return]
    except OSError as error:
        raise InputError("texts", f"{path} cannot be read ({error.strerror or error})") from None
    except Exception as error:
        raise InputError("texts", f"{path} cannot be read ({first_line(error)})") from None
    raise InputError("texts", f"{path} ends in {path.suffix!r}; {', '.join(READERS)} are read")
