"""`Moments`: count, mean and centred scatter of rows, a value with ``+``, ``-`` and ``push``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.atomic import load_arrays, loading, save_arrays
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments.accumulate import Accumulator, Blocks, Sums
from w2slens.moments.products import product
from w2slens.moments.saved import SAVED, to_arrays, to_sums
from w2slens.moments.solve import Solver, psd_solver
from w2slens.moments.spectrum import ARITHMETIC_ROUNDING, EPS64, Spectrum, spectrum


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
    # Factors are made once; a changed copy (`dataclasses.replace`) must make its own.
    _spectra: dict[str, Spectrum] = field(default_factory=dict, init=False, repr=False)
    _solvers: dict[tuple[str, float], Solver] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.precision:
            object.__setattr__(self, "precision", (EPS64,) * len(self.blocks))

    @classmethod
    def zero(cls, blocks: Blocks) -> Moments:
        """Return the moments of no rows: the neutral element of ``+``."""
        p = sum(width for _, width in blocks)
        return cls(blocks, 0, np.zeros(p), np.zeros((p, p)))

    @classmethod
    def from_rows(cls, **rows: NDArray[Any]) -> Moments:
        """Summarise arrays (rows, width), one a block, named by keyword."""
        running = Accumulator()
        running.add(rows)
        return cls.of(running, last=True)

    @classmethod
    def of(cls, running: Accumulator, *, last: bool = False) -> Moments:
        """Take what an accumulator has summed: a copy, or the `last` that it gives."""
        return cls(*running.sums(last=last))

    @property
    def sums(self) -> Sums:
        """The fields, as an accumulator gives and takes them."""
        return self.blocks, self.count, self.mean, self.scatter, self.precision

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each block lies among the p coordinates."""
        ends = accumulate((width for _, width in self.blocks), initial=0)
        return {name: slice(*at) for (name, _), at in zip(self.blocks, pairwise(ends), strict=True)}

    def width(self, name: str) -> int:
        """Return the number of coordinates of a block."""
        return dict(self.blocks)[name]

    def rounding(self, name: str) -> float:
        """Return the machine epsilon of the coarsest type that a block came in."""
        return self.precision[list(self.slices).index(name)]

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
            gram, most = self.cross(name, name), self.count - 1
            self._spectra[name] = spectrum(gram, self.raw(name), self.rounding(name), most)
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
        if self.spectrum(name).rank:
            return
        spread = np.sqrt(np.diag(self.cross(name, name)) / max(self.count, 1))
        if (spread <= ARITHMETIC_ROUNDING * np.abs(self.centre(name))).all():
            check.refuse_constant(name)
        raise InputError(
            name,
            "has no column that varies by more than the rounding of its values; subtract the "
            "column means before storing it, scale it, or store it in a wider type",
        )

    def select(self, *names: str) -> Moments:
        """Keep the named blocks only, in the order given; neighbours in their order are a view."""
        blocks = tuple((name, self.width(name)) for name in names)
        precision = tuple(self.rounding(name) for name in names)
        places = [self.slices[name] for name in names]
        if all(one.stop == other.start for one, other in pairwise(places)):
            some = slice(places[0].start, places[-1].stop)
            return Moments(blocks, self.count, self.mean[some], self.scatter[some, some], precision)
        index = np.concatenate([np.arange(len(self.mean))[place] for place in places])
        scatter = self.scatter[np.ix_(index, index)]
        return Moments(blocks, self.count, self.mean[index], scatter, precision)

    def push(self, maps: Mapping[str, Array]) -> Moments:
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
                shapes = f"{name!r} has shape {np.shape(T)}; blocks are {dict(self.blocks)}"
                raise InputError("maps", shapes)

        def mapped(rows: Array) -> Array:
            parts = {name: rows[where] for name, where in self.slices.items()}
            parts.update({name: product(T, parts[name]) for name, T in maps.items()})
            return np.concatenate(list(parts.values()))

        blocks = tuple((k, len(maps[k]) if k in maps else width) for k, width in self.blocks)
        scatter = mapped(mapped(self.scatter).T)  # T·(T·scatter)ᵀ, the scatter being symmetric
        mean = mapped(self.mean[:, None])[:, 0]
        return Moments(blocks, self.count, mean, scatter, self.precision)

    def _matching(self, other: Moments) -> None:
        if self.blocks != other.blocks:
            raise InputError("moments", f"blocks differ: {self.blocks} and {other.blocks}")

    def __add__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        self._matching(other)
        if self.count == 0 or other.count == 0:
            return self if other.count == 0 else other
        n, m, step = self.count, other.count, other.mean - self.mean
        scatter = self.scatter + other.scatter
        scatter += np.multiply.outer(step * (n * m / (n + m)), step)
        precision = tuple(map(max, self.precision, other.precision))
        return Moments(self.blocks, n + m, self.mean + step * (m / (n + m)), scatter, precision)

    def __radd__(self, other: int) -> Moments:
        """Let ``sum`` start from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __sub__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        self._matching(other)
        if other.count > self.count:
            raise InputError("moments", f"cannot remove {other.count:,} rows from {self.count:,}")
        rest = self.count - other.count
        if rest == 0 or other.count == 0:
            return self if rest else Moments.zero(self.blocks)
        mean = self.mean + (self.mean - other.mean) * (other.count / rest)
        step = other.mean - mean
        scatter = self.scatter - other.scatter
        scatter -= np.multiply.outer(step * (rest * other.count / self.count), step)
        return Moments(self.blocks, rest, mean, scatter, self.precision)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the moments as plain arrays by name, for a file; (p,) means, (p, p) scatter."""
        return to_arrays(self.sums)

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Moments:
        """Take what `arrays` gave; ValueError where it is nothing of the kind."""
        return cls(*to_sums(arrays))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the moments as plain arrays (.npz, never a pickle)."""
        save_arrays(path, self.arrays(), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Moments:
        """Read what `save` wrote."""
        found = dict(zip(SAVED, load_arrays(path, SAVED), strict=True))
        with loading(path):
            return cls.of_arrays(found)


def factored(moments: Moments, name: str, eigen: Spectrum) -> Moments:
    """Give a block the spectrum that moments of the same rows, beside other blocks, had for it."""
    known = replace(moments)
    known._spectra.update({**moments._spectra, name: eigen})
    return known
