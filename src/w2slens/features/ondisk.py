"""Rows that stay where they are and are read when they are indexed, as those of an array are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.machine import memory
from w2slens._core.types import Array, Index
from w2slens.features.reading import Source
from w2slens.moments.products import product

STEP_BYTES = 2**25
"""Bytes that are read at a time where rows are picked out of a file."""


LARGE = 0.25
"""Share of the memory from which on features are too large to be read into it."""


def too_large(sources: Iterable[Source]) -> bool:
    """Whether files of features would take too much of the memory; arrays are in it already."""
    files = (one for one in sources if not in_memory(one.data))
    size = sum(one.rows * one.coordinates * one.chunk(0, 1).dtype.itemsize for one in files)
    return size > LARGE * memory()


def in_memory(data: Any) -> bool:
    """Whether it is an array that no file stands behind."""
    return isinstance(data, np.ndarray) and not isinstance(data, np.memmap)


@dataclass(frozen=True, eq=False)
class OnDisk:
    """A feature matrix on disk in place of an array.

    With `axes` the rows are centred and projected as they are read: principal components.
    """

    source: Source
    centre: Array | None = None  # (p,)
    axes: Array | None = None  # (p, kept)
    held: "Held | None" = None  # rows that are in memory

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and coordinates."""
        width = self.source.coordinates if self.axes is None else self.axes.shape[1]
        return self.source.rows, width

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows."""
        return self[:1].dtype

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.source.rows

    def __getitem__(self, rows: slice | Index) -> NDArray[Any]:
        """Read a range of rows, or rows by their numbers."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._mapped(self.source.chunk(start, stop))
        if self.held is not None and (known := self.held.find(rows)) is not None:
            return known
        return self._picked(rows)

    def holding(self, index: Index) -> "OnDisk":
        """Read some rows into memory, in one go; they are found there from now on."""
        index = np.unique(index)
        return replace(self, held=Held(index, self._picked(index)))

    def _picked(self, index: Index) -> NDArray[Any]:
        """Read rows by their numbers, going through the file once."""
        order = np.argsort(index, kind="stable")
        sorted_index, parts = index[order], []
        step = max(STEP_BYTES // (8 * self.source.coordinates), 1)
        start = 0
        while start < len(sorted_index):
            first = sorted_index[start]
            stop = int(np.searchsorted(sorted_index, first + step))
            some = sorted_index[start:stop]
            parts.append(self._mapped(self.source.take(some)))
            start = stop
        found = np.concatenate(parts) if parts else self[:0]
        back = np.empty_like(found)
        back[order] = found
        return back

    def _mapped(self, rows: NDArray[Any]) -> NDArray[Any]:
        if self.centre is None or self.axes is None:
            return rows
        return product(rows - self.centre, self.axes)


@dataclass(frozen=True, eq=False)
class Held:
    """Some rows of a matrix in memory."""

    index: Index  # (m,) their numbers, ascending
    rows: NDArray[Any]  # (m, p)

    def find(self, wanted: Index) -> NDArray[Any] | None:
        """Return rows by their numbers in the matrix, if all of them are here."""
        if not len(self.index):
            return None
        places = np.minimum(np.searchsorted(self.index, wanted), len(self.index) - 1)
        return self.rows[places] if np.array_equal(self.index[places], wanted) else None
