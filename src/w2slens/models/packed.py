"""Symmetric matrices in rectangular full packed form: half the memory, the speed of full ones.

Many Gram matrices are kept at once (one for every number of labels), and one sum of two is
factored for every cell of a grid. Packed, a sum costs half and LAPACK's ``pftrf`` still runs on
matrix products.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, lapack

from w2slens._core.types import Array
from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments


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


def solve_packed(packed: Array, right: Array) -> Array:
    """Solve a positive definite system by Cholesky, overwriting `packed`; else LinAlgError."""
    p = order(packed)
    factor, info = lapack.dpftrf(p, packed, uplo="L", overwrite_a=1)
    if info != 0:
        raise LinAlgError("not positive definite")
    solution, _ = lapack.dpftrs(p, factor, right, uplo="L")
    return np.asarray(solution)


@dataclass(frozen=True, eq=False)
class Normal:
    """Moments of rows [strong | label], as the normal equations use them; scatters are centred."""

    count: int
    strong_mean: Array  # (p,)
    label_mean: Array  # (q,)
    gram: Array  # packed scatter of the strong features
    cross: Array  # (p, q) scatter of strong features and labels
    label_scatter: Array  # (q, q)
    precision: tuple[float, float]  # machine epsilons of the types of features and labels

    @classmethod
    def of(cls, moments: Moments) -> "Normal":
        """Take blocks ``strong`` and ``label`` of moments."""
        return cls(
            moments.count,
            moments.centre("strong").copy(),
            moments.centre("label").copy(),
            pack(moments.cross("strong", "strong")),
            moments.cross("strong", "label").copy(),
            moments.cross("label", "label").copy(),
            (moments.rounding("strong"), moments.rounding("label")),
        )

    def moments(self) -> Moments:
        """Return the moments with blocks ``strong`` and ``label``."""
        p, q = self.cross.shape
        scatter = np.block([[unpack(self.gram), self.cross], [self.cross.T, self.label_scatter]])
        mean = np.concatenate([self.strong_mean, self.label_mean])
        return Moments((("strong", p), ("label", q)), self.count, mean, scatter, self.precision)

    def fit_sum(self, other: "Normal", ridge: float) -> LinearProbe:
        """Fit strong to label on the rows of both, where one of them alone is of full rank.

        The Gram of the union is ``G₁ + G₂ + wΔΔᵀ`` with Δ the step between the means and
        ``w = n₁n₂/(n₁+n₂)``: Cholesky of the packed sum, then Sherman and Morrison's formula for
        the last term, which cannot lower an eigenvalue. LinAlgError if it is not positive definite.
        """
        M = self.count + other.count
        w = self.count * other.count / M
        Δ, δ = other.strong_mean - self.strong_mean, other.label_mean - self.label_mean
        packed = self.gram + other.gram
        if ridge:
            packed[diagonal(len(Δ))] += M * ridge
        right = self.cross + other.cross
        right += w * np.multiply.outer(Δ, δ)
        solved = solve_packed(packed, np.concatenate([right, Δ[:, None]], axis=1))
        coef, z = solved[:, :-1], solved[:, -1]
        coef = coef - np.multiply.outer(z, w * (Δ @ coef) / (1 + w * (Δ @ z)))
        share = other.count / M
        return LinearProbe.centred(coef, self.strong_mean + share * Δ, self.label_mean + share * δ)
