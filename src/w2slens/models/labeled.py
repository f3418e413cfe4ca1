"""The labeled rows of a teacher and a student, with the exact leave-one-out of the W2S student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut, OfRows
from w2slens.models.probe import LinearProbe
from w2slens.models.projection import Projection
from w2slens.moments import Moments, product

MOST_OWN = 0.999
"""Leverage that is taken for larger ones where it need not be exact."""


def kept(found: OfRows) -> OfRows:
    """Keep what was found of some rows."""
    known: dict[str, Array] = {}

    def recalled(some: slice) -> Array:
        key = str(some)
        if key not in known:
            known[key] = found(some)
        return known[key]

    return recalled


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
    _held: dict[float, HeldOut] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_rows(cls, weak: NDArray[Any], strong: NDArray[Any], targets: Array) -> LabeledBlock:
        """Build from features (n, p_w), (n, p_s) and targets (n, k)."""
        return cls(Design.from_rows(weak), Design.from_rows(strong), targets)

    def teacher(self, ridge: float = 0.0) -> LinearProbe:
        """Weak teacher: weak features fitted on the labels."""
        return self.weak.fit(self.targets, ridge)

    def baseline(self, ridge: float = 0.0) -> LinearProbe:
        """Strong baseline: strong features fitted on the same labels."""
        return self.strong.fit(self.targets, ridge)

    def held_out_teacher(self, ridge: float) -> HeldOut:
        """Weak teacher, and what it would be without each label.

        Without label i it is ``θ_w − g_i e_i`` with ``g_i = (X̃ᵀX̃ + nλ_wI)⁻¹x̃ᵢ`` and e_i the
        leave-one-out residual; the total penalty nλ_w is held fixed.
        """
        if ridge in self._held:
            return self._held[ridge]
        weak, y = self.weak, self.targets
        coef, level = weak.fit(y, ridge).coef, y.mean(axis=0)

        @kept
        def errors(some: slice) -> Array:
            return np.asarray(weak.loo_residuals(y, ridge, some))

        @kept
        def own(some: slice) -> Array:
            missed = y[some] - level - product(weak.part(some), coef)
            leverages = np.minimum(weak.leverages(ridge, np.float32)[some], MOST_OWN)
            return np.asarray(missed * (leverages / (1 - leverages))[:, None])

        def changes(maps: Array, some: slice) -> Iterator[tuple[Array, Array]]:
            moved = product(weak.influence(ridge, some).astype(maps.dtype, copy=False), maps)
            yield errors(some), moved

        self._held[ridge] = HeldOut(level, weak.mean, coef, weak.n, errors, own, changes)
        return self._held[ridge]

    def loo_w2s(
        self, pool: Moments, ridge_weak: float, ridges: Sequence[float], *, teacher: str = "weak"
    ) -> Array:
        """Exact leave-one-out predictions of the W2S student, at several student ridges.

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
        projection = Projection(pool, (teacher,))
        return projection.left_out(self.held_out_teacher(ridge_weak), self.strong, ridges)
