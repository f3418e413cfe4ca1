"""Eigenproblems, pseudo-inverses and solves of Gram matrices, with the one rank cutoff.

Everything the library solves is a symmetric positive semi-definite Gram matrix. Its rank is
decided here and nowhere else (see `rank_cutoff`).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.linalg.blas import dgemm

Array = NDArray[np.float64]
Solve = Callable[[Array], Array]

EPS64 = float(np.finfo(np.float64).eps)

ARITHMETIC_ROUNDING = 4 * EPS64
"""Relative error of a centred float64 entry: its own rounding and that of the mean taken off."""

CHOLESKY_MARGIN = 100.0
"""A Gram is factored by Cholesky where its smallest eigenvalue exceeds the cutoff this often.

LAPACK's estimate of the condition number can be too small by a factor of about ten; a hundred
leaves no doubt that the eigenvalue route would have kept every direction too.
"""


def product(left: Array, right: Array) -> Array:
    """Multiply rows (m, p) or one row (p,) by (p, k) with the BLAS that also factors them.

    numpy and scipy each carry a BLAS with threads of its own, and the idle threads of one keep
    the cores from the other for a while (see `w2slens._threads`).
    """
    if left.ndim == 1:
        return np.asarray(left @ right)
    return np.asarray(dgemm(1.0, right.T, left.T).T)


FORMED_DOUBT = 1e-8
"""Share of the mean eigenvalue below which a fit is left to the rows themselves where they are at
hand, since no solve brings back the digits that were lost when the Gram was formed."""


def entry_rounding(precision: float) -> float:
    """Largest relative rounding error of an entry that came in a type of this machine epsilon."""
    return max(precision / 2, ARITHMETIC_ROUNDING)


def rank_cutoff(values: Array, vectors: Array, raw: Array, precision: float = EPS64) -> Array:
    """Eigenvalues of a Gram matrix at or below these values are rounding, not directions.

    ``max(p·eps64·λ₁, e²·Σ_j v_j²·raw_j)`` for an eigenpair (λ, v): the first term is the rounding
    of the Gram itself; the second that of the rows it was made of, whose entries in column j are
    off by up to e times their size. It counts for float16 features and for features whose mean is
    much larger than their spread, column by column, so that one large column hides no other.

    Parameters
    ----------
    values, vectors
        (r,) eigenvalues, largest first, and (p, r) eigenvectors.
    raw
        (p,) sums of squares of the rows' columns before centring.
    precision
        Machine epsilon of the type that the rows had when they came.

    Returns
    -------
    (r,) cutoffs.
    """
    largest = max(float(values[0]), 0.0) if len(values) else 0.0
    rounding = entry_rounding(precision) ** 2 * (vectors**2).T @ raw
    return np.asarray(np.maximum(len(vectors) * EPS64 * largest, rounding))


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenpairs of a Gram matrix, largest first, and how many are more than rounding.

    Attributes
    ----------
    all_values
        (p,) eigenvalues, not negative.
    all_vectors
        (p, p) orthonormal eigenvectors.
    rank
        Number of retained directions.
    """

    all_values: Array
    all_vectors: Array
    rank: int

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
        inner = (vectors.T @ right) / (self.all_values[used] + shift)[:, None]
        return np.asarray(vectors @ inner)

    def used(self, ridge: float) -> slice:
        """Return which directions a fit uses: all with a ridge, the retained ones without."""
        return slice(None) if ridge else slice(self.rank)


def spectrum(gram: Array, raw: Array | None = None, precision: float = EPS64) -> Spectrum:
    """Eigendecompose a Gram matrix (p, p) and count what lies above `rank_cutoff`.

    Parameters
    ----------
    gram
        Symmetric positive semi-definite.
    raw, precision
        As in `rank_cutoff`; by default the Gram's own diagonal, and float64.
    """
    values, vectors = linalg.eigh(gram, check_finite=False, driver="evd")
    values, vectors = values[::-1], np.ascontiguousarray(vectors[:, ::-1])
    cutoff = rank_cutoff(values, vectors, np.diag(gram) if raw is None else raw, precision)
    return Spectrum(np.maximum(values, 0.0), vectors, int(np.sum(values > cutoff)))


def cholesky_solver(gram: Array, shift: float, doubt: float) -> Solve | None:
    """Factor ``G + shift·I``, or return None where its smallest eigenvalue may be below `doubt`.

    Parameters
    ----------
    gram
        (p, p) symmetric; only the lower triangle of it is read.
    shift
        Added to the diagonal (total ridge nλ), ≥ 0.
    doubt
        Absolute.
    """
    shifted = np.array(gram, order="F")
    shifted[np.diag_indices_from(shifted)] += shift
    norm = float(np.abs(shifted).sum(axis=0).max()) if shifted.size else 0.0
    if norm == 0.0:
        return None
    factor, info = linalg.lapack.dpotrf(shifted, lower=1, overwrite_a=1, clean=0)
    if info != 0:
        return None
    reciprocal, _ = linalg.lapack.dpocon(factor, norm, uplo="L")
    if reciprocal * norm <= doubt:
        return None

    def solve(right: Array) -> Array:
        solution, _ = linalg.lapack.dpotrs(factor, right, lower=1)
        return np.asarray(solution)

    return solve


def doubtful(gram: Array, raw: Array, precision: float = EPS64) -> float:
    """Smallest eigenvalue of a Gram below which Cholesky leaves the choice to its spectrum."""
    largest = len(gram) * EPS64 * float(np.max(np.diag(gram), initial=0.0))
    rounding = entry_rounding(precision) ** 2 * float(np.max(raw, initial=0.0))
    return CHOLESKY_MARGIN * max(largest, rounding)


@dataclass(frozen=True, eq=False)
class Solver:
    """The function ``right ↦ (G + shift·I)⁺ right``.

    Attributes
    ----------
    apply
        The function.
    definite
        Whether the matrix is clearly of full rank.
    """

    apply: Solve
    definite: bool

    def __call__(self, right: Array) -> Array:
        """Solve for right-hand sides (p, k)."""
        return self.apply(right)


def psd_solver(gram: Array, shift: float, raw: Array, precision: float = EPS64) -> Solver:
    """Return the function ``right ↦ (G + shift·I)⁺ right`` for a Gram matrix G.

    Cholesky where the matrix is clearly of full rank, else the eigenpairs. A positive shift uses
    every direction; ``shift = 0`` the retained ones, which is the minimum-norm solution.
    """
    solve = cholesky_solver(gram, shift, doubtful(gram, raw, EPS64 if shift else precision))
    if solve is not None:
        return Solver(solve, True)
    eigen = spectrum(gram, raw, precision)
    if 0 < shift < len(gram) * EPS64 * eigen.all_values[0]:
        warnings.warn(
            "a ridge lies below the rounding of the Gram matrix, so that some directions are "
            "fitted to rounding errors; scale the features, or raise the ridge",
            RuntimeWarning,
            stacklevel=3,
        )
    return Solver(partial(eigen.solve, shift=shift), False)
