"""Solves of Gram matrices: by Cholesky where they are clearly of full rank, else by spectrum."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments.spectrum import EPS64, entry_rounding, spectrum

Solve = Callable[[Array], Array]

CHOLESKY_MARGIN = 100.0
"""A Gram is factored by Cholesky where its smallest eigenvalue exceeds the cutoff this often.

LAPACK's estimate of the condition number can be too small by a factor of about ten; a hundred
leaves no doubt that the eigenvalue route would have kept every direction too.
"""

FORMED_DOUBT = 1e-8
"""Share of the mean eigenvalue below which a fit is left to the rows themselves where they are at
hand, since no solve brings back the digits that were lost when the Gram was formed."""


def cholesky_solver(gram: Array, shift: float, doubt: float) -> Solve:
    """Factor ``G + shift·I``, of G (p, p) only the lower triangle, with a total ridge nλ ≥ 0.

    LinAlgError if its smallest eigenvalue may be below `doubt`: leave the fit to the spectrum, or
    to the rows.
    """
    shifted = np.array(gram, order="F")
    shifted[np.diag_indices_from(shifted)] += shift
    norm = float(linalg.lapack.dlange("1", shifted)) if shifted.size else 0.0
    factor, info = linalg.lapack.dpotrf(shifted, lower=1, overwrite_a=1, clean=0)
    if norm == 0.0 or info != 0:
        raise linalg.LinAlgError("not positive definite")
    reciprocal, _ = linalg.lapack.dpocon(factor, norm, uplo="L")
    if reciprocal * norm <= doubt:
        raise linalg.LinAlgError("nearly singular")

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
    """The function ``right ↦ (G + shift·I)⁺ right``."""

    apply: Solve
    definite: bool  # whether the matrix is clearly of full rank

    def __call__(self, right: Array) -> Array:
        """Solve for right-hand sides (p, k)."""
        return self.apply(right)


def psd_solver(gram: Array, shift: float, raw: Array, precision: float = EPS64) -> Solver:
    """Return the function ``right ↦ (G + shift·I)⁺ right`` for a Gram matrix G.

    Cholesky where the matrix is clearly of full rank, else the eigenpairs. A positive shift uses
    every direction; ``shift = 0`` the retained ones, which is the minimum-norm solution.
    """
    with suppress(linalg.LinAlgError):
        doubt = doubtful(gram, raw, EPS64 if shift else precision)
        return Solver(cholesky_solver(gram, shift, doubt), True)
    eigen = spectrum(gram, raw, precision)
    if eigen.rank < len(gram) and 0 < shift < len(gram) * EPS64 * eigen.all_values[0]:
        warnings.warn(
            "a ridge lies below the rounding of the Gram matrix, so that some directions are "
            "fitted to rounding errors; scale the features, or raise the ridge",
            RuntimeWarning,
            stacklevel=3,
        )
    return Solver(partial(eigen.solve, shift=shift), False)
