"""The student of labels and teacher together, in expectation.

At given hyperparameters the posterior mean of f* (`w2slens.models.posterior`) is a ridge fit to
``z' = P^{1/2}z``, z = [φ_w ; φ_s]: a teacher like any other, of other features. So the two-stage
equivalent says what it and its student err by, and how likely labels are: the hyperparameters are
averaged by their expected evidence, as those of a run are by the evidence of its labels. The risk
of such an average is at most the average of the risks, which stands for it here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import linalg

from w2slens._core.types import Array, Ridge
from w2slens.models.kernels import NOISES
from w2slens.models.prior import CANDIDATES, DIRECTIONS, Division, Prior, Shape, Side
from w2slens.theory.fits import Fit
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.side import Side as Features
from w2slens.theory.tuned import Tuned

NEGLIGIBLE = 0.01  # combinations with a smaller share of the best one's evidence are left out
ROUNDING = 1e-12  # share of the prior's largest variance below which a direction has none
LEAST = (
    1e-300  # of the squared labels along a kernel: without signal and noise all are likely alike
)


def prior_of(problem: Problem, directions: int = DIRECTIONS[0]) -> Prior:
    """Say what is thought of f* where the population of the features is known."""
    sides = []
    for side in (problem.weak, problem.strong):
        kept = slice(min(side.dimension, directions))
        sides.append(Side(side.spectrum.whitening[kept], side.spectrum.values[kept]))
    weak, strong = sides
    overlap = strong.whitening @ problem.cross_gram @ weak.whitening.T
    return Prior(weak, strong, np.asarray(overlap))


@dataclass(frozen=True, eq=False)
class Stack:
    """The pair whose teacher sees z'; what its hyperparameters do not change is made once."""

    problem: Problem
    prior: Prior

    @cached_property
    def _moments(self) -> tuple[Array, Array, Array]:
        """Along the axes: Σ_sz, the second moments of z, and those with f*."""
        problem, prior = self.problem, self.prior
        W_w, W_s = prior.weak.whitening, prior.strong.whitening
        cross = np.hstack([problem.cross_gram @ W_w.T, problem.strong_gram @ W_s.T])
        C = prior.overlap
        second = np.block([[np.eye(len(W_w)), C.T], [C, np.eye(len(W_s))]])
        return cross, second, np.vstack([W_w @ problem.weak_target, W_s @ problem.strong_target])

    def at(self, shape: Shape, division: Division) -> Problem:
        """Describe it."""
        root = _root(self.prior, shape, division)
        return self.pair(root, self.teacher(root))

    def teacher(self, root: Array) -> Features:
        """Describe the teacher's features, by a root of the prior covariance."""
        _, second, target = self._moments
        return Features(root.T @ second @ root, root.T @ target, self.problem.energy)

    def pair(self, root: Array, teacher: Features) -> Problem:
        """Put it beside its student, whose side stays as it is."""
        cross, _, _ = self._moments
        found = replace(
            self.problem,
            weak_gram=teacher.gram,
            cross_gram=cross @ root,
            weak_target=teacher.target,
        )
        # one spectrum serves the teacher's models, and one of the student all hyperparameters
        vars(found).update(weak=teacher, strong=self.problem.strong)
        return found


def _root(prior: Prior, shape: Shape, division: Division) -> Array:
    """(r, m) root of the prior covariance along the axes, side by side."""
    P = prior.covariance(shape, division, np.eye(len(prior.axes.T)))
    r, parts = len(prior.weak.variances), []
    for block in (P[:r, :r], P[r:, r:]):
        values, vectors = linalg.eigh(block, driver="evd", check_finite=False)
        kept = values > ROUNDING * values[-1]
        parts.append(vectors[:, kept] * np.sqrt(values[kept]))
    return np.asarray(linalg.block_diag(*parts))


@dataclass(frozen=True, eq=False)
class Candidate:
    """One shape and division; only where labels may make it likely is its student looked at."""

    stack: Stack
    root: Array  # of the prior covariance
    ridge_strong: Ridge
    intercept: bool

    @cached_property
    def teacher(self) -> Features:
        """The features z' that the posterior mean is a fit of."""
        return self.stack.teacher(self.root)

    @cached_property
    def models(self) -> Tuned:
        """Models of the pair."""
        pair = self.stack.pair(self.root, self.teacher)
        return Tuned(pair, "auto", self.ridge_strong, self.intercept)


class Weighed(NamedTuple):
    """One combination of hyperparameters at some n: its models, noise g, and its weight."""

    candidate: Candidate
    noise: float
    weight: float


@dataclass(frozen=True, eq=False)
class Together:
    """The posterior mean and its student at any size, hyperparameters averaged by evidence.

    Few `directions` of a side, and the `most` likely combinations alone, make it fast and coarse.
    """

    problem: Problem
    ridge_strong: Ridge = "auto"
    intercept: bool = True
    directions: int = DIRECTIONS[0]
    most: int | None = None

    @cached_property
    def _models(self) -> list[Candidate]:
        """Models at all shapes and divisions."""
        stack, given = Stack(self.problem, self._prior), (self.ridge_strong, self.intercept)
        return [Candidate(stack, _root(self._prior, *key), *given) for key in CANDIDATES]

    @cached_property
    def _prior(self) -> Prior:
        return prior_of(self.problem, self.directions)

    @cached_property
    def _known(self) -> dict[int, list[Weighed]]:
        return {}

    def mean(self, n: Sequence[int]) -> Array:
        """(len(n),) risks of the posterior mean: of the student ``both``."""
        found = []
        self._weigh(n)
        for rows in n:
            risks = 0.0
            for one in self._known[rows]:
                side = one.candidate.teacher
                bias, variance = self._fit(one, rows).risk(side.along(side))
                risks += one.weight * float(np.maximum(bias, 0.0)[0] + variance[0])
            found.append(risks)
        return np.array(found)

    def student(self, n: Sequence[int], N: Sequence[int]) -> Array:
        """(len(n), len(N)) risks of the student ``posterior``."""
        pools = np.array(N, float)
        self._weigh(n)
        found = np.zeros((len(n), len(pools)))
        for place, rows in enumerate(n):
            for one in self._known[rows]:
                models = one.candidate.models
                (bias, variance), _ = models.student(self._fit(one, rows), pools)
                found[place] += one.weight * (np.maximum(bias, 0.0) + variance)[0]
        return found

    def _fit(self, one: Weighed, rows: int) -> Fit:
        sites = Sites.of(rows, one.noise / rows, self.intercept)
        return Fit(one.candidate.teacher, self.problem.noise, sites)

    def _weigh(self, n: Sequence[int]) -> None:
        """Find the combinations that count at so many labels, by their expected evidence."""
        new = np.array([rows for rows in n if rows not in self._known], int)
        if not len(new):
            return
        evidence = np.array([self._evidence(one, new) for one in self._models])
        for rows, logs in zip(new.tolist(), evidence.transpose(1, 0, 2), strict=True):
            shares = np.exp(logs - logs.max())
            least = np.sort(shares, axis=None)[-self.most] if self.most else 0.0
            kept = (shares > NEGLIGIBLE) & (shares >= least)
            whole = float(shares[kept].sum())
            self._known[rows] = [
                Weighed(self._models[i], float(NOISES[j]), float(shares[i, j]) / whole)
                for i, j in zip(*np.nonzero(kept), strict=True)
            ]

    def _evidence(self, one: Candidate, rows: Array) -> Array:
        """(len(rows), noises) expected logarithms of the evidence.

        As `w2slens.models.evidence` has it: with κ the effective ridge,
        ``log det(K + g) → Σ log(1 + λᵢ/κ) + n log(nκ) − df1`` and
        ``yᵀ(K + g)⁻¹y → (σ² + ρ)/κ + Σ eᵢ/(λᵢ + κ)``, eᵢ the energy of f* along direction i.
        """
        side = one.teacher
        sizes, noises = (
            each.ravel() for each in np.meshgrid(rows.astype(float), NOISES, indexing="ij")
        )
        fit = Shrinkage(side.spectrum, Sites(sizes, noises / sizes, self.intercept))
        free, k = sizes - int(self.intercept), side.target.shape[1]
        volume = np.sum(np.log1p(fit.values / fit.kappa[:, None]), axis=1)
        volume += free * np.log(free * fit.kappa) - fit.df1
        quadratic = (self.problem.noise + side.error) / fit.kappa + fit.resolvent @ side.energies
        logs = -0.5 * k * (volume + free * np.log(np.maximum(quadratic, LEAST)))
        return np.asarray(logs.reshape(len(rows), len(NOISES)))


def student_risks(
    problem: Problem,
    names: Sequence[str],
    n: Sequence[int],
    N: Sequence[int],
    ridge_strong: Ridge = "auto",
) -> dict[str, Array]:
    """Name → (len(n), len(N)) risks of students beyond the four models; nan where theory has none.

    Fits have an intercept, as the library makes them.
    """
    together, shape = Together(problem, ridge_strong), (len(n), len(N))
    found = {name: np.full(shape, np.nan) for name in names}
    if problem.signal is None:
        return found
    if "posterior" in found:
        found["posterior"] = together.student(n, N)
    if "both" in found:
        found["both"] = np.broadcast_to(together.mean(n)[:, None], shape)
    return found
