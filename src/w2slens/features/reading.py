"""Where data enters: files and arrays → validated matrices, whole or in chunks.

A `Source` knows its shape before its rows are read. `.npy` is memory-mapped and Parquet, Zarr and
safetensors are read slice by slice, so that `chunks` never holds the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Id, Index
from w2slens.features.address import absolute
from w2slens.features.guarded import Sliceable, fresh, reading
from w2slens.features.readers import UNKNOWN, Layout, open_array

if TYPE_CHECKING:
    from w2slens.features.ids import Ids


@dataclass(frozen=True, eq=False)
class Source:
    """A feature matrix that may still be on disk.

    Attributes
    ----------
    argument
        The name by which errors call it.
    data
        Array-like of shape (rows, coordinates); slices of it are read when they are taken.
    path
        Of the file, with a key as it was named; None of an array.
    layout
        What was said of the table.
    ids
        Of its rows, where they are asked for.
    """

    argument: str
    data: Sliceable
    path: str | None = None
    layout: Layout = UNKNOWN
    ids: Ids | None = None

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """Travel between processes: the rows of a file do not, it is opened anew."""
        if self.path is None:
            return type(self), (self.argument, self.data)
        path = absolute(self.path)
        there = Elsewhere(self.argument, path, self.layout, (self.rows, self.coordinates))
        return type(self), (self.argument, there, path, self.layout)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.data.shape[0])

    @property
    def coordinates(self) -> int:
        """Number of columns."""
        return int(self.data.shape[1])

    def chunk(self, start: int, stop: int) -> NDArray[Any]:
        """Read and validate the rows from `start` up to `stop`: (m, coordinates)."""
        with self._reading():
            return self._valid(self._fresh()[start:stop])

    def take(self, index: Index) -> NDArray[Any]:
        """Read and validate rows by their numbers (m,), ascending and near to one another."""
        with self._reading():
            data = self._fresh()
            if isinstance(data, np.ndarray):
                return self._valid(data[index])
        first, last = int(index[0]), int(index[-1])
        return self.chunk(first, last + 1)[index - first]

    def _valid(self, read: Any) -> NDArray[Any]:
        rows: NDArray[Any] = check.numeric(read, self.argument)
        if not check.all_finite(rows):
            check.refuse_infinite(check.pieces(self._fresh()), self.argument)
        return rows

    def _reading(self) -> AbstractContextManager[None]:
        """Name the file where it goes away, or shrinks, before it is read."""
        return nullcontext() if self.path is None else reading(self.path, self.argument)

    def _fresh(self) -> Any:
        """Map a file anew: what was read of it leaves this process's memory with the map."""
        data = self.data.opened if isinstance(self.data, Elsewhere) else self.data
        return fresh(data) if self.path else data

    def read(self) -> NDArray[Any]:
        """Read the whole (rows, coordinates) matrix once, in its own type, and validate it."""
        with self._reading():
            return check.features(self._fresh()[: self.rows], self.argument)


FeaturesLike = ArrayLike | str | Path | Source
"""(rows, coordinates), as an array, a path, a dataset or a `Source`."""

LabelsLike = ArrayLike | str | Path
"""(rows,) or (rows, outputs), as an array or a path."""


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """A file that another process named: opened when its first row is read."""

    argument: str
    path: str
    layout: Layout
    shape: tuple[int, int]

    @cached_property
    def opened(self) -> Any:
        """The file as it is here."""
        found = open_array(self.path, self.argument, self.layout)
        if tuple(found.shape) != self.shape:
            raise InputError(
                self.argument,
                f"{self.path} has shape {found.shape} where a worker reads it, and "
                f"{self.shape} where it was named",
            )
        return found

    def __getitem__(self, rows: slice) -> Any:
        """Read a range of rows."""
        return self.opened[rows]


def open_features(
    value: FeaturesLike, argument: str, *, header: bool | None = None, id: Id = None
) -> Source:
    """Open a feature matrix (rows, coordinates): an array, a dataset, or a file of a known type.

    These are .npy, .npz (``file.npz:key``, or of scipy.sparse), .parquet, .csv and .tsv
    (``file.csv:w0,w1`` or ``file.csv:w*`` for some columns), and with extras .zarr and
    .safetensors; a folder of parts, or one that `datasets` saved. `header` says whether a first
    line that may be either names the columns; `id`, which column holds the ids of the rows: it is
    none of the features. Sparse matrices are made dense as they are read.
    """
    if isinstance(value, Source):
        return value
    layout = Layout(header, id=column_of_ids(id, argument))
    data: Any
    if isinstance(value, (str, Path)):
        data = open_array(value, argument, layout)
    elif check.is_sparse(value):
        data = check.densified(value, argument)
    else:
        data = _without_ids(value, argument, layout)
        data = data if check.is_dataset(value) else check.numeric(data, argument)
    check.matrix_shape(data.shape, argument)
    path = str(value) if isinstance(value, (str, Path)) else None
    ids = open_ids(value, argument, id, int(data.shape[0]), header)
    return Source(argument, data, path, layout, ids)


def open_ids(
    value: Any, argument: str, id: Id, rows: int, header: bool | None = None
) -> Ids | None:
    """Find the ids of an input of so many rows; None where none are asked for."""
    if id is None:
        return None
    from w2slens.features.ids import ids_of  # tables load slowly

    return ids_of(value, argument, id, rows, header)


def column_of_ids(id: Id, argument: str) -> str | None:
    """Name the column of an input that holds its ids, if one does."""
    if id is None:
        return None
    from w2slens.features.ids import column_of

    return column_of(id, argument)


def _without_ids(value: Any, argument: str, layout: Layout) -> Any:
    """Take the rows of a table in Python, and no column of ids."""
    if check.is_dataset(value):
        from w2slens.features.saved import read_dataset

        return read_dataset(value, argument, layout)
    if layout.id is not None and layout.id in getattr(value, "columns", ()):
        return value.drop(columns=layout.id)
    return value


def read_array(
    value: LabelsLike,
    argument: str,
    *,
    header: bool | None = None,
    rows: int | None = None,
    id: Id = None,
) -> NDArray[Any]:
    """Read numbers, as of a target: an array of any shape, from an array or one of the file types.

    `header` and `id` as of `open_features`; the `rows` that there should be may settle the first.
    """
    layout = Layout(header, rows, id=column_of_ids(id, argument))
    return check.numeric(_whole(value, argument, layout), argument)


def read_labels(
    value: LabelsLike,
    argument: str = "y",
    *,
    header: bool | None = None,
    rows: int | None = None,
    id: Id = None,
) -> NDArray[Any]:
    """Read labels as `read_array`; they may be text, which are classes."""
    layout = Layout(header, rows, text=True, id=column_of_ids(id, argument))
    return check.label_array(_whole(value, argument, layout), argument)


def _whole(value: Any, argument: str, layout: Layout) -> Any:
    if isinstance(value, (str, Path)):
        data: Any = open_array(value, argument, layout)
    else:
        data = _without_ids(value, argument, layout)
        if not check.is_dataset(value) or isinstance(data, np.ndarray):
            return data
    if not data.shape:
        raise InputError(argument, f"{value} holds a single number; one row an example is needed")
    return data[: data.shape[0]]


def paired_chunks(
    weak: Source, strong: Source, size: int, rows: range | None = None
) -> Iterator[dict[str, NDArray[Any]]]:
    """Read two sources side by side, `size` rows at a time; all rows, or a range of them."""
    rows = range(weak.rows) if rows is None else rows
    for start in range(rows.start, rows.stop, size):
        stop = min(start + size, rows.stop)
        yield {"weak": weak.chunk(start, stop), "strong": strong.chunk(start, stop)}
