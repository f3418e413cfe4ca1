"""Matrix products through the BLAS that also factors: scipy's.

numpy and scipy each carry a BLAS with threads of its own, and the idle threads of one keep the
cores from the other for a while (see `w2slens._core.threads`).
"""

import numpy as np
from scipy.linalg.blas import dgemm, dsyrk

from w2slens._core.types import Array

MIRROR = 128
"""Columns mirrored at a time when a lower triangle is copied to the upper."""


def product(left: Array, right: Array) -> Array:
    """Multiply rows (m, p) or one row (p,) by (p, k)."""
    if left.ndim == 1:
        return np.asarray(left @ right)
    return np.asarray(dgemm(1.0, right.T, left.T).T)


def gram(rows: Array) -> Array:
    """``rowsᵀ·rows`` of rows (n, p), in half the time of `product`."""
    a, trans = (rows, 1) if rows.flags.f_contiguous else (rows.T, 0)
    return mirrored(dsyrk(1.0, a, trans=trans, lower=1))


def mirrored(lower: Array) -> Array:
    """Copy the lower triangle of a matrix (p, p) to the upper, in place."""
    for start in range(0, len(lower), MIRROR):
        some, below = slice(start, start + MIRROR), slice(start + MIRROR, None)
        corner = np.tril(lower[some, some])
        lower[some, some] = corner + np.tril(corner, -1).T
        lower[some, below] = lower[below, some].T
    return lower
