"""Parquet files as matrices, read row group by row group; or one column of text."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.features.columns import matrix_of, picked, text_of

INDEX = "__index_level_"
"""Prefix of the columns in which pandas keeps an index."""

LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary)
"""Types of a column of vectors, of one of numbers, and of one of classes."""


def read_parquet(path: Path, columns: str | None, argument: str, *, text: bool) -> Any:
    """Open a file as a matrix, or read its one column of text where that is welcome."""
    if text:
        file = pq.ParquetFile(path)
        fields = fields_of(file, columns, argument, path.name)
        if len(fields) == 1 and any(is_text(fields[0].type) for is_text in TEXTS):
            table = file.read(columns=[fields[0].name])
            return text_of(table.to_pandas(ignore_metadata=True).iloc[:, 0])
    return ParquetMatrix(path, columns, argument)


def fields_of(file: Any, columns: str | None, argument: str, name: str) -> list[Any]:
    """List the fields that are meant; an index of pandas is no column."""
    fields = [field for field in file.schema_arrow if not field.name.startswith(INDEX)]
    return [fields[i] for i in picked([field.name for field in fields], columns, name, argument)]


class ParquetMatrix:
    """A Parquet file as a matrix: numeric columns side by side, or one column of vectors.

    Row groups are read when a slice needs them, and only the last one is kept.
    """

    def __init__(self, path: Path, columns: str | None, argument: str) -> None:
        self.file, self.name, self.argument = pq.ParquetFile(path), path.name, argument
        self.columns = fields_of(self.file, columns, argument, path.name)
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
