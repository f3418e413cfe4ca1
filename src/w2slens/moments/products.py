"""Matrix products through the BLAS that also factors: scipy's.

numpy and scipy each carry a BLAS with threads of its own, and the idle threads of one keep the
cores from the other for a while (see `w2slens._core.threads`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dgemm, dsyrk, sgemm

from w2slens._core.types import Array

MIRROR = 128
"""Columns mirrored at a time when a lower triangle is copied to the upper."""


def product(left: NDArray[Any], right: NDArray[Any]) -> Array:
    """Multiply rows (m, p) or one row (p,) by (p, k); in float32 where both are."""
    if left.ndim == 1:
        return np.asarray(left @ right)
    gemm = sgemm if left.dtype == right.dtype == np.float32 else dgemm
    (a, trans_a), (b, trans_b) = _by_columns(right), _by_columns(left)
    return np.asarray(gemm(1.0, a, b, trans_a=trans_a, trans_b=trans_b).T)


def _by_columns(rows: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return what BLAS reads as ``rowsᵀ`` without a copy: an array by columns, and 1 if turned."""
    return (rows, 1) if rows.flags.f_contiguous else (rows.T, 0)


def gram(rows: Array) -> Array:
    """``rowsᵀ·rows`` of rows (n, p), in half the time of `product`."""
    a, trans = _by_columns(rows)
    return mirrored(dsyrk(1.0, a, trans=trans, lower=1))


def mirrored(lower: Array) -> Array:
    """Copy the lower triangle of a matrix (p, p) to the upper, in place."""
    for start in range(0, len(lower), MIRROR):
        some, below = slice(start, start + MIRROR), slice(start + MIRROR, None)
        corner = np.tril(lower[some, some])
        lower[some, some] = corner + np.tril(corner, -1).T
        lower[some, below] = lower[below, some].T
    return lower
