"""Strong features fitted to scores of a pool that are linear in other features: the student's step.

Whatever gives the scores (a teacher, a posterior mean), the student is linear in its coefficients,
``θ_s = Aθ`` with ``A = (Σ_ss + λ_s)⁻¹Σ_sz`` of the pool. So its leave-one-out follows from that of
the scores without a refit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from w2slens._core.types import Array
from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments
from w2slens.moments.products import product
from w2slens.moments.solve import Solve


def distil(pool: Moments, scores: LinearProbe, solve: Solve, blocks: Sequence[str]) -> LinearProbe:
    """Fit the strong features to scores that are linear in some blocks of the pool.

    Their cross-scatter with the strong features is ``Σ_sz θ``: the pool's rows are not needed, and
    no true label is used. `solve` is ``pool.solver("strong", λ_s)``; `LinearProbe.stack` of several
    scores trains as many students.
    """
    coef = solve(crossed(pool, "strong", blocks, scores.coef))
    return LinearProbe.centred(coef, pool.centre("strong"), scores.predict(centre_of(pool, blocks)))


def from_scores(pool: Moments, solve: Solve, scores: Sequence[str]) -> LinearProbe:
    """Fit the strong features to scores that are blocks of the pool themselves."""
    coef = solve(np.hstack([pool.cross("strong", name) for name in scores]))
    return LinearProbe.centred(coef, pool.centre("strong"), centre_of(pool, scores))


def crossed(moments: Moments, left: str, blocks: Sequence[str], right: Array) -> Array:
    """Multiply the centred scatter of a block with some others, side by side, by (p, k)."""
    ends = accumulate((moments.width(name) for name in blocks), initial=0)
    found = np.zeros((moments.width(left), right.shape[1]))
    for name, (start, end) in zip(blocks, pairwise(ends), strict=True):
        found += product(moments.cross(left, name), right[start:end])
    return found


def centre_of(pool: Moments, blocks: Sequence[str]) -> Array:
    """(p,) mean of some blocks, side by side."""
    return np.concatenate([pool.centre(name) for name in blocks])


Changes = Callable[[Array, slice], Iterator[tuple[Array, Array]]]
"""Maps (p, q) and some rows ↦ pairs (m, k), (m, q): their row-wise outer products sum to
mapsᵀ(θ − θ⁻ⁱ). The second may be written to."""

OfRows = Callable[[slice], Array]
"""Some rows ↦ (m, k)."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores ``level + (z − centre)ᵀθ``, and what they would be without each label.

    Leaving out a label takes its error over n from the level, and from the coefficients what
    `changes` says.
    """

    level: Array  # (k,)
    centre: Array  # (p,) of the labeled rows
    coef: Array  # (p, k)
    n: int  # labels
    errors: OfRows  # of the scores of a row without its label
    own: OfRows  # what its own label adds to the scores of a row, to a few digits
    changes: Changes

    @property
    def probe(self) -> LinearProbe:
        """The scores with all labels."""
        return LinearProbe.centred(self.coef, self.centre, self.level)
