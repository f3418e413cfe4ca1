"""Singular values that keep their digits where columns differ in scale by many powers of ten.

The usual algorithms err by the rounding of the largest singular value, in which a small column
vanishes. One-sided Jacobi rotations after a pivoted QR err relatively to each (Drmač and Veselić,
SIAM J. Matrix Anal. Appl. 29, 2008): as if every column had been of one size.
"""

import numpy as np
from scipy import linalg

from w2slens._core.types import Array


def graded_svd(rows: Array) -> tuple[Array, Array, Array]:
    """Thin SVD (U, s, Vᵀ) of rows (n, p) whose columns are of any size, largest first."""
    Q, R, order = linalg.qr(rows, mode="economic", pivoting=True, check_finite=False)
    # R's rows are graded, hence the columns of its transpose, as LAPACK's joba='C' asks for.
    s, left, right, work, _, info = linalg.lapack.dgejsv(R.T, joba=0, jobu=0, jobv=0)
    if info != 0:
        raise linalg.LinAlgError("Jacobi rotations did not converge")
    V = np.empty_like(left)
    V[order] = left
    return Q @ right, s * (work[0] / work[1]), V.T
