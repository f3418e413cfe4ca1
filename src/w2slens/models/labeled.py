"""The labeled rows of a teacher and a student, with the exact leave-one-out of the W2S student."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.design import Design
from w2slens.models.probe import LinearProbe
from w2slens.moments.moments import Moments


@dataclass(frozen=True, eq=False)
class LabeledBlock:
    """The labeled rows of a teacher–student pair.

    Attributes
    ----------
    weak, strong
        The two designs, over the same n rows.
    targets
        (n, k) labels.
    """

    weak: Design
    strong: Design
    targets: Array

    @classmethod
    def from_rows(cls, weak: NDArray[Any], strong: NDArray[Any], targets: Array) -> "LabeledBlock":
        """Build from features (n, p_w), (n, p_s) and targets (n, k)."""
        return cls(Design.from_rows(weak), Design.from_rows(strong), targets)

    def teacher(self, ridge: float = 0.0) -> LinearProbe:
        """Weak teacher: weak features fitted on the labels."""
        return self.weak.fit(self.targets, ridge)

    def baseline(self, ridge: float = 0.0) -> LinearProbe:
        """Strong baseline: strong features fitted on the same labels."""
        return self.strong.fit(self.targets, ridge)

    def loo_w2s(
        self, pool: Moments, ridge_weak: float, ridges: Sequence[float], *, teacher: str = "weak"
    ) -> Array:
        """Exact leave-one-out predictions of the W2S student, at several student ridges.

        Without label i the teacher is ``θ_w − Gx̃ᵢeᵢ``; the student is linear in the teacher,
        ``θ_s = Aθ_w`` with ``A = (Σ_ss + λ_s)⁻¹Σ_sw`` of the pool, so no refit is needed.

        Parameters
        ----------
        pool
            Moments of the unlabeled pool with the teacher's block and ``strong``.
        ridge_weak
            The teacher's λ_w (total penalty nλ_w held fixed).
        ridges
            Values of λ_s.
        teacher
            Name of the teacher's block in `pool`.

        Returns
        -------
        (len(ridges), n, k) scores of row i by the student that never saw label i.
        """
        n, y = self.weak.n, self.targets
        errors = self.weak.loo_residuals(y, ridge_weak)
        step = self.weak.influence(ridge_weak)
        theta = step.T @ (y - y.mean(axis=0))
        eigen = pool.spectrum("strong")
        V = eigen.all_vectors
        shift = pool.centre(teacher) - self.weak.mean
        offsets = self.strong.mean - pool.centre("strong")
        scores = self.strong.rows @ V + offsets @ V
        to_weak = V.T @ pool.cross("strong", teacher)
        base = y.mean(axis=0) - errors / n + shift @ theta - (step @ shift)[:, None] * errors
        pulled, moved = to_weak @ theta, scores * (step @ to_weak.T)
        used = [eigen.used(ridge) for ridge in ridges]
        shrunk = [
            (some, 1 / (eigen.all_values[some] + pool.count * ridge))
            for some, ridge in zip(used, ridges, strict=True)
        ]
        return np.stack(
            [
                base + (scores[:, some] * w) @ pulled[some] - (moved[:, some] @ w)[:, None] * errors
                for some, w in shrunk
            ]
        )
