"""The normal equations of the strong features against labels, with the Gram packed.

What a ceiling needs of the label prefixes and the pools: they are added for every cell of a grid,
so they are kept at half the size of `Moments` and added without forming the sum.
"""

from dataclasses import dataclass

import numpy as np

from w2slens._linalg import Array
from w2slens._packed import diagonal, pack, solve_packed, unpack
from w2slens.moments import Moments
from w2slens.probe import LinearProbe


@dataclass(frozen=True, eq=False)
class Normal:
    """Moments of rows [strong | label], as the normal equations use them.

    Attributes
    ----------
    count
        Number of rows.
    strong_mean, label_mean
        (p,) and (q,).
    gram
        Packed centred scatter of the strong features.
    cross
        (p, q) centred scatter of strong features and labels.
    label_scatter
        (q, q).
    precision
        Machine epsilons of the types of features and labels.
    """

    count: int
    strong_mean: Array
    label_mean: Array
    gram: Array
    cross: Array
    label_scatter: Array
    precision: tuple[float, float]

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

    def fit_sum(self, other: "Normal", ridge: float) -> LinearProbe | None:
        """Fit strong to label on the rows of both, where one of them alone is of full rank.

        The Gram of the union is ``G₁ + G₂ + wΔΔᵀ`` with Δ the step between the means and
        ``w = n₁n₂/(n₁+n₂)``: Cholesky of the packed sum, then Sherman and Morrison's formula for
        the last term, which cannot lower an eigenvalue.

        Returns
        -------
        LinearProbe, or None where the sum is not positive definite.
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
        if solved is None:
            return None
        coef, z = solved[:, :-1], solved[:, -1]
        coef = coef - np.multiply.outer(z, w * (Δ @ coef) / (1 + w * (Δ @ z)))
        share = other.count / M
        return LinearProbe.centred(coef, self.strong_mean + share * Δ, self.label_mean + share * δ)
