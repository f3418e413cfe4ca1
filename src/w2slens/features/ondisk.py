"""Rows that stay where they are and are read when they are indexed, as those of an array are."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.machine import memory
from w2slens._core.types import Array, Index
from w2slens.features.reading import Source
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.products import product

if TYPE_CHECKING:
    from w2slens.features.order import Order

Stream = Literal["auto", "yes", "no"]
STREAMS = get_args(Stream)
"""Whether features stay on disk: where they are large, always, never."""

CHUNK_BYTES = 2**27
"""Bytes of features that are read at a time."""

STEP_BYTES = 2**25
"""Bytes that are read at a time where rows are picked out of a file."""

HELD_BYTES = 2**28
"""Most bytes of picked rows that are in memory at a time."""

LARGE = 0.25
"""Share of the memory from which on features are too large to be read into it."""

LOG = logging.getLogger("w2slens")


def too_large(sources: Iterable[Source]) -> bool:
    """Whether files of features would take too much of the memory; arrays are in it already."""
    files = (one for one in sources if not in_memory(one.data))
    size = sum(one.rows * one.coordinates * one.chunk(0, 1).dtype.itemsize for one in files)
    return size > LARGE * memory()


def taken(
    sources: Mapping[str, Source], stream: Stream, order: "Order | None" = None
) -> dict[str, Any]:
    """Read matrices, or leave them all on disk: with ``"yes"``, or ``"auto"`` where they are large.

    Rows are put into an order, if one is given; those that stay on disk must be in it.

    Returns
    -------
    dict
        Name → an array, or an `OnDisk` in place of it.
    """
    check.choice(stream, "stream", STREAMS)
    apart = stream == "yes" or (stream == "auto" and too_large(sources.values()))
    if apart and stream == "auto":
        LOG.info("Features stay on disk: they would take over a quarter of the memory.")
    return {
        name: _on_disk(one, order) if apart else _read(one, order) for name, one in sources.items()
    }


def _read(source: Source, order: "Order | None") -> NDArray[Any]:
    rows = source.read()
    places = None if order is None or source.ids is None else order.places(source.ids)
    return rows if places is None else rows[places]


def _on_disk(source: Source, order: "Order | None") -> "OnDisk":
    if order is not None and source.ids is not None:
        order.refuse_other(source.ids)
    return OnDisk(replace(source, ids=None))


def chunks(
    sides: "Mapping[str, Matrix]", rows: range | None = None
) -> Iterator[dict[str, NDArray[Any]]]:
    """Go through rows of several sides once, as many at a time as are best read at once.

    All rows, or a range of them.
    """
    rows = range(len(next(iter(sides.values())))) if rows is None else rows
    if not any(isinstance(side, OnDisk) for side in sides.values()):
        yield {name: side[rows.start : rows.stop] for name, side in sides.items()}
        return
    width = sum(side.shape[1] * side.dtype.itemsize for side in sides.values())
    size = max(CHUNK_BYTES // width // PANEL_ROWS, 1) * PANEL_ROWS
    for start in range(rows.start, rows.stop, size):
        stop = min(start + size, rows.stop)
        yield {name: side[start:stop] for name, side in sides.items()}


def after(side: "Matrix", count: int) -> "Matrix":
    """Leave out so many of the first rows."""
    return side.after(count) if isinstance(side, OnDisk) else side[count:]


def gathered(side: "Matrix", wanted: Sequence[Index]) -> Iterator[NDArray[Any]]:
    """Pick sets of rows, each (m,) ascending, of a file in as few passes as memory allows."""
    if not isinstance(side, OnDisk):
        yield from (side[index] for index in wanted)
        return
    most = max(HELD_BYTES // (side.shape[1] * side.dtype.itemsize), 1)
    step = max(most // max(map(len, wanted), default=1), 1)
    for start in range(0, len(wanted), step):
        some = wanted[start : start + step]
        held = side.holding(np.concatenate(some))
        yield from (held[index] for index in some)


def beside(parts: "Sequence[Matrix]") -> "Matrix":
    """Put columns beside one another."""
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, OnDisk) for part in parts):
        first = next(part for part in parts if isinstance(part, OnDisk))
        return OnDisk(Source(first.source.argument, Joined(tuple(parts))))
    return np.concatenate(parts, axis=1)  # type: ignore[arg-type]


def spread(side: "Matrix") -> float:
    """Sum the variances of the columns."""
    if not isinstance(side, OnDisk):
        return float(np.sum(side.var(axis=0, dtype=np.float64)))
    shift, total, squares = side[:1].astype(np.float64), np.zeros(side.shape[1]), 0.0
    for chunk in chunks({"rows": side}):
        for start in range(0, len(chunk["rows"]), PANEL_ROWS):
            rows = chunk["rows"][start : start + PANEL_ROWS] - shift
            total += rows.sum(axis=0)
            squares += float(np.vdot(rows, rows))
    return squares / len(side) - float(np.sum((total / len(side)) ** 2))


def in_memory(data: Any) -> bool:
    """Whether it is an array that no file stands behind."""
    return isinstance(data, np.ndarray) and not isinstance(data, np.memmap)


@dataclass(frozen=True, eq=False)
class OnDisk:
    """A feature matrix on disk in place of an array.

    With `axes` the rows are centred and projected as they are read: principal components. With
    `first` the rows before that one are left out.
    """

    source: Source
    centre: Array | None = None  # (p,)
    axes: Array | None = None  # (p, kept)
    held: "Held | None" = None  # rows that are in memory
    first: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and coordinates."""
        width = self.source.coordinates if self.axes is None else self.axes.shape[1]
        return len(self), width

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the rows."""
        return self[:1].dtype

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.source.rows - self.first

    def after(self, count: int) -> "OnDisk":
        """Leave out so many rows more."""
        return replace(self, first=self.first + count, held=None)

    def __getitem__(self, rows: slice | Index) -> NDArray[Any]:
        """Read a range of rows, or rows by their numbers."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._mapped(self.source.chunk(self.first + start, self.first + stop))
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
        sorted_index, parts = index[order] + self.first, []
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
class Joined:
    """Columns of several matrices of the same rows, one of them on disk at least."""

    parts: "tuple[Matrix, ...]"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and all columns."""
        return len(self.parts[0]), sum(part.shape[1] for part in self.parts)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        """Read a range of rows."""
        return np.concatenate([part[rows] for part in self.parts], axis=1)


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


Matrix = NDArray[Any] | OnDisk
"""Rows in memory or on disk: they are sliced and picked alike."""
