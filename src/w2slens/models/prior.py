"""What is thought likely of f* before any label: a Gaussian over both sides' directions.

With z = [φ_w ; φ_s], ``f* = zᵀβ`` is a sum of a part along the teacher's principal directions, one
along the student's, and one that either can express of what the other knows. How energy falls along
a side's directions (a shape) and how it is divided between the parts is not known; `SHAPES` and
`DIVISIONS` are what it may be.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product as pairs
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.measure.debiased import debiased_overlap
from w2slens.moments import Moments
from w2slens.moments.products import gram, product


class Shape(NamedTuple):
    """Energy falls as λ^decay along the leading directions of variances λ, and is 0 beyond."""

    decay: float
    leading: int


class Division(NamedTuple):
    """Shares of the energy: along the teacher's directions, along the student's, common to both."""

    weak: float
    strong: float
    common: float


DIRECTIONS = (256, 2048)
"""Of a side, along which f* is sought, at least and at most: what lies beyond counts as noise. Few
labels tell nothing of more: of 1,280 coordinates the student was as good with 256 as with all at
up to 300 labels, and with 512 at 1,000."""

EVERY = 10**9  # more directions than any features have

SHAPES = (
    Shape(0.5, EVERY),
    Shape(1.0, EVERY),
    Shape(2.0, EVERY),
    Shape(3.0, EVERY),
    Shape(0.5, 48),
    Shape(0.5, 16),
)

DIVISIONS = (
    Division(1 / 3, 1 / 3, 1 / 3),
    Division(0.002, 0.002, 0.996),
    Division(0.02, 0.02, 0.96),
    Division(0.1, 0.1, 0.8),
    Division(0.1, 0.45, 0.45),
    Division(0.45, 0.1, 0.45),
    Division(0.8, 0.1, 0.1),
    Division(0.1, 0.8, 0.1),
    Division(0.45, 0.45, 0.1),
    Division(0.98, 0.01, 0.01),
    Division(0.01, 0.98, 0.01),
)

CANDIDATES = tuple(pairs(SHAPES, DIVISIONS))


class Side(NamedTuple):
    """The directions of one side along which f* is sought."""

    whitening: Array  # (r, p) to coordinates of unit variance over the pool
    variances: Array  # (r,) of the features along them, largest first


class Parts(NamedTuple):
    """Prior covariances of one shape, each of trace 1: diagonals, and roots of the common ones."""

    weak: Array  # (r_w,)
    strong: Array  # (r_s,)
    weak_common: Array  # (r_w, r_s) F, the covariance being FFᵀ
    strong_common: Array  # (r_s, r_w)


@dataclass(frozen=True, eq=False)
class Prior:
    """Both sides' directions, whitened over a pool, and what either expresses of the other."""

    weak: Side
    strong: Side
    overlap: Array  # (r_s, r_w) correlations of the directions, without chance

    @classmethod
    def of(cls, pool: Moments, labels: int, *, teacher: str = "weak") -> "Prior":
        """Take the leading directions of a pool's blocks: as many as so many labels deserve."""
        most = directions(labels)
        weak, strong = (_side(pool, name, most) for name in (teacher, "strong"))
        cross = product(
            product(strong.whitening, pool.covariance("strong", teacher)), weak.whitening.T
        )
        return cls(weak, strong, debiased_overlap(cross, pool.count))

    @cached_property
    def axes(self) -> Array:
        """B, (p, r): the directions in coordinates of z, so that ``Bᵀz`` has unit variances."""
        return np.asarray(linalg.block_diag(self.weak.whitening.T, self.strong.whitening.T))

    @cached_property
    def parts(self) -> dict[Shape, Parts]:
        """Covariances of all shapes."""
        return {shape: self._parts(shape) for shape in SHAPES}

    def _parts(self, shape: Shape) -> Parts:
        C = self.overlap
        own_w, own_s = (_energies(side.variances, shape) for side in (self.weak, self.strong))
        return Parts(own_w, own_s, _unit(C.T * np.sqrt(own_s)), _unit(C * np.sqrt(own_w)))

    def along(self, weak: Array, strong: Array) -> Array:
        """Rows of features (n, p_w) and (n, p_s) along the axes, (n, r)."""
        left, right = product(weak, self.weak.whitening.T), product(strong, self.strong.whitening.T)
        return np.hstack([left, right])

    def kernels(self, rows: Array, shape: Shape) -> tuple[Array, Array, Array]:
        """(m, m) Gram matrices ``RPRᵀ`` of rows (m, r) along the axes: of each part at share 1."""
        parts, r = self.parts[shape], len(self.weak.variances)
        weak, strong = rows[:, :r], rows[:, r:]
        common = np.hstack([product(weak, parts.weak_common), product(strong, parts.strong_common)])
        alone = weak * np.sqrt(parts.weak), strong * np.sqrt(parts.strong)
        own_w, own_s, shared = (gram(np.ascontiguousarray(each.T)) for each in (*alone, common))
        return own_w, own_s, shared / 2

    def covariance(self, shape: Shape, division: Division, right: Array) -> Array:
        """Multiply the prior covariance of β along the axes by (r, k)."""
        parts, r = self.parts[shape], len(self.weak.variances)
        q_w, q_s, q = division
        weak, strong = right[:r], right[r:]
        F, G = parts.weak_common, parts.strong_common
        return np.vstack(
            [
                q_w * parts.weak[:, None] * weak + q / 2 * product(F, product(F.T, weak)),
                q_s * parts.strong[:, None] * strong + q / 2 * product(G, product(G.T, strong)),
            ]
        )

    def draw(
        self, shape: Shape, division: Division, count: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """(r, count) draws of β along the axes, in float32."""
        parts, halves = self.parts[shape], []
        for own, root, share in (
            (parts.weak, parts.weak_common, division.weak),
            (parts.strong, parts.strong_common, division.strong),
        ):
            alone = rng.standard_normal((len(own), count)).astype(np.float32)
            common = rng.standard_normal((root.shape[1], count)).astype(np.float32)
            alone *= np.sqrt(share * own, dtype=np.float32)[:, None]
            root = (np.sqrt(division.common / 2) * root).astype(np.float32)
            halves.append(alone + product(root, common))
        return np.vstack(halves)


def directions(labels: int) -> int:
    """Return how many directions of a side are looked at: half the labels, in powers of 2."""
    least, most = DIRECTIONS
    return min(max(1 << (max(labels, 1) - 1).bit_length() - 1, least), most)


def _side(pool: Moments, name: str, most: int) -> Side:
    eigen = pool.spectrum(name)
    kept = slice(min(eigen.rank, most))
    return Side(eigen.whitening[kept] * pool.count**0.5, eigen.values[kept] / pool.count)


def _energies(variances: Array, shape: Shape) -> Array:
    kept = np.arange(len(variances)) < shape.leading
    energy = np.where(kept, (variances / variances[0]) ** shape.decay, 0.0)
    return np.asarray(energy / energy.sum())


def _unit(root: Array) -> Array:
    return np.asarray(root / max(float(np.sum(root**2)) ** 0.5, 1e-150))
