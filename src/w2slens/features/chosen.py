"""Rows of a file, chosen by their numbers and read part by part whenever they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Index
from w2slens.features.ondisk import STEP_BYTES, OnDisk


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some rows of a matrix on disk, in an order of their own, in place of an array."""

    side: OnDisk
    index: Index  # (m,) their numbers

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and coordinates."""
        return len(self.index), self.side.shape[1]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.index)

    def __getitem__(self, places: slice | Index) -> "Chosen":
        """Choose among them."""
        return Chosen(self.side, self.index[places])

    def parts(self) -> Iterator[tuple[Index, NDArray[Any]]]:
        """Go through them once, in the order of the file: their places, and the rows."""
        order = np.argsort(self.index, kind="stable")
        size = max(STEP_BYTES // (8 * self.shape[1]), 1)
        for start in range(0, len(order), size):
            places = order[start : start + size]
            yield places, self.side[self.index[places]]


Parts = Iterator[tuple[slice | Index, NDArray[Any]]]


def parts(rows: NDArray[Any] | Chosen) -> Parts:
    """Go through rows: an array is one part."""
    if isinstance(rows, Chosen):
        yield from rows.parts()
    else:
        yield slice(None), rows
