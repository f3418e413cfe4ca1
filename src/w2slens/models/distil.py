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
from w2slens.models.design import Design
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
    return LinearProbe.centred(coef, pool.centre("strong"), scores.predict(_centre(pool, blocks)))


def crossed(moments: Moments, left: str, blocks: Sequence[str], right: Array) -> Array:
    """Multiply the centred scatter of a block with some others, side by side, by (p, k)."""
    ends = accumulate((moments.width(name) for name in blocks), initial=0)
    found = np.zeros((moments.width(left), right.shape[1]))
    for name, (start, end) in zip(blocks, pairwise(ends), strict=True):
        found += product(moments.cross(left, name), right[start:end])
    return found


def _centre(pool: Moments, blocks: Sequence[str]) -> Array:
    return np.concatenate([pool.centre(name) for name in blocks])


Changes = Callable[[Array], Iterator[tuple[Array, Array]]]
"""Maps (p, q) ↦ pairs (n, k), (n, q): their row-wise outer products sum to mapsᵀ(θ − θ⁻ⁱ)."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores ``level + (z − centre)ᵀθ``, and what they would be without each label.

    Leaving out label i takes ``slips[i]`` from the level, and from the coefficients what `changes`
    says.
    """

    level: Array  # (k,)
    centre: Array  # (p,) of the labeled rows
    coef: Array  # (p, k)
    slips: Array  # (n, k)
    changes: Changes

    @property
    def probe(self) -> LinearProbe:
        """The scores with all labels."""
        return LinearProbe.centred(self.coef, self.centre, self.level)


def loo_distilled(
    held: HeldOut, strong: Design, pool: Moments, blocks: Sequence[str], ridges: Sequence[float]
) -> Array:
    """Exact leave-one-out predictions of students of such scores, at several student ridges.

    Parameters
    ----------
    held
        The scores, linear in the coordinates of `blocks`.
    strong
        The student's features of the labeled rows.
    pool
        Moments of the unlabeled pool with all blocks and ``strong``.
    ridges
        Values of λ_s.

    Returns
    -------
    (len(ridges), n, k) scores of row i by the student that never saw label i.
    """
    eigen = pool.spectrum("strong")
    V = eigen.all_vectors
    # (φ_s(x_i) − φ̄_s^u)ᵀA(θ − change) along the eigenvectors V of Σ_ss, where A is diagonal.
    offset = strong.mean - pool.centre("strong")
    scores = product(strong.rows, V) + offset @ V
    cross = np.hstack([pool.cross("strong", name) for name in blocks])
    to_blocks = product(V.T, cross)
    weights = np.zeros((len(ridges), len(V)))
    for row, ridge in zip(weights, ridges, strict=True):
        used = eigen.used(ridge)
        row[used] = 1 / (eigen.all_values[used] + pool.count * ridge)
    # What needs no student ridge: level⁻ⁱ + (z̄_u − z̄_ℓ)ᵀθ⁻ⁱ.
    shift = _centre(pool, blocks) - held.centre
    pulled = product(to_blocks, held.coef)
    found = np.stack([product(scores * row, pulled) for row in weights])
    found += held.level - held.slips + shift @ held.coef
    for errors, moved in held.changes(np.column_stack([to_blocks.T, shift])):
        along = product(scores * moved[:, :-1], weights.T) + moved[:, -1:]  # (n, ridges)
        found -= along.T[:, :, None] * errors
    return found
