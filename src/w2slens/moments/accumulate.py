"""The running moments of a stream of chunks."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyr, dsyrk

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments.products import mirrored
from w2slens.moments.spectrum import EPS64

Blocks = tuple[tuple[str, int], ...]
Chunk = Mapping[str, NDArray[Any]]

Sums = tuple[Blocks, int, Array, Array, tuple[float, ...]]
"""The fields of `w2slens.Moments`: blocks, count, mean, scatter, precision."""

PANEL_ROWS = 512
"""Rows converted to float64 at a time: large enough for BLAS, small enough to stay in cache."""

STILL = 1e-10
"""A column that varies by no more than this share of its mean is averaged in two steps."""


def centre(rows: NDArray[Any]) -> Array:
    """(p,) mean of rows (m, p) in float64, a constant column's too.

    A sum over rows drifts by m/2 roundings at most, which would pass for variation of a column that
    has none; so there the mean of what it leaves is added.
    """
    mean = np.asarray(rows.mean(axis=0, dtype=np.float64))
    some = rows[:: max(len(rows) // 2, 1)]
    with np.errstate(invalid="ignore"):  # rows that are not finite are refused by who asks
        still = (np.abs(some - mean) <= STILL * np.abs(mean)).all(axis=0)
    if still.any():
        mean[still] += (rows[:, still] - mean[still]).mean(axis=0)
    return mean


class Accumulator:
    """The running moments of a stream of chunks, updated in place panel by panel.

    A panel is centred on its own mean; one further row, √(nm/(n+m)) times the step between the
    running mean and the panel's, carries the correction into the same rank-k update.
    """

    def __init__(self, panel: Array | None = None) -> None:
        """Start with no rows; accumulators that take turns may share a `panel` to work in."""
        self._shared = panel
        self._blocks: Blocks = ()
        self.count = 0  # rows added so far
        self._precision: dict[str, float] = {}

    def add(self, chunk: Chunk) -> None:
        """Add the rows of a chunk: block name → (rows, width), of any real type."""
        rows = {name: check.numeric(part, name) for name, part in chunk.items()}
        for name, part in rows.items():
            check.matrix_shape(part.shape, name)
        length = check.same_rows({name: len(part) for name, part in rows.items()})
        blocks = tuple((name, part.shape[1]) for name, part in rows.items())
        if not self._blocks:
            self._begin(blocks)
        elif blocks != self._blocks:
            raise InputError("chunk", f"has blocks {blocks}; the first chunk had {self._blocks}")
        for name, part in rows.items():
            eps = float(np.finfo(part.dtype).eps) if part.dtype.kind == "f" else EPS64
            self._precision[name] = max(self._precision.get(name, EPS64), eps)
        first_row = self.count
        for start in range(0, length, PANEL_ROWS):
            panel = {name: part[start : start + PANEL_ROWS] for name, part in rows.items()}
            if not self._panel(panel):
                for name, part in rows.items():
                    check.finite(part, name, first_row)

    def _begin(self, blocks: Blocks) -> None:
        self._blocks, p = blocks, sum(width for _, width in blocks)
        self._mean = np.zeros(p)
        self._scatter = np.zeros((p, p), order="F")
        self._buffer = np.empty((PANEL_ROWS + 1, p)) if self._shared is None else self._shared

    def _panel(self, panel: Chunk) -> bool:
        """Add a panel; False, with nothing added, where it is not finite."""
        m, n = len(next(iter(panel.values()))), self.count
        rows = self._buffer[: m + 1]
        np.concatenate(list(panel.values()), axis=1, out=rows[:m], casting="unsafe")
        mean = centre(rows[:m])
        if not np.isfinite(mean).all():
            return False
        rows[:m] -= mean
        step = mean - self._mean
        rows[m] = step * np.sqrt(n * m / (n + m))
        self._scatter = dsyrk(1.0, rows.T, beta=1.0, c=self._scatter, lower=1, overwrite_c=1)
        self._mean += step * (m / (n + m))
        self.count += m
        return True

    def merge(
        self, blocks: Blocks, count: int, mean: Array, lower: Array, eps: Iterable[float]
    ) -> None:
        """Add the sums of other rows; the upper triangle of their scatter is not looked at."""
        if not self._blocks:
            self._begin(blocks)
        n, step = self.count, mean - self._mean
        self._scatter += lower
        self._scatter = dsyr(n * count / (n + count), step, lower=1, a=self._scatter, overwrite_a=1)
        self._mean += step * (count / (n + count))
        self.count += count
        for (name, _), one in zip(blocks, eps, strict=True):
            self._precision[name] = max(self._precision.get(name, EPS64), float(one))

    @property
    def centre(self) -> Array:
        """(p,) mean of the rows added so far."""
        return self._mean

    @property
    def lower(self) -> Array:
        """(p, p) scatter of the rows added so far, in the lower triangle."""
        return self._scatter

    @property
    def precision(self) -> tuple[float, ...]:
        """Machine epsilon of the coarsest type of each block."""
        return tuple(self._precision[name] for name, _ in self._blocks)

    @property
    def blocks(self) -> Blocks:
        """Names and widths of the blocks."""
        return self._blocks

    def sums(self, *, last: bool = False) -> Sums:
        """Return the statistics of all rows added so far; the `last` ones are not copied."""
        own = self._scatter if last else self._scatter.copy(order="F")
        scatter, mean = mirrored(own), self._mean if last else self._mean.copy()
        self._refuse_overflow(np.diag(scatter))
        if last:
            del self._scatter, self._mean
        return self._blocks, self.count, mean, scatter, self.precision

    def _refuse_overflow(self, squares: Array) -> None:
        if np.isfinite(squares).all():
            return
        ends = np.cumsum([width for _, width in self._blocks])
        for (name, _), own in zip(self._blocks, np.split(squares, ends[:-1]), strict=True):
            if not np.isfinite(own).all():
                too_large = "holds numbers so large that their squares overflow; scale it"
                raise InputError(name, too_large)
