"""Eigenproblems, pseudo-inverses and solves of Gram matrices, with the one rank cutoff.

Everything the library solves is a symmetric positive semi-definite Gram matrix. Its rank is
decided here and nowhere else (see `rank_cutoff`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]
Solve = Callable[[Array], Array]

EPS64 = float(np.finfo(np.float64).eps)

INPUT_ROUNDING = 2.0
"""Input rounding, in units of the input's eps, below which a singular value is noise.

Rounding to nearest leaves an error of at most half an eps of the entry; a random matrix of such
errors has a largest singular value of at most twice its root mean square. 2 covers both, and the
error of the mean that is subtracted.
"""

CHOLESKY_MARGIN = 100.0
"""A Gram is factored by Cholesky where its reciprocal condition exceeds the cutoff this often.

LAPACK's estimate of the condition number can be too small by a factor of about ten; a hundred
leaves no doubt that the eigenvalue route would have kept every direction too.
"""


def rank_cutoff(size: int, largest: float, precision: float = EPS64, offset: float = 0.0) -> float:
    """Eigenvalues of a Gram matrix at or below this value are rounding, not directions.

    ``max(p·eps64·λ₁, (c·eps_input)²·(λ₁ + offset))``: the first term is the rounding of the Gram
    itself; the second is the rounding of the rows it was made of, which counts for float16
    features and for features whose mean is much larger than their spread.

    Parameters
    ----------
    size
        p, the number of coordinates.
    largest
        λ₁, the largest eigenvalue.
    precision
        Machine epsilon of the type that the rows had when they came.
    offset
        count · max_j mean_j² of the rows before centring (same unit as the eigenvalues).
    """
    rounding = (INPUT_ROUNDING * precision) ** 2 * (largest + offset)
    return max(size * EPS64 * largest, rounding)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The retained eigenpairs of a Gram matrix, largest first.

    Attributes
    ----------
    values
        (r,) eigenvalues above the cutoff.
    vectors
        (p, r) their orthonormal eigenvectors.
    """

    values: Array
    vectors: Array

    @property
    def rank(self) -> int:
        """Number of retained directions."""
        return len(self.values)

    @property
    def whitening(self) -> Array:
        """(r, p) map to coordinates in which the Gram is the identity."""
        return (self.vectors / np.sqrt(self.values)).T

    def solve(self, right: Array, shift: float = 0.0) -> Array:
        """Return ``(G + shift·I)⁺ right`` on the retained directions."""
        inner = (self.vectors.T @ right) / (self.values + shift)[:, None]
        return np.asarray(self.vectors @ inner)


def spectrum(gram: Array, precision: float = EPS64, offset: float = 0.0) -> Spectrum:
    """Eigendecompose a Gram matrix (p, p) and keep what lies above `rank_cutoff`."""
    values, vectors = linalg.eigh(gram, check_finite=False, driver="evd")
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = max(float(values[0]), 0.0) if len(values) else 0.0
    rank = int(np.sum(values > rank_cutoff(len(values), largest, precision, offset)))
    return Spectrum(values[:rank].copy(), np.ascontiguousarray(vectors[:, :rank]))


def cholesky_solver(gram: Array, shift: float, cutoff: float) -> Solve | None:
    """Factor ``G + shift·I``, or return None where its rank is in doubt.

    Parameters
    ----------
    gram
        (p, p) symmetric; only the lower triangle of it is read.
    shift
        Added to the diagonal (total ridge nλ), ≥ 0.
    cutoff
        Absolute eigenvalue below which a direction of G counts as rounding.
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
    if reciprocal * norm <= CHOLESKY_MARGIN * cutoff:
        return None

    def solve(right: Array) -> Array:
        solution, _ = linalg.lapack.dpotrs(factor, right, lower=1)
        return np.asarray(solution)

    return solve


def psd_solver(gram: Array, shift: float, precision: float = EPS64, offset: float = 0.0) -> Solve:
    """Return the function ``right ↦ (G + shift·I)⁺ right`` for a Gram matrix G.

    Cholesky where the matrix is clearly of full rank, else the retained eigenpairs: then
    ``shift = 0`` gives the minimum-norm solution.
    """
    largest = float(np.max(np.diag(gram), initial=0.0))
    cutoff = rank_cutoff(len(gram), largest, precision, offset)
    solve = cholesky_solver(gram, shift, cutoff)
    if solve is not None:
        return solve
    eigen = spectrum(gram, precision, offset)
    return lambda right: eigen.solve(right, shift)
