"""Eigenpairs of Gram matrices, with the one rank cutoff.

Everything the library solves is a symmetric positive semi-definite Gram matrix. Its rank is
decided here and nowhere else (see `rank_cutoff`).
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments.products import product

EPS64 = float(np.finfo(np.float64).eps)

ARITHMETIC_ROUNDING = 4 * EPS64
"""Relative error of a centred float64 entry: its own rounding and that of the mean taken off."""


def entry_rounding(precision: float) -> float:
    """Largest relative rounding error of an entry that came in a type of this machine epsilon."""
    return max(precision / 2, ARITHMETIC_ROUNDING)


def holding(eigenvalues: Array, share: float) -> int:
    """Return the least number of leading eigenvalues that hold a share of their sum."""
    held, r = np.cumsum(eigenvalues) / eigenvalues.sum(), len(eigenvalues)
    return min(int(np.searchsorted(held, share * (1 - EPS64 * r))) + 1, r)


def rank_cutoff(values: Array, vectors: Array, raw: Array, precision: float = EPS64) -> Array:
    """Eigenvalues (r,) of a Gram, largest first, at or below these are rounding, not directions.

    ``max(p·eps64·λ₁, e²·Σ_j v_j²·raw_j)`` for an eigenpair (λ, v): the first term is the rounding
    of the Gram itself; the second that of the rows it was made of, whose entries in column j are
    off by up to e times their size. It counts for float16 features and for features whose mean is
    much larger than their spread, column by column, so that one large column hides no other.

    `raw` (p,) are the sums of squares of the rows' columns before centring, `precision` the machine
    epsilon of the type that the rows had when they came.
    """
    largest = max(float(values[0]), 0.0) if len(values) else 0.0
    rounding = entry_rounding(precision) ** 2 * (vectors**2).T @ raw
    return np.asarray(np.maximum(len(vectors) * EPS64 * largest, rounding))


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenpairs of a Gram matrix, largest first, and how many are more than rounding.

    The largest entry of every eigenvector is positive, so that rounding does not turn it round.
    """

    all_values: Array  # (p,) eigenvalues, not negative
    all_vectors: Array  # (p, p) orthonormal eigenvectors
    rank: int  # number of retained directions

    @property
    def values(self) -> Array:
        """(rank,) retained eigenvalues."""
        return self.all_values[: self.rank]

    @property
    def vectors(self) -> Array:
        """(p, rank) retained eigenvectors."""
        return self.all_vectors[:, : self.rank]

    @property
    def whitening(self) -> Array:
        """(rank, p) map to coordinates in which the Gram is the identity."""
        return (self.vectors / np.sqrt(self.values)).T

    def solve(self, right: Array, shift: float = 0.0) -> Array:
        """Return ``(G + shift·I)⁻¹ right``, or at shift 0 ``G⁺ right`` on what is retained."""
        used = self.used(shift)
        vectors = self.all_vectors[:, used]
        inner = product(vectors.T, right) / (self.all_values[used] + shift)[:, None]
        return product(vectors, inner)

    def used(self, ridge: float) -> slice:
        """Return which directions a fit uses: all with a ridge, the retained ones without."""
        return slice(None) if ridge else slice(self.rank)


def spectrum(gram: Array, raw: Array | None = None, precision: float = EPS64) -> Spectrum:
    """Eigendecompose a Gram matrix (p, p) and count what lies above `rank_cutoff`.

    `raw` and `precision` are by default the Gram's own diagonal, and float64.
    """
    values, vectors = linalg.eigh(gram, check_finite=False, driver="evd")
    values, vectors = values[::-1], np.ascontiguousarray(vectors[:, ::-1])
    largest = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(len(vectors))]
    vectors *= np.where(largest < 0, -1.0, 1.0)
    cutoff = rank_cutoff(values, vectors, np.diag(gram) if raw is None else raw, precision)
    return Spectrum(np.maximum(values, 0.0), vectors, int(np.sum(values > cutoff)))
