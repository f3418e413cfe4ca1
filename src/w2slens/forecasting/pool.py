"""What the unlabeled pool says of a pair without any label: overlap, and scores of a teacher."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.features.ondisk import Matrix, chunks
from w2slens.forecasting.pool_side import PoolSide
from w2slens.measure.debiased import debiased_overlap
from w2slens.measure.overlap import whitened_cross
from w2slens.moments import Moments, Spectrum
from w2slens.moments.moments import factored
from w2slens.moments.stream import beside, reduce


@dataclass(frozen=True, eq=False)
class Unlabeled:
    """The pool of a pair: both sides of the same rows, and their overlap, debiased."""

    moments: Moments  # blocks "weak" and "strong"
    weak: PoolSide
    strong: PoolSide

    @classmethod
    def from_rows(cls, weak: Matrix, strong: Matrix) -> "Unlabeled":
        """Take (N, p_w) and (N, p_s) features, in memory or on disk."""
        moments = reduce(chunks({"weak": weak, "strong": strong}))
        return cls(moments, PoolSide(weak, "weak", moments), PoolSide(strong, "strong", moments))

    def with_teacher(self, weak: Matrix) -> "Unlabeled":
        """See the same student beside another teacher, (N, p_w): its side is not done again."""
        strong = self.strong
        rows = chunks({"weak": weak, "strong": strong.rows})
        moments = beside(strong.moments.select("strong"), "weak", rows)
        moments = factored(moments, "strong", strong.moments.spectrum("strong"))
        return Unlabeled(moments, PoolSide(weak, "weak", moments), strong)

    @property
    def overlap_known(self) -> bool:
        """Whether there are rows enough to tell overlap from chance."""
        return self.moments.count > self.weak.spectrum.rank + self.strong.spectrum.rank + 1

    @cached_property
    def correlations(self) -> Array:
        """(r_s, r_w) correlations of the rows along both sides' axes, chance included."""
        return whitened_cross(self.moments)

    @cached_property
    def overlap(self) -> Array:
        """(r_s, r_w) the same, the canonical ones shrunk to the debiased dimension.

        Rows of unrelated features correlate by chance: as they are, they would make the student
        inherit what it does not.
        """
        return debiased_overlap(self.correlations, self.moments.count)

    @cached_property
    def cross(self) -> Array:
        """(p_s, p_w) Σ_sw of that overlap."""
        left, right = (
            side.spectrum.vectors * np.sqrt(side.spectrum.values)
            for side in (self.strong, self.weak)
        )
        return np.asarray(left @ self.overlap @ right.T)


def strong_only(pool: Unlabeled, ridge_weak: float, ridge_strong: float) -> tuple[float, float]:
    """Norm and squared Frobenius norm of ``P_s(I − P_w)``, P = K(K + NβI)⁻¹ over the pool's rows.

    What the student expresses and its teacher, each with its ridge β, does not. At β = 0 these are
    projections: the norm is near 1, the squared Frobenius norm ``d_s − d_sw`` with the plug-in
    overlap. Source: Xue et al., arXiv 2502.00620.
    """
    C = pool.correlations
    kept_w = _kept(pool.weak.spectrum, ridge_weak)
    kept_s = _kept(pool.strong.spectrum, ridge_strong)
    lost = np.eye(len(kept_s)) - (C * (kept_w * (2 - kept_w))) @ C.T
    both = kept_s[:, None] * lost * kept_s
    return float(np.linalg.eigvalsh(both)[-1].clip(0) ** 0.5), max(float(np.trace(both)), 0.0)


def _kept(eigen: Spectrum, ridge: float) -> Array:
    return np.asarray(eigen.values / (eigen.values + ridge))
