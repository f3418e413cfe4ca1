"""Parquet files as matrices, read row group by row group; or one column of text."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.features.arrow import Columns, fields_of, is_text, text_column
from w2slens.features.readers import Layout


def read_parquet(path: Path, columns: str | None, argument: str, layout: Layout) -> Any:
    """Open a file as a matrix, or read its one column of text where that is welcome."""
    file = pq.ParquetFile(path)
    fields = fields_of(file.schema_arrow, columns, argument, path.name, layout.id)
    if layout.text and is_text(fields):
        return text_column(file.read(columns=[fields[0].name]))
    if file.metadata.num_rows == 0:  # no row to know the width of vectors by, perhaps no type
        return np.empty((0, len(fields)))
    return ParquetMatrix(file, Columns(fields, path.name, argument))


class ParquetMatrix:
    """Columns of a Parquet file.

    Row groups are read when a slice needs them, and only the last one is kept.
    """

    def __init__(self, file: Any, columns: Columns) -> None:
        self._file, self._columns = file, columns
        groups = range(file.num_row_groups)
        sizes = [file.metadata.row_group(i).num_rows for i in groups]
        self.ends = np.cumsum([0, *sizes])
        self._kept: tuple[int, NDArray[Any]] | None = None
        width = len(columns.fields)
        if columns.vectors:
            width = columns.width(self._read(next(i for i in groups if sizes[i])))
        self.shape = (int(self.ends[-1]), width)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return self._columns.names

    def reordered(self, names: list[str]) -> "ParquetMatrix":
        """Take the same columns in another order."""
        places = {name: place for place, name in enumerate(names)}
        fields = sorted(self._columns.fields, key=lambda field: places[field.name])
        return ParquetMatrix(self._file, replace(self._columns, fields=fields))

    def _read(self, group: int) -> Any:
        return self._file.read_row_group(group, columns=self._columns.names)

    def _group(self, index: int) -> NDArray[Any]:
        if self._kept is None or self._kept[0] != index:
            rows = self._columns.matrix(self._read(index))
            if rows.shape[1] != self.shape[1]:
                name = self._columns.table
                raise InputError(self._columns.argument, f"the vectors in {name} differ in length")
            self._kept = (index, rows)
        return self._kept[1]

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        parts = [
            self._group(index)[max(start - low, 0) : stop - low]
            for index, (low, high) in enumerate(pairwise(self.ends))
            if low < stop and high > start
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.shape[1]))
