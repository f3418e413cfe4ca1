"""CSV and TSV files: one reader for features and labels, in which no line goes missing.

A blank line between others is a row that lacks its values, not a row that is not there: skipping it
would give every later row the label of its neighbour. Whether a first line is a row or the names of
the columns is decided by what is in it, or by the rows that the features have; where nothing
decides, it is asked.
"""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.features.columns import is_text, matrix_of, numeric_columns, picked, text_of
from w2slens.features.readers import Layout

SEPARATORS = {".csv": ",", ".tsv": "\t"}

MOST_COLUMNS = 100_000
"""A text file of more columns is refused: reading it would take longer than anyone waits."""


def read_delimited(path: Path, columns: str | None, argument: str, layout: Layout) -> NDArray[Any]:
    """Read a file as a matrix, or as a column of text where that is welcome."""
    first, second = _first_lines(path, argument)
    named = True if columns is not None else _named(first, second, layout)
    frame = _frame(path, named=bool(named))
    if named is None:
        frame = _decided(frame, path, argument, layout)
    names = [str(name).strip() for name in frame.columns]
    frame = frame.iloc[:, picked(names, columns, path.name, argument)]
    if layout.text and frame.shape[1] == 1 and is_text(frame.iloc[:, 0]):
        return text_of(frame.iloc[:, 0])
    return matrix_of(numeric_columns(frame, path.name, argument))


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


def _named(first: list[str], second: list[str], layout: Layout) -> bool | None:
    """Whether a first line names the columns; None where that depends on the other lines."""
    if not all(map(_is_number, first)):
        return None if layout.text and len(first) == 1 else True
    if not all(cell.strip().isdigit() for cell in first):
        return False
    if layout.header is not None:
        return layout.header
    counted = first == [str(i) for i in range(len(first))]  # what pandas calls columns without name
    if counted and len(first) > 2:
        return True
    if second and not any(cell.strip().isdigit() for cell in second):
        return True  # whole numbers above fractions
    return None if counted else False


def _frame(path: Path, *, named: bool) -> pd.DataFrame:
    frame = pd.read_csv(
        path,
        sep=SEPARATORS[path.suffix],
        header=0 if named else None,
        index_col=False,
        skipinitialspace=True,
        skip_blank_lines=False,
        encoding="utf-8-sig",
        low_memory=False,
    )
    filled = frame.notna().any(axis=1).to_numpy()
    return frame.iloc[: int(filled.nonzero()[0][-1]) + 1] if filled.any() else frame.iloc[:0]


def _decided(frame: pd.DataFrame, path: Path, argument: str, layout: Layout) -> pd.DataFrame:
    """Decide whether the first row of a frame names its columns, by the other rows or by asking."""
    first, rest = frame.iloc[0].astype(str).tolist(), frame.iloc[1:]
    named = layout.header
    if named is None and layout.rows is not None:
        named = len(frame) != layout.rows and len(rest) == layout.rows
    elif named is None and not all(map(_is_number, first)):
        named = not bool((rest.iloc[:, 0] == frame.iloc[0, 0]).any())  # a class occurs again
    elif named is None:
        line = ",".join(first)
        raise InputError(
            argument,
            f"{path.name} begins with {line}, which may be a row or the names that pandas gives to "
            "columns; say which: --header yes or no (from Python, header=True or False)",
        )
    return rest.reset_index(drop=True).set_axis(first, axis=1) if named else frame


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True
