"""Where data enters: files and arrays → validated matrices, whole or in chunks.

A `Source` knows its shape before its rows are read. `.npy` is memory-mapped and Parquet, Zarr and
safetensors are read slice by slice, so that `chunks` never holds the whole file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Index
from w2slens.features.readers import Layout, Sliceable, open_array


@dataclass(frozen=True, eq=False)
class Source:
    """A feature matrix that may still be on disk."""

    argument: str  # the name by which errors call it
    data: Sliceable  # array-like of shape (rows, coordinates); slices of it are read when taken
    path: str | None = None  # of the file, with a key as it was named; None of an array

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.data.shape[0])

    @property
    def coordinates(self) -> int:
        """Number of columns."""
        return int(self.data.shape[1])

    def chunk(self, start: int, stop: int) -> NDArray[Any]:
        """Read and validate the rows from `start` up to `stop`."""
        return self._valid(self._fresh()[start:stop])

    def take(self, index: Index) -> NDArray[Any]:
        """Read and validate rows by their numbers (ascending), near to one another."""
        data = self._fresh()
        if isinstance(data, np.ndarray):
            return self._valid(data[index])
        first, last = int(index[0]), int(index[-1])
        return self.chunk(first, last + 1)[index - first]

    def _valid(self, read: Any) -> NDArray[Any]:
        rows: NDArray[Any] = check.numeric(read, self.argument)
        if not check.all_finite(rows):
            check.refuse_infinite(check.pieces(self.data), self.argument)
        return rows

    def _fresh(self) -> Any:
        """Map a file anew: what was read of it leaves this process's memory with the map."""
        data = self.data
        if not (self.path and isinstance(data, np.memmap) and data.flags.c_contiguous):
            return data
        return np.memmap(str(data.filename), data.dtype, "r", shape=data.shape, offset=data.offset)

    def read(self) -> NDArray[Any]:
        """Read the whole matrix once, in its own type, and validate it."""
        return check.features(self.data[: self.rows], self.argument)


def open_features(
    value: "ArrayLike | str | Path | Source", argument: str, *, header: bool | None = None
) -> Source:
    """Open a feature matrix (rows, coordinates): an array, or a file of one of the types.

    These are .npy, .npz (``file.npz:key``, or of scipy.sparse), .parquet, .csv and .tsv
    (``file.csv:w0,w1`` or ``file.csv:w*`` for some columns), and with extras .zarr and
    .safetensors. `header` says whether a first line that may be either names the columns. Sparse
    matrices are made dense as they are read.
    """
    if isinstance(value, Source):
        return value
    data: Any
    if isinstance(value, (str, Path)):
        data = open_array(value, argument, Layout(header))
    elif check.is_sparse(value):
        data = check.densified(value, argument)
    else:
        data = check.numeric(value, argument)
    check.matrix_shape(data.shape, argument)
    return Source(argument, data, str(value) if isinstance(value, (str, Path)) else None)


def read_array(
    value: ArrayLike | str | Path,
    argument: str,
    *,
    header: bool | None = None,
    rows: int | None = None,
) -> NDArray[Any]:
    """Read numbers, as of a target: an array of any shape, from an array or one of the file types.

    `header` as of `open_features`; the `rows` that there should be may settle it.
    """
    if not isinstance(value, (str, Path)):
        return check.numeric(value, argument)
    return check.numeric(_whole(value, argument, Layout(header, rows)), argument)


def read_labels(
    value: ArrayLike | str | Path,
    argument: str = "y",
    *,
    header: bool | None = None,
    rows: int | None = None,
) -> NDArray[Any]:
    """Read labels as `read_array`; they may be text, which are classes."""
    if isinstance(value, (str, Path)):
        value = _whole(value, argument, Layout(header, rows, text=True))
    return check.label_array(value, argument)


def _whole(value: str | Path, argument: str, layout: Layout) -> Any:
    data = open_array(value, argument, layout)
    if not data.shape:
        raise InputError(argument, f"{value} holds a single number; one row an example is needed")
    return data[: data.shape[0]]


def paired_chunks(weak: Source, strong: Source, size: int) -> Iterator[dict[str, NDArray[Any]]]:
    """Read two sources side by side, `size` rows at a time."""
    for start in range(0, weak.rows, size):
        stop = min(start + size, weak.rows)
        yield {"weak": weak.chunk(start, stop), "strong": strong.chunk(start, stop)}
