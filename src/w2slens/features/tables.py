"""Tables as matrices: CSV and Parquet columns, each of which must be numeric."""

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from w2slens._core.errors import InputError

INDEX = "__index_level_"
"""Prefix of the columns in which pandas keeps an index."""

LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
"""Types of a column of vectors, and of one of numbers."""


def read_csv(path: Path, argument: str) -> NDArray[Any]:
    """Read a CSV file, with or without a line of names, as a matrix."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, skipinitialspace=True)
        first, second = next(lines, []), next(lines, [])
    if len(first) == 1 and any(mark in first[0] for mark in ";\t"):
        raise InputError(argument, f"{path.name} has one column; separate cells by commas")
    if second and len(second) != len(first):
        cells = f"{len(first)} cells in its first line and {len(second)} in its second"
        raise InputError(argument, f"{path.name} has {cells}")
    frame = pd.read_csv(
        path,
        header=0 if _is_header(first, second) else None,
        index_col=False,
        skipinitialspace=True,
        encoding="utf-8-sig",
        low_memory=False,
    )
    return matrix_of(numeric_columns(frame, path.name, argument))


def _is_header(first: list[str], second: list[str]) -> bool:
    """Whether a first line names the columns: by text, or by whole numbers over fractions."""
    if not all(map(_is_number, first)):
        return True
    if len(first) > 2 and first == [str(i) for i in range(len(first))]:
        return True
    whole = [cell.strip().isdigit() for cell in first]
    return all(whole) and bool(second) and not any(cell.strip().isdigit() for cell in second)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True


def numeric_columns(frame: pd.DataFrame, name: str, argument: str) -> pd.DataFrame:
    """Convert columns to numbers, refusing text with its place (rows counted from 0)."""
    numeric = {}
    for position, label in enumerate(frame.columns):
        column = frame.iloc[:, position]
        numbers = pd.to_numeric(column, errors="coerce")
        text = column[numbers.isna() & column.notna()]
        if len(text):
            named = "" if str(label).isdigit() else f" ({str(label)!r})"
            raise InputError(
                argument,
                f"column {position}{named} of {name} holds text, first {text.iloc[0]!r} at row "
                f"{text.index[0]}; only numeric columns can be read",
            )
        numeric[position] = numbers
    return pd.DataFrame(numeric, index=frame.index)


def matrix_of(frame: pd.DataFrame) -> NDArray[Any]:
    """Return numeric columns as one array: of integers where all are, else of floats."""
    kinds = [kind for kind in frame.dtypes if isinstance(kind, np.dtype)]
    if len(kinds) == frame.shape[1] and len({kind.kind for kind in kinds}) <= 1:
        return frame.to_numpy()
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


class ParquetMatrix:
    """A Parquet file as a matrix: numeric columns side by side, or one column of vectors.

    Row groups are read when a slice needs them, and only the last one is kept.
    """

    def __init__(self, path: Path, argument: str) -> None:
        self.file, self.name, self.argument = pq.ParquetFile(path), path.name, argument
        schema = self.file.schema_arrow
        self.columns = [field for field in schema if not field.name.startswith(INDEX)]
        kinds = [field.type for field in self.columns]
        self.vectors = len(kinds) == 1 and any(is_list(kinds[0]) for is_list in LISTS)
        for field in self.columns:
            kind = field.type.value_type if self.vectors else field.type
            if not any(is_number(kind) for is_number in NUMBERS):
                raise InputError(
                    argument,
                    f"column {field.name!r} of {path.name} holds {field.type}; only numeric "
                    "columns can be read",
                )
        groups = range(self.file.num_row_groups)
        sizes = [self.file.metadata.row_group(i).num_rows for i in groups]
        self.ends = np.cumsum([0, *sizes])
        self._kept: tuple[int, NDArray[Any]] | None = None
        width = len(self.columns)
        if self.vectors:
            filled = next((i for i in groups if sizes[i]), None)
            width = 0 if filled is None else self._lengths(self._column(filled))[0]
        self.shape = (int(self.ends[-1]), width)

    def _column(self, group: int) -> Any:
        table = self.file.read_row_group(group, columns=[self.columns[0].name])
        return table.column(0).combine_chunks()

    def _lengths(self, column: Any) -> NDArray[Any]:
        lengths = pc.list_value_length(column)
        if lengths.null_count:
            lacking = f"{self.name} lacks {lengths.null_count} of its vectors"
            raise InputError(self.argument, lacking)
        return np.asarray(lengths)

    def _group(self, index: int) -> NDArray[Any]:
        if self._kept is None or self._kept[0] != index:
            self._kept = (index, self._vectors(index) if self.vectors else self._matrix(index))
        return self._kept[1]

    def _matrix(self, index: int) -> NDArray[Any]:
        names = [field.name for field in self.columns]
        frame = self.file.read_row_group(index, columns=names).to_pandas(ignore_metadata=True)
        return matrix_of(frame)

    def _vectors(self, index: int) -> NDArray[Any]:
        column = self._column(index)
        if (self._lengths(column) != self.shape[1]).any():
            raise InputError(self.argument, f"the vectors in {self.name} differ in length")
        return np.asarray(column.flatten()).reshape(len(column), self.shape[1])

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        parts = [
            self._group(index)[max(start - low, 0) : stop - low]
            for index, (low, high) in enumerate(pairwise(self.ends))
            if low < stop and high > start
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.shape[1]))
