"""Symmetric matrices in rectangular full packed form: half the memory, the speed of full ones.

Many Gram matrices are kept at once (one for every number of labels), and one sum of two is
factored for every cell of a grid. Packed, a sum costs half and LAPACK's ``pftrf`` still runs on
matrix products.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from w2slens._linalg import Array


def pack(gram: Array) -> Array:
    """Pack the lower triangle of a symmetric matrix (p, p) → (p(p+1)/2,)."""
    packed, _ = lapack.dtrttf(np.asfortranarray(gram), uplo="L")
    return np.asarray(packed)


def unpack(packed: Array) -> Array:
    """Undo `pack`: the whole symmetric matrix."""
    lower, _ = lapack.dtfttr(order(packed), packed, uplo="L")
    lower = np.tril(lower)
    return np.asarray(lower + np.tril(lower, -1).T)


def order(packed: Array) -> int:
    """Return p for a packed matrix of p(p+1)/2 entries."""
    return int((np.sqrt(8 * len(packed) + 1) - 1) / 2)


@lru_cache(maxsize=8)
def diagonal(p: int) -> NDArray[np.intp]:
    """Return where the diagonal of a (p, p) matrix lies in its packed form."""
    places = np.flatnonzero(pack(np.eye(p)))
    places.setflags(write=False)
    return places


def solve_packed(packed: Array, right: Array) -> Array | None:
    """Solve a positive definite system by Cholesky, overwriting `packed`; None if it is not."""
    p = order(packed)
    factor, info = lapack.dpftrf(p, packed, uplo="L", overwrite_a=1)
    if info != 0:
        return None
    solution, _ = lapack.dpftrs(p, factor, right, uplo="L")
    return np.asarray(solution)
