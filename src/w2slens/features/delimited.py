"""CSV and TSV files: one reader for features and labels, in which no line goes missing.

A blank line between others is a row that lacks its values, not a row that is not there: skipping it
would give every later row the label of its neighbour. `w2slens.features.header` decides whether a
first line is a row or the names of the columns.
"""

import csv
import logging
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from packaging.version import Version

from w2slens._core.errors import InputError
from w2slens.features.columns import is_text, matrix_of, numeric_columns, picked, text_of, the_one
from w2slens.features.header import Nature, is_header, nature
from w2slens.features.readers import Layout

log = logging.getLogger("w2slens")

SEPARATORS = {".csv": ",", ".tsv": "\t"}

MOST_COLUMNS = 100_000
"""A text file of more columns is refused: reading it would take longer than anyone waits."""

EXACT: dict[str, Any] = (
    {} if Version(pd.__version__) >= Version("3.1") else {"float_precision": "round_trip"}
)
"""How pandas reads numbers to their last digit: before 3.1 it must be asked to."""

TAIL = 2**20
"""Bytes at the end of a file in which blank lines are looked for."""


def read_delimited(path: Path, columns: str | None, argument: str, layout: Layout) -> NDArray[Any]:
    """Read a file as a matrix, or as a column of text where that is welcome."""
    first, second = _first_lines(path, argument)
    named = columns is not None or layout.id is not None
    kind: Nature = "names" if named else nature(first, second, layout)
    if kind == "either":
        cells = _frame(path, named=False, dtype=str)
        kind = "names" if is_header(cells, layout, path.name, argument) else "row"
    frame = _frame(path, named=kind == "names")
    names = [name.strip() for name in first] if kind == "names" else list(map(str, frame.columns))
    if columns is None and not names[0] and _is_index(frame):
        log.info("%s: the first column of %s has no name; it is taken as an index", argument, path)
        names, frame = names[1:], frame.iloc[:, 1:]
    frame = frame.iloc[:, picked(names, columns, path.name, argument, layout.id)]
    if layout.text and frame.shape[1] == 1 and is_text(frame.iloc[:, 0]):
        return text_of(frame.iloc[:, 0].str.strip())
    return matrix_of(numeric_columns(frame, path.name, argument))


def names_in(path: Path, columns: str | None, argument: str, layout: Layout) -> list[str] | None:
    """Name the columns that `read_delimited` takes, where its first line surely names them."""
    first, second = _first_lines(path, argument)
    named = columns is not None or layout.id is not None
    if not named and nature(first, second, layout) != "names":
        return None
    names = [name.strip() for name in first]
    found = [names[i] for i in picked(names, columns, path.name, argument, layout.id)]
    return None if "" in found else found  # an index, or a column that nobody named


def read_ids(path: Path, column: str | None, argument: str, layout: Layout) -> list[str | None]:
    """Read the column of ids as text, to the letter; None where one is missing.

    The column that is named, or the only one. Then as many lines as the features have rows are ids
    all, whatever is said of other files.
    """
    first, _ = _first_lines(path, argument)
    names = [name.strip() for name in first]
    if column is None and len(names) == 1:
        frame = _text(path, named=False)
        known = layout._replace(header=None) if layout.rows == len(frame) else layout
        frame = frame.iloc[int(is_header(frame, known, path.name, argument)) :]
    else:
        if column is None:
            column = the_one(
                names[1:] if _numbers_rows(path, names) else names, path.name, argument
            )
        (place,) = picked(names, column, path.name, argument)[:1]
        frame = _text(path, named=True, usecols=[place])
    return [one.strip() or None for one in frame.iloc[:, 0].fillna("")]


def _numbers_rows(path: Path, names: list[str]) -> bool:
    """Whether a table of two columns has an index for its first, which then has no name."""
    return len(names) == 2 and not names[0] and _is_index(_frame(path, named=True))


def _text(path: Path, **how: Any) -> pd.DataFrame:
    return _frame(path, dtype=str, keep_default_na=False, **how)


def _first_lines(path: Path, argument: str) -> tuple[list[str], list[str]]:
    """Read two lines, and refuse what is no table of one width."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, delimiter=SEPARATORS[path.suffix], skipinitialspace=True)
        first, second = next(lines, []), next(lines, [])
    if not first:
        reason = "it begins with a blank line, or is empty"
        raise InputError(argument, f"{path.name} cannot be read as {path.suffix} ({reason})")
    if len(first) > MOST_COLUMNS:
        raise InputError(
            argument,
            f"{path.name} has {len(first):,} columns; at most {MOST_COLUMNS:,} can be read from "
            "text: store it as .npy or .parquet",
        )
    others = ";\t" if path.suffix == ".csv" else ";,"
    if len(first) == 1 and any(mark in first[0] for mark in others):
        cells = "commas" if path.suffix == ".csv" else "tabs"
        raise InputError(argument, f"{path.name} has one column; separate cells by {cells}")
    if second and len(second) != len(first):
        cells = f"{len(first)} cells in its first line and {len(second)} in its second"
        raise InputError(argument, f"{path.name} has {cells}")
    return first, second


def _frame(path: Path, *, named: bool, dtype: Any = None, **how: Any) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(
        path,
        dtype=dtype,
        sep=SEPARATORS[path.suffix],
        header=0 if named else None,
        index_col=False,
        skipinitialspace=True,
        skip_blank_lines=False,
        encoding="utf-8-sig",
        low_memory=False,
        **EXACT,
        **how,
    )
    return frame.iloc[: len(frame) - _blank_end(path)]


def _is_index(frame: pd.DataFrame) -> bool:
    """Whether a first column numbers the rows, as pandas and R write it beside the others."""
    column = frame.iloc[:, 0]
    return frame.shape[1] > 1 and column.dtype.kind == "i" and column.is_unique


def _blank_end(path: Path) -> int:
    """Count the blank lines after the last row: they end a file, and are no rows."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - TAIL, 0))
        lines = stream.read().split(b"\n")
    if not lines[-1]:
        lines.pop()
    filled = [i for i, line in enumerate(lines) if line.strip(b" \r")]
    return len(lines) - 1 - filled[-1] if filled else 0
