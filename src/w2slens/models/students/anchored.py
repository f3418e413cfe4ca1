"""A ridge fit to the labels that is anchored at a share of the W2S student.

``f = ρ·f_w2s + ridge_μ(y − ρ·f⁽⁻⁾)``, f⁽⁻⁾ being what the W2S student says of a labeled row without
its label. ρ = 0 is the strong baseline, ρ = 1 with μ → ∞ the W2S student. Leave-one-out is exact:
without label i the anchor of every other row j is one that saw neither label, which two rank-one
steps give. Candidates μ, each at its best ρ, are averaged by how well they leave out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2slens._core.types import Array, Ridge
from w2slens.models.centred import EVERY
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut
from w2slens.models.labeled import LabeledBlock
from w2slens.models.probe import LinearProbe
from w2slens.models.students import imitate
from w2slens.models.students.lesson import Pool, Taken
from w2slens.models.tuning import grid
from w2slens.moments.products import product

LEAST_FREEDOM = 1e-6
"""A teacher that fits a row but for a smaller share of its label has no second row to leave out: it
is looked at with a ridge of this share of its features' variance."""

PANEL = 4_000_000  # entries of an n × n matrix at a time


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Choose ρ and μ by exact leave-one-out on the labels."""
    student = imitate.learn(pool, block, ridge_weak, ridge)
    anchor = Anchor(pool, block, ridge_weak, student)
    candidates = [anchor.at(μ) for μ in grid(block.strong.values**2 / len(block.targets))[:-1]]
    losses = np.array(
        [np.mean(np.sum((block.targets - c.scores) ** 2, axis=1)) for c in candidates]
    )
    least, k = float(losses.min()), block.targets.shape[1]
    weights = np.exp(-len(block.targets) * k * (losses - least) / (2 * max(least, 1e-300)))
    weights /= weights.sum()
    probes = [anchor.fit(one) for one in candidates]
    coef = sum(w * probe.coef for w, probe in zip(weights, probes, strict=True))
    intercept = sum(w * probe.intercept for w, probe in zip(weights, probes, strict=True))
    scores = sum(w * one.scores for w, one in zip(weights, candidates, strict=True))
    return Taken(
        LinearProbe(np.asarray(coef), np.asarray(intercept)),
        float(weights @ [one.ridge for one in candidates]),
        lambda: np.asarray(scores),
    )


@dataclass(frozen=True, eq=False)
class Candidate:
    """A ridge μ with its best share ρ, and what it says of every row without its label."""

    ridge: float
    share: float
    scores: Array  # (n, k)


class Anchor:
    """The labeled rows, the teacher's hat matrix, and the W2S student's map from labels."""

    def __init__(self, pool: Pool, block: LabeledBlock, ridge_weak: float, student: Taken) -> None:
        self._block, self._student = block, student
        ridge = _seen(block.weak, ridge_weak)
        self._held: HeldOut = block.held_out_teacher(ridge)
        n, moments = len(block.targets), pool.moments
        influence = block.weak.influence(ridge)
        # a_j: the student's score of row j is ȳ + a_jᵀθ_w, by the pool's projection.
        right = moments.cross("strong", pool.teacher)
        solved = moments.spectrum("strong").solve(right, shift=moments.count * student.ridge)
        offset = block.strong.rows + (block.strong.mean - moments.centre("strong"))
        a = product(offset, solved) + (moments.centre(pool.teacher) - block.weak.mean)
        self._teacher = block.weak.rows, influence  # H = 1/n + rows·influenceᵀ
        self._map = a, influence  # M = 1/n + a·influenceᵀ
        self._n = n
        self._leverage = 1 / n + np.sum(block.weak.rows * influence, axis=1)
        self._own = 1 / n + np.sum(a * influence, axis=1)  # diagonal of M
        errors = self._held.errors(EVERY)  # r_i/(1 − h_i)
        self._misses = errors * (1 - self._leverage)[:, None]  # r = y − Hy
        self._scores = block.targets.mean(axis=0) + product(a, self._held.coef)  # f = My
        self._alone = self._scores - self._own[:, None] * errors  # f⁽⁻⁾

    @cached_property
    def _strong(self) -> tuple[Array, Array]:
        U, s, _ = self._block.strong.svd
        return U, s**2

    def at(self, ridge: float) -> Candidate:
        """Find the best share at a ridge μ, from leave-one-out predictions ``u + ρv``."""
        y, n = self._block.targets, self._n
        U, squares = self._strong
        kept = squares / (squares + n * ridge)
        free = 1 - 1 / n - (U**2) @ kept
        smooth = y.mean(axis=0) + product(U, kept[:, None] * (U.T @ y))  # Py
        own = (1 - free)[:, None]
        u = (smooth - own * y) / free[:, None]
        mean, along = self._anchors
        smooth = mean + np.column_stack([each @ kept for each in along])
        v = self._alone - (smooth - own * self._alone) / free[:, None]
        share = float(np.clip(np.sum(v * (y - u)) / max(float(np.sum(v**2)), 1e-300), 0.0, 1.0))
        return Candidate(ridge, share, u + share * v)

    @cached_property
    def _anchors(self) -> tuple[Array, list[Array]]:
        """What ``Σ_j P_ij q_ji`` takes for every P: the mean over j, and (n, r) along U an output.

        q_ji is what the student says of row j without the labels i and j.
        """
        U, n = self._strong[0], self._n
        mean = np.empty_like(self._alone)
        along = [np.empty_like(U) for _ in range(mean.shape[1])]
        step = max(PANEL // n, 1)
        for start in range(0, n, step):
            some = slice(start, start + step)
            for k, q in enumerate(self._without(some)):
                mean[some, k] = q.mean(axis=0)
                along[k][some] = U[some] * product(q.T, U)
        return mean, along

    def _without(self, some: slice) -> Iterator[Array]:
        """(n, c) q_ji of all rows j and some i, an output each."""
        h, r, m = self._leverage, self._misses, self._own[:, None]
        rows, influence = self._teacher
        H = 1 / self._n + product(rows, influence[some].T)
        M = 1 / self._n + product(self._map[0], influence[some].T)
        D = np.multiply.outer(1 - h, 1 - h[some]) - H**2
        j = np.arange(self._n)[some]
        i = np.arange(len(j))
        D[j, i] = 1.0  # one label alone is left out there
        for k in range(r.shape[1]):
            r_j, r_i = r[:, k, None], r[None, some, k]
            q = self._scores[:, k, None] - M * ((1 - h)[:, None] * r_i + H * r_j) / D
            q -= m * ((1 - h[some]) * r_j + H * r_i) / D
            q[j, i] = self._alone[some, k]
            yield q

    def fit(self, candidate: Candidate) -> LinearProbe:
        """Fit with all labels."""
        ρ, student = candidate.share, self._student.probe
        rest: LinearProbe = self._block.strong.fit(
            self._block.targets - ρ * self._alone, candidate.ridge
        )
        return LinearProbe(rest.coef + ρ * student.coef, rest.intercept + ρ * student.intercept)


def _seen(weak: Design, ridge: float) -> float:
    """Raise a ridge under which the teacher has rows to itself."""
    if float(weak.leverages(ridge).max()) < 1 - LEAST_FREEDOM:
        return ridge
    return max(ridge, LEAST_FREEDOM * float(np.mean(weak.values**2)) / weak.n)
