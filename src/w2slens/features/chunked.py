"""Zarr arrays, on disk or behind a URL, read chunk by chunk."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.check import plural
from w2slens._core.errors import InputError, MissingExtraError, first_line, needing
from w2slens.features.address import one_of
from w2slens.features.guarded import pickled


class Chunks:
    """An array of which a chunk that goes is missed: Zarr reads the fill value in its place."""

    def __init__(self, array: Any) -> None:
        self._array, self.shape = array, tuple(array.shape)
        self._there = array.nchunks_initialized

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        try:
            found = np.asarray(self._array[rows])
        except (MemoryError, OSError):  # not of some rows, or slow to fail again
            raise
        except Exception as error:
            row = self._first_broken(*rows.indices(self.shape[0])[:2])
            raise ValueError(f"at row {row}, counted from 0: {first_line(error)}") from None
        if self._filled(found.reshape(len(found), -1)):
            gone = self._there - self._array.nchunks_initialized
            if gone > 0:
                raise ValueError(f"{plural(gone, 'chunk')} of it went since it was opened")
        return found

    def _first_broken(self, low: int, high: int) -> int:
        """Find the first row that cannot be read, of a range in which there is one."""
        while high - low > 1:
            middle = (low + high) // 2
            try:
                self._array[low:middle]
            except Exception:
                high = middle
            else:
                low = middle
        return low

    def _filled(self, rows: NDArray[Any]) -> bool:
        """Whether a row holds nothing but the fill value."""
        fill = self._array.fill_value
        for kept in (slice(1), slice(None)):  # few rows begin with it
            some = rows[:, kept]
            same = np.isnan(some) if fill != fill else some == fill
            rows = rows[same.all(axis=1)]
        return len(rows) > 0

    def note_missing(self, where: str, argument: str) -> None:
        """Warn of chunks that were never written, or went before."""
        missing = self._array.nchunks - self._there
        if missing > 0:
            total, fill = plural(self._array.nchunks, "chunk"), self._array.fill_value
            lacks = f"lacks {missing:,} of its {total}, read as {fill}"
            warnings.warn(f"{argument}: {where} {lacks}", stacklevel=6)


def open_chunked(where: str, key: str | None, argument: str, but: str | None) -> Any:
    """Open the array that a store is, the one that is named, or the only one besides the ids."""
    path = Path(where)  # of a URL it tells the name alone
    with needing("zarr", f"reading {path.name}", extra="zarr"):
        import zarr
    with _reaching(where):
        node = zarr.open(where, mode="r")
    if isinstance(node, zarr.Array) and key is not None:
        raise InputError(argument, f"{path.name} is a single array; it has none named {key!r}")
    if not isinstance(node, zarr.Array) and key is not None and key in node:
        node = node[key]
    if not isinstance(node, zarr.Array):
        node = node[one_of(sorted(node.array_keys()), key, path, argument, but)]
    if _unpickles(node):
        raise pickled(where, argument)
    found = Chunks(node)
    found.note_missing(where, argument)
    return found


@contextmanager
def _reaching(where: str) -> Iterator[None]:
    """Name the package that fsspec lacks for URLs of this kind, or fsspec itself."""
    try:
        yield
    except ImportError as error:
        missing = getattr(error.__cause__, "name", None) or error.name or "fsspec"
        package, _, _ = missing.partition(".")
        raise MissingExtraError(package, None, f"reading {where}") from None


def _unpickles(array: Any) -> bool:
    """Whether a codec of the array unpickles what it reads, as that of Zarr v2 for objects does."""
    described = array.metadata.to_dict()
    codecs = [described.get(name) for name in ("filters", "compressor", "codecs")]
    return "pickle" in json.dumps(codecs, default=str)
