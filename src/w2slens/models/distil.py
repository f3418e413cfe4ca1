"""Strong features fitted to scores of a pool that are linear in other features: the student's step.

Whatever gives the scores (a teacher, a posterior mean), the student is linear in its coefficients,
``θ_s = Aθ`` with ``A = (Σ_ss + λ_s)⁻¹Σ_sz`` of the pool. So its leave-one-out follows from that of
the scores without a refit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.design import EVERY, Design
from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments, Spectrum
from w2slens.moments.products import product
from w2slens.moments.solve import Solve

COMPARED = 50
"""Labeled rows of which one is compared, to know rows again that were projected before."""


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


Changes = Callable[[Array, slice], Iterator[tuple[Array, Array]]]
"""Maps (p, q) and some rows ↦ pairs (m, k), (m, q): their row-wise outer products sum to
mapsᵀ(θ − θ⁻ⁱ)."""


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


@dataclass(frozen=True, eq=False)
class Projection:
    """The student's step along the eigenvectors V of a pool's Σ_ss, where it is a division.

    What needs neither labels nor a student's ridge is made once for all students of the pool.
    """

    pool: Moments
    blocks: tuple[str, ...]
    _rotated: list[tuple[Array, Array]] = field(default_factory=list, init=False, repr=False)

    @property
    def eigen(self) -> Spectrum:
        """Eigenpairs of Σ_ss."""
        return self.pool.spectrum("strong")

    @cached_property
    def to_blocks(self) -> Array:
        """(r, p) ``VᵀΣ_sz``."""
        cross = np.hstack([self.pool.cross("strong", name) for name in self.blocks])
        return product(self.eigen.all_vectors.T, cross)

    def along(self, strong: Design, some: slice) -> Array:
        """(m, r) ``(φ_s(x_i) − φ̄_s^u)ᵀV`` of some labeled rows; prefixes share their products."""
        rows = strong.rows[some] + (strong.mean - self.pool.centre("strong"))
        for known, found in self._rotated:
            same = known[: len(rows) : COMPARED]
            if len(rows) <= len(known) and np.allclose(rows[::COMPARED], same, rtol=1e-9):
                return found[: len(rows)]
        self._rotated[:] = [(rows, product(rows, self.eigen.all_vectors))]
        return self._rotated[0][1]

    def left_out(
        self,
        held: HeldOut,
        strong: Design,
        ridges: Sequence[float],
        some: slice = EVERY,
        digits: type = np.float64,
    ) -> Array:
        """Exact leave-one-out predictions of students of such scores, at several student ridges.

        Parameters
        ----------
        held
            The scores, linear in the coordinates of the blocks.
        strong
            The student's features of the labeled rows.
        ridges
            Values of λ_s.
        some
            Rows to be left out, one by one.
        digits
            float32 is twice as fast, and enough for a choice between ridges.

        Returns
        -------
        (len(ridges), m, k) scores of row i by the student that never saw label i.
        """
        eigen, scores = self.eigen, self.along(strong, some)
        weights = np.zeros((len(ridges), len(self.to_blocks)))
        for row, ridge in zip(weights, ridges, strict=True):
            used = eigen.used(ridge)
            row[used] = 1 / (eigen.all_values[used] + self.pool.count * ridge)
        # What needs no student ridge: level⁻ⁱ + (z̄_u − z̄_ℓ)ᵀθ⁻ⁱ.
        shift = _centre(self.pool, self.blocks) - held.centre
        pulled = product(self.to_blocks, held.coef)
        columns = [product(scores * column, weights.T).T for column in pulled.T]  # (ridges, m)
        found = np.stack(columns, axis=2)
        found += held.level - held.slips[some] + shift @ held.coef
        maps: NDArray[Any] = np.empty((len(shift), len(self.to_blocks) + 1), dtype=digits)
        maps[:, :-1], maps[:, -1] = self.to_blocks.T, shift
        for errors, moved in held.changes(maps, some):
            along = product(scores * moved[:, :-1], weights.T) + moved[:, -1:]  # (m, ridges)
            found -= along.T[:, :, None] * errors
        return found
