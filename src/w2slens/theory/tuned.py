"""Fits at their own best ridges: what tuning by leave-one-out comes to in expectation.

A fit sees its ridge only through κ, and ``nλ = κ·(n − df1(κ))``. So the best ridge of any n is
found among the same κ: no fixed point is solved, and many sizes cost one product of matrices. The
teacher's and the baseline's minimise their own risk; the student's minimises its risk given its
teacher, as leave-one-out on the true labels does in a run.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index, Ridge
from w2slens.models.risks import Models, Risks
from w2slens.theory.fits import Fit, Parts
from w2slens.theory.problem import Problem
from w2slens.theory.question import Question
from w2slens.theory.shrinkage import Filters, Sites
from w2slens.theory.side import Side
from w2slens.theory.student import Listening, Relay, Student

DECADES = (-8.0, 5.0)
"""Candidate κ span these powers of ten of the mean eigenvalue, besides 0: few rows alone make a κ
far above the ridge that was asked for."""

CANDIDATES = 780
"""Sixty a decade: risk is flat about its least, and neighbours differ by parts in ten thousand."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Effective ridges of one side of a population, for fits of every size."""

    side: Side
    intercept: bool

    @cached_property
    def filters(self) -> Filters:
        """All candidates κ, 0 first."""
        values = self.side.spectrum.values
        κ = float(values.mean()) * np.logspace(*DECADES, CANDIDATES)
        return Filters(values, np.concatenate([[0.0], κ]))

    def ridges(self, rows: Array, places: Index) -> Array:
        """λ by which fits of so many rows come to the candidates at `places`."""
        f, free = self.filters, rows - int(self.intercept)
        return np.asarray(np.maximum(f.kappa[places] * (free - f.df1[places]) / rows, 0.0))

    def learnt(self, rows: Array) -> tuple[NDArray[np.bool_], Array]:
        """(len(rows), κ) to which κ a ridge leads, and there ``(df2/n + 1/n)/(1 − df2/n)``.

        The second, 0 elsewhere, is what a fit learns of noise; 1/n is the intercept's.
        """
        f, free = self.filters, np.maximum(rows - int(self.intercept), 0.0)[:, None]
        reached = free > f.df1 + (f.kappa == 0)  # ridgeless, one row more has no finite expectation
        share = np.where(reached, f.df2 / np.maximum(free, 1.0), 0.0)
        noise = (share + int(self.intercept) / rows[:, None]) / (1 - share)
        return reached, np.where(reached, noise, 0.0)

    def best(self, noise: float, rows: Array) -> Sites:
        """Fits of least risk to so many labels of this noise; λ is nan where no fit is."""
        f, side = self.filters, self.side
        c = side.spectrum.vectors.T @ side.target
        missed = f.kappa**2 * (f.squared @ (np.sum(c**2, axis=1) / f.values))
        reached, learnt = self.learnt(rows)
        # R = missed + ρ + τ²·(df2/n + 1/n), τ² = (missed + ρ + σ²)/(1 − df2/n)
        left = missed + side.error
        risks = np.where(reached, left + (left + noise) * learnt, np.inf)
        places, none = np.argmin(risks, axis=1), np.isinf(risks.min(axis=1))
        λ, κ = self.ridges(rows, places), f.kappa[places]
        return Sites(rows, np.where(none, np.nan, λ), self.intercept, np.where(none, np.nan, κ))


@dataclass(frozen=True, eq=False)
class Tuned:
    """The models of a population at any size, each ridge the best one or as asked for."""

    problem: Problem
    ridge_weak: Ridge
    ridge_strong: Ridge
    intercept: bool

    def risks(self, asked: Question) -> Risks:
        """Evaluate the four models at the sizes asked for, with the ridges of each."""
        rows, pools, sizes = np.array(asked.n, float), np.array(asked.N, float), asked.sizes[2]
        each, places = np.unique(sizes, return_inverse=True)
        weak, strong, top = self.teacher(rows), self.strong(rows), self.strong(each)
        places = places.reshape(sizes.shape)
        student, λ = self.student(weak, pools)

        def over(values: Array) -> Array:
            return np.broadcast_to(values[:, None], sizes.shape)

        of_weak = weak.risk(self.problem.weak.along(self.problem.weak))
        of_strong, of_top = strong.risk(self._seen), top.risk(self._seen)
        bias, variance = (
            Models(over(of_weak[i]), student[i], over(of_strong[i]), of_top[i][places])
            for i in (0, 1)
        )
        λ_w, λ_s, λ_c = (fit.shrinkage.sites.ridges for fit in (weak, strong, top))
        ridges = Models(over(λ_w), λ, over(λ_s), λ_c[places])
        found = Risks.of_parts(asked.n, asked.N, bias, variance, "equivalent")
        return asked.finite(replace(found, ridges=ridges))

    def risk(self, model: str, rows: Array, pools: Array) -> Array:
        """(len(rows), len(pools)) risks of ``"weak"``, ``"w2s"`` or ``"strong"`` alone."""
        if model == "w2s":
            bias, variance = self.student(self.teacher(rows), pools)[0]
        else:
            weak = model == "weak"
            fit = self.teacher(rows) if weak else self.strong(rows)
            seen = self.problem.weak.along(self.problem.weak) if weak else self._seen
            bias, variance = (part[:, None] for part in fit.risk(seen))
        return np.broadcast_to(np.maximum(bias, 0.0) + variance, (len(rows), len(pools)))

    def teacher(self, rows: Array) -> Fit:
        """Fit teachers to so many labels."""
        return self._fit(self.problem.weak, self._weak, self.ridge_weak, rows)

    def strong(self, rows: Array) -> Fit:
        """Fit strong models to so many labels: the baseline, and the ceiling."""
        return self._fit(self.problem.strong, self._strong, self.ridge_strong, rows)

    def student(self, teacher: Fit, pools: Array) -> tuple[Parts, Array]:
        """Teach students on so many rows: (teachers, len(pools)) bias, variance and λ."""
        if self.ridge_strong != "auto":
            sites = Sites.of(pools, self.ridge_strong, self.intercept)
            parts = Student.of(self._relay, sites).risk(teacher, self._seen)
            return parts, np.full(parts[0].shape, self.ridge_strong)
        heard = Listening(self._relay, self._strong.filters).hear(teacher, self._seen)
        reached, learnt = self._strong.learnt(pools)
        shape = len(heard.bias), len(pools)
        places = np.zeros(shape, dtype=np.intp)
        variance = np.zeros(shape)
        for a in range(shape[0]):
            spread = heard.inherited[a] + heard.lacked[a].clip(0) * learnt
            spread = np.where(reached, spread, np.inf)
            places[a] = np.argmin(heard.bias[a] + spread, axis=1)
            variance[a] = np.take_along_axis(spread, places[a][:, None], axis=1)[:, 0]
        bias = np.take_along_axis(heard.bias, places, axis=1)
        defined = teacher.shrinkage.defined[:, None] & np.isfinite(variance)
        parts = np.where(defined, bias, np.nan), np.where(defined, variance + heard.own, np.nan)
        return parts, np.where(defined, self._strong.ridges(pools, places), np.nan)

    def _fit(self, side: Side, candidates: Candidates, ridge: Ridge, rows: Array) -> Fit:
        if ridge == "auto":
            sites = candidates.best(self.problem.noise, rows)
        else:
            sites = Sites.of(rows, ridge, self.intercept)
        return Fit(side, self.problem.noise, sites)

    @cached_property
    def _weak(self) -> Candidates:
        return Candidates(self.problem.weak, self.intercept)

    @cached_property
    def _strong(self) -> Candidates:
        return Candidates(self.problem.strong, self.intercept)

    @cached_property
    def _relay(self) -> Relay:
        return Relay.of(self.problem, self.problem)

    @cached_property
    def _seen(self) -> Side:
        return self.problem.strong.along(self.problem.strong)
