"""Additive second-order statistics of rows z = [weak | strong | label].

`Moments` is a frozen value: count, mean and centred scatter Σ(z−z̄)(z−z̄)ᵀ. Two of them merge
with ``+`` and separate with ``-`` by the centred update, and a linear map acts with ``push``, so
whatever is linear in the rows (pseudo-labelling, principal components, sketches, squared error)
is computed from them without the rows. `reduce` turns a stream of chunks into one.

The price is a squared condition number; `Moments.spectrum` cuts at the one documented cutoff.
"""

import functools
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk

from w2slens import _check
from w2slens._errors import InputError
from w2slens._files import load_arrays, loading, save_arrays
from w2slens._linalg import (
    ARITHMETIC_ROUNDING,
    EPS64,
    Array,
    Solver,
    Spectrum,
    psd_solver,
    spectrum,
)

Blocks = tuple[tuple[str, int], ...]
Chunk = Mapping[str, NDArray[Any]]

PANEL_ROWS = 512
"""Rows converted to float64 at a time: large enough for BLAS, small enough to stay in cache."""

MIRROR = 128
"""Columns mirrored at a time when the lower triangle of a scatter is copied to the upper."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean and centred scatter of rows made of named blocks of coordinates.

    Attributes
    ----------
    blocks
        ``((name, width), …)`` in the order of the coordinates; p is the sum of the widths.
    count
        Number of rows.
    mean
        (p,) mean of the rows.
    scatter
        (p, p) Σ(z−z̄)(z−z̄)ᵀ, not divided by the count.
    precision
        Machine epsilon of the coarsest type that each block came in, in the order of the blocks;
        enters the rank cutoff of that block. Default: float64 for all.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((50, 3))
    >>> first, last = Moments.from_rows(weak=rows[:20]), Moments.from_rows(weak=rows[20:])
    >>> whole = first + last
    >>> bool(np.allclose(whole.covariance("weak"), np.cov(rows.T, bias=True)))
    True
    >>> (whole - last).count
    20
    """

    blocks: Blocks
    count: int
    mean: Array
    scatter: Array
    precision: tuple[float, ...] = ()
    _spectra: dict[str, Spectrum] = field(default_factory=dict, repr=False, compare=False)
    _solvers: dict[tuple[str, float], Solver] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def zero(cls, blocks: Blocks) -> "Moments":
        """Return the moments of no rows: the neutral element of ``+``."""
        p = sum(width for _, width in blocks)
        return cls(blocks, 0, np.zeros(p), np.zeros((p, p)))

    @classmethod
    def from_rows(cls, **rows: NDArray[Any]) -> "Moments":
        """Summarise arrays (rows, width), one a block, named by keyword."""
        running = Accumulator()
        running.add(rows)
        return running.result()

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each block lies among the p coordinates."""
        ends = np.cumsum([0, *(width for _, width in self.blocks)])
        return {
            name: slice(int(ends[i]), int(ends[i + 1])) for i, (name, _) in enumerate(self.blocks)
        }

    def width(self, name: str) -> int:
        """Return the number of coordinates of a block."""
        return dict(self.blocks)[name]

    def rounding(self, name: str) -> float:
        """Return the machine epsilon of the coarsest type that a block came in."""
        names = [block for block, _ in self.blocks]
        return self.precision[names.index(name)] if self.precision else EPS64

    def centre(self, name: str) -> Array:
        """Return the mean of a block, (width,)."""
        return self.mean[self.slices[name]]

    def cross(self, left: str, right: str) -> Array:
        """Return the centred scatter between two blocks, (width_left, width_right)."""
        return self.scatter[self.slices[left], self.slices[right]]

    def covariance(self, left: str, right: str | None = None) -> Array:
        """Scatter divided by the count (the population convention, not count − 1)."""
        return self.cross(left, right or left) / self.count

    def raw(self, name: str) -> Array:
        """Return the sums of squares of a block's columns before centring, (width,)."""
        return np.diag(self.cross(name, name)) + self.count * self.centre(name) ** 2

    def spectrum(self, name: str) -> Spectrum:
        """Return the eigenpairs of a block's scatter and its rank; computed once."""
        if name not in self._spectra:
            gram = self.cross(name, name)
            self._spectra[name] = spectrum(gram, self.raw(name), self.rounding(name))
        return self._spectra[name]

    def solver(self, name: str, ridge: float = 0.0) -> Solver:
        """Return ``right ↦ (scatter + count·ridge·I)⁺ right`` for a block; factored once."""
        key = (name, ridge)
        if key not in self._solvers:
            gram, shift = self.cross(name, name), self.count * ridge
            self._solvers[key] = psd_solver(gram, shift, self.raw(name), self.rounding(name))
        return self._solvers[key]

    def require_variation(self, name: str) -> None:
        """Refuse a block that is constant, or varies by no more than its rounding."""
        if self.spectrum(name).rank == 0:
            spread = np.sqrt(np.diag(self.cross(name, name)) / max(self.count, 1))
            still = spread <= ARITHMETIC_ROUNDING * np.abs(self.centre(name))
            (_check.refuse_constant if still.all() else _check.refuse_rounding)(name)

    def select(self, *names: str) -> "Moments":
        """Keep the named blocks only, in the order given."""
        index = np.concatenate([np.arange(len(self.mean))[self.slices[name]] for name in names])
        blocks = tuple((name, self.width(name)) for name in names)
        scatter = self.scatter[np.ix_(index, index)]
        precision = tuple(self.rounding(name) for name in names)
        return Moments(blocks, self.count, self.mean[index], scatter, precision)

    def push(self, maps: Mapping[str, Array]) -> "Moments":
        """Map blocks linearly: rows z become T z, the scatter T · scatter · Tᵀ.

        Parameters
        ----------
        maps
            Block name → T (new width, old width). Blocks that are not named stay as they are.

        Returns
        -------
        Moments of the mapped rows.
        """
        for name, T in maps.items():
            if name not in self.slices or np.shape(T)[1:] != (self.width(name),):
                raise InputError(
                    "maps", f"{name!r} has shape {np.shape(T)}; blocks are {dict(self.blocks)}"
                )
        scatter, means, blocks = self.scatter, [], []
        left = []
        for name, width in self.blocks:
            part, centre = scatter[self.slices[name]], self.centre(name)
            left.append(maps[name] @ part if name in maps else part)
            means.append(maps[name] @ centre if name in maps else centre)
            blocks.append((name, len(maps[name]) if name in maps else width))
        half = np.concatenate(left)
        columns = []
        for name, _ in self.blocks:
            part = half[:, self.slices[name]]
            columns.append(part @ maps[name].T if name in maps else part)
        return Moments(
            tuple(blocks),
            self.count,
            np.concatenate(means),
            np.concatenate(columns, axis=1),
            self.precision,
        )

    def _matching(self, other: "Moments") -> None:
        if self.blocks != other.blocks:
            raise InputError("moments", f"blocks differ: {self.blocks} and {other.blocks}")

    def __add__(self, other: "Moments") -> "Moments":
        if not isinstance(other, Moments):
            return NotImplemented
        self._matching(other)
        if self.count == 0 or other.count == 0:
            return self if other.count == 0 else other
        n, m = self.count, other.count
        step = other.mean - self.mean
        scatter = self.scatter + other.scatter
        scatter += np.multiply.outer(step * (n * m / (n + m)), step)
        mean = self.mean + step * (m / (n + m))
        pairs = ((self.rounding(name), other.rounding(name)) for name, _ in self.blocks)
        precision = tuple(map(max, pairs))
        return Moments(self.blocks, n + m, mean, scatter, precision)

    def __radd__(self, other: int) -> "Moments":
        """Let ``sum`` start from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __sub__(self, other: "Moments") -> "Moments":
        if not isinstance(other, Moments):
            return NotImplemented
        self._matching(other)
        if other.count > self.count:
            raise InputError(
                "moments", f"cannot remove {other.count:,} rows from {self.count:,} rows"
            )
        rest = self.count - other.count
        if rest == 0:
            return Moments.zero(self.blocks)
        if other.count == 0:
            return self
        mean = self.mean + (self.mean - other.mean) * (other.count / rest)
        step = other.mean - mean
        scatter = self.scatter - other.scatter
        scatter -= np.multiply.outer(step * (rest * other.count / self.count), step)
        return Moments(self.blocks, rest, mean, scatter, self.precision)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the moments as plain arrays (.npz, never a pickle)."""
        save_arrays(
            path,
            {
                "names": np.array([name for name, _ in self.blocks]),
                "widths": np.array([width for _, width in self.blocks]),
                "count": np.array(self.count),
                "mean": self.mean,
                "scatter": self.scatter,
                "precision": np.array(self.precision),
            },
            overwrite=overwrite,
        )

    @classmethod
    def load(cls, path: str | Path) -> "Moments":
        """Read what `save` wrote."""
        keys = ("names", "widths", "count", "mean", "scatter", "precision")
        names, widths, count, mean, scatter, precision = load_arrays(path, keys)
        with loading(path):
            blocks = tuple((str(n), int(w)) for n, w in zip(names, widths, strict=True))
            p = sum(width for _, width in blocks)
            if mean.shape != (p,) or scatter.shape != (p, p) or int(count) < 0:
                raise ValueError(f"blocks of {p} coordinates, a scatter of shape {scatter.shape}")
            _check.finite(mean, "mean")
            _check.finite(scatter, "scatter")
            coarsest = np.broadcast_to(precision, len(blocks)) if precision.size else ()
            return cls(blocks, int(count), mean, scatter, tuple(map(float, coarsest)))


class Accumulator:
    """The running moments of a stream of chunks, updated in place panel by panel.

    A panel is centred on its own mean; one further row, √(nm/(n+m)) times the step between the
    running mean and the panel's, carries the correction into the same rank-k update.
    """

    def __init__(self) -> None:
        self._blocks: Blocks = ()
        self._count = 0
        self._precision: dict[str, float] = {}

    def add(self, chunk: Chunk) -> None:
        """Add the rows of a chunk: block name → (rows, width), of any real type."""
        rows = {name: _check.numeric(part, name) for name, part in chunk.items()}
        for name, part in rows.items():
            _check.matrix_shape(part.shape, name)
        length = _check.same_rows({name: len(part) for name, part in rows.items()})
        blocks = tuple((name, part.shape[1]) for name, part in rows.items())
        if not self._blocks:
            self._start(blocks)
        elif blocks != self._blocks:
            raise InputError("chunk", f"has blocks {blocks}; the first chunk had {self._blocks}")
        for name, part in rows.items():
            eps = float(np.finfo(part.dtype).eps) if part.dtype.kind == "f" else EPS64
            self._precision[name] = max(self._precision.get(name, EPS64), eps)
        first_row = self._count
        for start in range(0, length, PANEL_ROWS):
            panel = {name: part[start : start + PANEL_ROWS] for name, part in rows.items()}
            if not self._panel(panel):
                for name, part in rows.items():
                    _check.finite(part, name, first_row)

    @property
    def count(self) -> int:
        """Number of rows added so far."""
        return self._count

    def _start(self, blocks: Blocks) -> None:
        p = sum(width for _, width in blocks)
        self._blocks = blocks
        self._mean = np.zeros(p)
        self._scatter = np.zeros((p, p), order="F")
        self._buffer = np.empty((PANEL_ROWS + 1, p))

    def _panel(self, panel: Chunk) -> bool:
        """Add a panel; False, with nothing added, where it is not finite."""
        m, n = len(next(iter(panel.values()))), self._count
        rows, begin = self._buffer[: m + 1], 0
        for block in panel.values():
            end = begin + block.shape[1]
            rows[:m, begin:end] = block
            begin = end
        mean = rows[:m].mean(axis=0)
        if not np.isfinite(mean).all():
            return False
        rows[:m] -= mean
        step = mean - self._mean
        rows[m] = step * np.sqrt(n * m / (n + m))
        self._scatter = dsyrk(1.0, rows.T, beta=1.0, c=self._scatter, lower=1, overwrite_c=1)
        self._mean += step * (m / (n + m))
        self._count += m
        return True

    def result(self) -> Moments:
        """Return the moments of all rows added so far."""
        scatter = self._scatter.copy(order="F")
        for start in range(0, len(scatter), MIRROR):
            some, below = slice(start, start + MIRROR), slice(start + MIRROR, None)
            corner = np.tril(scatter[some, some])
            scatter[some, some] = corner + np.tril(corner, -1).T
            scatter[some, below] = scatter[below, some].T
        if not np.isfinite(np.diag(scatter)).all():
            self._refuse_overflow(scatter)
        precision = tuple(self._precision[name] for name, _ in self._blocks)
        return Moments(self._blocks, self._count, self._mean.copy(), scatter, precision)

    def _refuse_overflow(self, scatter: Array) -> None:
        for name, where in Moments.zero(self._blocks).slices.items():
            if not np.isfinite(np.diag(scatter)[where]).all():
                raise InputError(
                    name, "holds numbers so large that their squares overflow; scale it"
                )


def total(parts: Sequence[Moments]) -> Moments:
    """Merge the moments of disjoint rows, at least one."""
    if not parts:
        raise InputError("parts", "is empty; the moments of at least one block of rows are needed")
    return functools.reduce(operator.add, parts)


def reduce(chunks: Iterable[Chunk], *, threads: int = 1) -> Moments:
    """Sum the moments of a stream of chunks; the same digits for any number of threads > 1.

    Parameters
    ----------
    chunks
        Mappings block name → (rows, width); any sizes.
    threads
        1 accumulates in place and leaves the cores to BLAS. More summarise whole chunks side by
        side (useful where BLAS runs on one thread) and merge them in order; at most two chunks a
        thread are held at once.

    Returns
    -------
    Moments of all rows.
    """
    if _check.whole(threads, "threads") > 1:
        return functools.reduce(operator.add, _in_order(chunks, threads))
    running = Accumulator()
    for chunk in chunks:
        running.add(chunk)
    if not running.count:
        raise InputError("chunks", "hold no rows")
    return running.result()


def _in_order(chunks: Iterable[Chunk], threads: int) -> Iterator[Moments]:
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Moments]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(lambda rows: Moments.from_rows(**rows), chunk))
            if len(pending) >= 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
