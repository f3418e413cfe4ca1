"""The labeled rows of a teacher and a student, with the exact leave-one-out of the W2S student."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.design import Design
from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments, product


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
        n, y, weak = self.weak.n, self.targets, self.weak
        eigen = pool.spectrum("strong")
        V = eigen.all_vectors
        # θ_w⁻ⁱ = θ_w − g_i e_i, g_i = (X̃ᵀX̃ + nλ_wI)⁻¹x̃ᵢ and e_i the leave-one-out residual.
        e, g = weak.loo_residuals(y, ridge_weak), weak.influence(ridge_weak)
        θ = g.T @ (y - y.mean(axis=0))
        # What needs no student ridge: ȳ − e_i/n + (x̄_u − x̄_ℓ)ᵀθ_w⁻ⁱ.
        shift = pool.centre(teacher) - weak.mean
        base = y.mean(axis=0) - e / n + shift @ θ - (g @ shift)[:, None] * e
        # (φ_s(x_i) − φ̄_s^u)ᵀAθ_w⁻ⁱ along the eigenvectors V of Σ_ss, where A is diagonal.
        offset = self.strong.mean - pool.centre("strong")
        scores = product(self.strong.rows, V) + offset @ V
        to_weak = product(V.T, pool.cross("strong", teacher))
        pulled, moved = to_weak @ θ, scores * product(g, to_weak.T)
        found = []
        for ridge in ridges:
            used = eigen.used(ridge)
            w = 1 / (eigen.all_values[used] + pool.count * ridge)
            copied = (scores[:, used] * w) @ pulled[used]
            found.append(base + copied - (moved[:, used] @ w)[:, None] * e)
        return np.stack(found)
