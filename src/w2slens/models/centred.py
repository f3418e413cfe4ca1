"""Centred rows of features, factored once by the cheapest way that misses no digit."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments.accumulate import PANEL_ROWS, centre
from w2slens.moments.products import gram, product
from w2slens.moments.spectrum import EPS64, singular, singular_dual, spectrum

EVERY = slice(None)

ROUGH = 1e-4
"""Eigenpairs in float32 do where the smallest eigenvalue is at least this share of the largest."""

WELL = 1e-5
"""The rows are factored by their Gram matrix where its smallest eigenvalue is more than this share
of their mean, and no digit is missed."""


@dataclass(frozen=True, eq=False)
class Centred:
    """Centred rows X̃ of one feature matrix, factored once: ``X̃ = U·diag(s)·Vᵀ``.

    `source`: (n, p) features in the type that they came in; `mean`: (p,) what is subtracted;
    `precision`: machine epsilon of the type.
    """

    source: NDArray[Any]
    mean: Array
    precision: float = EPS64
    shuffled: bool = False
    """Whether the order of the rows is random."""
    known: Array | None = None
    """``X̃ᵀX̃`` (p, p), where it is known before."""

    @classmethod
    def from_rows(
        cls,
        features: NDArray[Any],
        *,
        shuffled: bool = False,
        mean: Array | None = None,
        known: Array | None = None,
    ) -> Self:
        """Centre features (n, p) of any real type, whose mean and scatter may be known."""
        eps = float(np.finfo(features.dtype).eps) if features.dtype.kind == "f" else EPS64
        mean = centre(features) if mean is None else mean
        return cls(features, mean, max(eps, EPS64), shuffled, known)

    @cached_property
    def rows(self) -> Array:
        """(n, p) X̃ in float64."""
        return np.asarray(self.source - self.mean)

    def part(self, some: slice) -> Array:
        """Return some rows of X̃."""
        whole = vars(self).get("rows")
        return np.asarray(self.source[some] - self.mean if whole is None else whole[some])

    def parts(self) -> Iterator[tuple[slice, Array]]:
        """Go through X̃ so many rows at a time that they stay in cache."""
        for start in range(0, self.n, PANEL_ROWS):
            some = slice(start, start + PANEL_ROWS)
            yield some, self.part(some)

    def times(self, right: Array) -> Array:
        """Multiply: ``X̃·right`` (n, k)."""
        return np.concatenate([product(rows, right) for _, rows in self.parts()])

    def back(self, left: Array) -> Array:
        """Multiply: ``X̃ᵀ·left`` (p, k)."""
        return np.asarray(sum(product(rows.T, left[some]) for some, rows in self.parts()))

    def sample(self, most: int) -> slice:
        """Choose about so many rows: of a random order the first, which smaller designs share."""
        if self.n <= most:
            return EVERY
        return slice(most) if self.shuffled else slice(0, None, self.n // most)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.source)

    @cached_property
    def factors(self) -> tuple[Array | None, Array, Array, int]:
        """SVD and rank; without U, which takes a product of all rows, where the Gram serves."""
        n, p = self.source.shape
        if n > p:
            eigen = spectrum(self.gram, self.raw, self.precision)
            if eigen.rank == p and eigen.values[-1] > WELL * eigen.values.mean():
                return None, np.sqrt(eigen.values), eigen.vectors.T, p
        elif dual := singular_dual(self.rows, self.gram, self.raw, self.precision, WELL):
            return dual
        return singular(self.rows, self.raw, self.precision)

    @cached_property
    def coarse(self) -> tuple[Array, Array] | None:
        """(p,) s and (p, p) V to float32's digits, where many rows are well conditioned; or None.

        Enough where ridges are compared and nothing is fitted by them, in half the time.
        """
        p = self.source.shape[1]
        if self.n <= p:
            return None
        unit = float(np.trace(self.gram)) / p or 1.0
        values, vectors = linalg.eigh(
            (self.gram / unit).astype(np.float32), driver="evd", check_finite=False
        )
        if not values[0] > ROUGH * values[-1]:
            return None
        return np.sqrt(unit * values.astype(np.float64)), vectors

    @property
    def svd(self) -> tuple[Array, Array, Array]:
        """Thin SVD (U, s, Vᵀ) of the rows, without what is zero up to float64's rounding."""
        return self._left, *self.factors[1:3]

    @property
    def values(self) -> Array:
        """(r,) singular values of the rows."""
        return self.factors[1]

    @cached_property
    def _left(self) -> Array:
        U, s, Vt, _ = self.factors
        return self.times(Vt.T / s) if U is None else U

    def left(self, some: slice, digits: type = np.float64) -> Iterator[tuple[slice, Array]]:
        """Go through U of some rows, in digits of a type; of many rows it is not kept."""
        U, s, Vt, _ = self.factors
        if U is not None:
            yield some, U[some]
            return
        basis: Array = (Vt.T / s).astype(digits, copy=False)
        for these, rows in self.parts() if some == EVERY else [(some, self.part(some))]:
            yield these, product(rows.astype(digits, copy=False), basis)

    def projected(self, y: Array) -> Array:
        """(r, k) ``Uᵀy``."""
        U, s, Vt, _ = self.factors
        return product(Vt, self.back(y)) / s[:, None] if U is None else U.T @ y

    @cached_property
    def raw(self) -> Array:
        """(p,) sums of squares of the columns before centring."""
        n, p = self.source.shape
        squares = np.diag(self.gram) if n > p else np.einsum("ij,ij->j", self.rows, self.rows)
        return np.asarray(squares + n * self.mean**2)

    @property
    def rank(self) -> int:
        """Numerical rank of the centred rows, at most min(n − 1, p): what a ridgeless fit uses."""
        return self.factors[3]

    def used(self, ridge: float) -> int:
        """Count the directions that a fit uses: all with a ridge, the retained ones without."""
        return len(self.values) if ridge else self.rank

    def directions(self, ridge: float) -> tuple[Array, Array, Array]:
        """SVD of the directions that a fit uses."""
        (U, s, Vt), r = self.svd, self.used(ridge)
        return U[:, :r], s[:r], Vt[:r]

    @cached_property
    def gram(self) -> Array:
        """``X̃ᵀX̃`` (p, p) where n > p, else ``X̃X̃ᵀ`` (n, n)."""
        tall = self.n > self.source.shape[1]
        if tall and self.known is not None:
            return self.known
        return gram(self.rows if tall else self.rows.T)
