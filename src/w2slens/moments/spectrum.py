"""Eigenpairs of Gram matrices, with the one rank cutoff.

Everything the library solves is a symmetric positive semi-definite Gram matrix, or the rows that it
is made of. Their rank is decided here and nowhere else, on standardised columns: what unit a column
is measured in changes no rank. Where all columns count as they stand (`rank_cutoff`) they do so
standardised too, and nothing more is computed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments.graded import graded_svd
from w2slens.moments.products import product

EPS64 = float(np.finfo(np.float64).eps)

ARITHMETIC_ROUNDING = 4 * EPS64
"""Relative error of a centred float64 entry: its own rounding and that of the mean taken off."""

SUMMED = 8
"""A Gram of few coordinates is rounded as one of this many: its entries are sums over the rows."""

WHITENED = 6e-5
"""Precision of rows that were whitened by others: directions with less than (WHITENED/2)² ≈ 1e-9 of
the variance that they had there do not vary."""


def entry_rounding(precision: float) -> float:
    """Largest relative rounding error of an entry that came in a type of this machine epsilon."""
    return max(precision / 2, ARITHMETIC_ROUNDING)


def holding(eigenvalues: Array, share: float) -> int:
    """Return the least number of leading eigenvalues that hold a share of their sum."""
    held, r = np.cumsum(eigenvalues) / eigenvalues.sum(), len(eigenvalues)
    return min(int(np.searchsorted(held, share * (1 - EPS64 * r))) + 1, r)


def rank_cutoff(values: Array, vectors: Array, raw: Array, precision: float = EPS64) -> Array:
    """Eigenvalues (r,) of a Gram, largest first, at or below these are rounding, not directions.

    ``max(p·eps64·λ₁, e²·Σ_j v_j²·raw_j)`` for an eigenpair (λ, v), p at least 8: the first term is
    the rounding of the Gram itself; the second that of the rows it was made of, whose entries in
    column j are off by up to e times their size. It counts for float16 features and for features
    whose mean is much larger than their spread, column by column, so that one large column hides no
    other.

    `raw` (p,) are the sums of squares of the rows' columns before centring, `precision` the machine
    epsilon of the type that the rows had when they came.
    """
    largest = max(float(values[0]), 0.0) if len(values) else 0.0
    rounding = entry_rounding(precision) ** 2 * np.einsum("ji,ji,j->i", vectors, vectors, raw)
    return np.asarray(np.maximum(max(len(vectors), SUMMED) * EPS64 * largest, rounding))


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

    def whitened(self, rows: Array) -> Array:
        """(m, rank) coordinates of rows (m, p) in which the Gram is the identity."""
        found = product(rows, self.vectors)
        found /= np.sqrt(self.values)
        return found

    def solve(self, right: Array, shift: float = 0.0) -> Array:
        """Return ``(G + shift·I)⁻¹ right``, or at shift 0 ``G⁺ right`` on what is retained."""
        used = self.used(shift)
        vectors = self.all_vectors[:, used]
        inner = product(vectors.T, right) / (self.all_values[used] + shift)[:, None]
        return product(vectors, inner)

    def used(self, ridge: float) -> slice:
        """Return which directions a fit uses: all with a ridge, the retained ones without."""
        return slice(None) if ridge else slice(self.rank)


def varying(squares: Array, raw: Array, precision: float = EPS64) -> NDArray[np.bool_]:
    """(p,) columns that vary by more than their rounding, from sums of squares, centred and raw."""
    return np.asarray(squares > entry_rounding(precision) ** 2 * raw)


def spectrum(
    gram: Array, raw: Array | None = None, precision: float = EPS64, most: int | None = None
) -> Spectrum:
    """Eigendecompose a Gram matrix (p, p) and count its directions.

    `raw` and `precision` are by default the Gram's own diagonal, and float64; `most` is the largest
    rank that the rows allow, if it is known.
    """
    squares = np.diag(gram)
    raw = squares if raw is None else raw
    values, vectors = _eigenpairs(gram)
    rank = int(np.sum(values > rank_cutoff(values, vectors, raw, precision)))
    kept = varying(squares, raw, precision)
    if rank < min(int(kept.sum()), len(gram) if most is None else most):
        root = _standard_root(gram, raw, precision, kept)
        if root.shape[1] > rank:
            _, s, Vt = graded_svd(root.T)
            rank = len(s)
            rest = linalg.qr(Vt.T, check_finite=False)[0][:, rank:]
            values = np.concatenate([s**2, np.zeros(len(gram) - rank)])
            vectors = np.hstack([Vt.T, rest])
    vectors *= np.where(vectors.max(axis=0) < -vectors.min(axis=0), -1.0, 1.0)
    return Spectrum(np.maximum(values, 0.0), vectors, rank)


def is_diagonal(gram: Array) -> bool:
    """Whether the axes are eigenvectors as they are."""
    return bool(np.count_nonzero(gram) == np.count_nonzero(np.diag(gram)))


def _eigenpairs(gram: Array) -> tuple[Array, Array]:
    """Eigenvalues, largest first, and a matrix of its own of eigenvectors."""
    if is_diagonal(gram):  # as of populations in principal axes
        order = np.argsort(-np.diag(gram), kind="stable")
        return np.diag(gram)[order], np.eye(len(gram))[:, order]
    values, vectors = linalg.eigh(gram, check_finite=False, driver="evd")
    return values[::-1], np.ascontiguousarray(vectors[:, ::-1])


def _standard_root(gram: Array, raw: Array, precision: float, kept: NDArray[np.bool_]) -> Array:
    """(p, r) root of the Gram along the directions of its standardised columns, the `kept` ones."""
    size = np.sqrt(np.diag(gram)[kept])
    values, vectors = _eigenpairs(gram[np.ix_(kept, kept)] / np.multiply.outer(size, size))
    above = values > rank_cutoff(values, vectors, raw[kept] / size**2, precision)
    root = np.zeros((len(gram), int(above.sum())))
    root[kept] = size[:, None] * vectors[:, above] * np.sqrt(values[above])
    return root


def singular_dual(
    rows: Array, gram: Array, raw: Array, precision: float, well: float
) -> tuple[Array, Array, Array, int] | None:
    """Return `singular` of centred rows (n, p ≥ n) from their Gram matrix ``X̃X̃ᵀ`` (n, n).

    None where an eigenvalue besides that of the constant vector, which centring takes, is below
    `well` times their mean: the Gram has lost digits of the rows then.
    """
    values, vectors = _eigenpairs(gram)
    values, U = values[:-1], vectors[:, :-1]
    if not len(values) or values[-1] <= well * values.mean():
        return None
    s = np.sqrt(values)
    Vt = product(U.T, rows) / s[:, None]
    full = bool((values > rank_cutoff(values, Vt.T, raw, precision)).all())
    return (U, s, Vt, len(s)) if full else None


def singular(rows: Array, raw: Array, precision: float) -> tuple[Array, Array, Array, int]:
    """Thin SVD (U, s, Vᵀ) of centred rows (n, p), without what is zero, and their rank.

    `raw` and `precision` as of `rank_cutoff`. The rank counts what a ridgeless fit uses; what lies
    between it and zero is rounding of the type that the rows came in; zero is what centring them in
    float64 may leave of nothing.
    """
    U, s, Vt = linalg.svd(rows, full_matrices=False, check_finite=False)
    rank = int(np.sum(s**2 > rank_cutoff(s**2, Vt.T, raw, precision)))
    kept = varying(np.sum(rows**2, axis=0), raw, precision)
    if rank < min(int(kept.sum()), len(rows) - 1):
        size = np.sqrt(np.sum(rows[:, kept] ** 2, axis=0))
        _, t, Tt = linalg.svd(rows[:, kept] / size, full_matrices=False, check_finite=False)
        standard = int(np.sum(t**2 > rank_cutoff(t**2, Tt.T, raw[kept] / size**2, precision)))
        if standard > rank:
            U, s, Vt = graded_svd(rows)
            rank = standard
    centred = entry_rounding(EPS64) ** 2 * (Vt**2 @ raw)
    zero = np.maximum((max(rows.shape) * EPS64 * s[:1].sum()) ** 2, centred)
    r = min(max(int(np.sum(s**2 > zero)), rank), len(rows) - 1)
    return U[:, :r], s[:r], Vt[:r], min(rank, r)
