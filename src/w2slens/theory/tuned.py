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
from w2slens.moments.spectrum import EPS64
from w2slens.theory.fits import Fit, Parts
from w2slens.theory.problem import Problem
from w2slens.theory.question import Question
from w2slens.theory.shrinkage import Filters, Sites
from w2slens.theory.side import Side
from w2slens.theory.student import Heard, Listening, Part, Relay, Student

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

    @cached_property
    def left(self) -> Array:
        """(κ,) what fits of all candidates leave of f*: ``missed + ρ``."""
        f, side = self.filters, self.side
        return np.asarray(f.kappa**2 * (f.squared @ side.energies)) + side.error

    def best(self, noise: float, rows: Array) -> "Chosen":
        """Fits of least risk to so many labels of this noise."""
        reached, learnt = self.learnt(rows)
        # R = missed + ρ + τ²·(df2/n + 1/n), τ² = (missed + ρ + σ²)/(1 − df2/n)
        risks = np.where(reached, self.left + (self.left + noise) * learnt, np.inf)
        places = np.argmin(risks, axis=1)
        defined = np.isfinite(risks.min(axis=1))
        ridges = self.ridges(rows, places)
        learns = np.take_along_axis(learnt, places[:, None], axis=1)[:, 0]
        return Chosen(self, rows, places, defined, ridges, (self.left[places] + noise) * learns)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The best fits of one side to some numbers of labels."""

    among: Candidates
    rows: Array
    places: Index  # among the candidates
    defined: NDArray[np.bool_]  # whether any fit is
    ridges: Array  # λ
    variance: Array  # of the risk on the population itself

    @property
    def sites(self) -> Sites:
        """The same for `Fit`; λ is nan where no fit is."""
        both = self.ridges, self.among.filters.kappa[self.places]
        λ, κ = (np.where(self.defined, each, np.nan) for each in both)
        return Sites(self.rows, λ, self.among.intercept, κ)

    @property
    def parts(self) -> Parts:
        """Bias and variance of the risk on the population itself."""
        return np.where(self.defined, self.among.left[self.places], np.nan), self.variance

    def misfit(self, noise: float) -> Array:
        """(fits,) τ²: the test error with noise."""
        free = np.maximum(self.rows - int(self.among.intercept), 1.0)
        share = np.minimum(self.among.filters.df2[self.places] / free, 1 - EPS64)
        return np.asarray((self.among.left[self.places] + noise) / (1 - share))


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
            if self.ridge_weak == self.ridge_strong == "auto":
                bias, variance = self._recalled(rows, pools)
            else:
                bias, variance = self.student(self.teacher(rows), pools)[0]
        else:
            weak = model == "weak"
            if (self.ridge_weak if weak else self.ridge_strong) == "auto":
                among = self._weak if weak else self._strong
                parts = among.best(self.problem.noise, rows).parts
            else:
                fit = self.teacher(rows) if weak else self.strong(rows)
                seen = self.problem.weak.along(self.problem.weak) if weak else self._seen
                parts = fit.risk(seen)
            bias, variance = (part[:, None] for part in parts)
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
        heard = self._listening.hear(teacher, self._seen)
        return self._best(heard, teacher.shrinkage.defined, pools)

    def _recalled(self, rows: Array, pools: Array) -> Parts:
        """Teach students at best ridges, by best teachers."""
        chosen = self._weak.best(self.problem.noise, rows)
        known = self._heard
        bias, lacked, inherited, copied = (each[chosen.places] for part in known for each in part)
        misfit = chosen.misfit(self.problem.noise)
        share = (misfit / np.maximum(rows - int(self.intercept), 1.0))[:, None]
        own = misfit * int(self.intercept) / rows
        heard = Heard(bias, share * inherited, lacked + share * copied, own[:, None])
        return self._best(heard, chosen.defined, pools)[0]

    @cached_property
    def _heard(self) -> tuple[Part, Part]:
        """What students make of teachers at all candidates κ, for all n: of means, and spreads."""
        f, weak = self._weak.filters, self.problem.weak
        means = self._listening.hear_means(f.resolvent, weak.along_axes, self._seen)
        return means, self._listening.hear_spreads(f.values * f.squared, self._seen)

    def _best(self, heard: Heard, taught: NDArray[np.bool_], pools: Array) -> tuple[Parts, Array]:
        """Give each student the ridge of least risk."""
        reached, learnt = self._strong.learnt(pools)
        beyond, lacked = np.where(reached, 0.0, np.inf), heard.lacked.clip(0)
        places, risks = np.zeros((len(lacked), len(pools)), dtype=np.intp), np.empty(learnt.shape)
        for a, chosen in enumerate(places):  # in place: memory takes as long as the sums
            np.multiply(lacked[a], learnt, out=risks)
            risks += heard.inherited[a]
            risks += beyond
            risks += heard.bias[a]
            np.argmin(risks, axis=1, out=chosen)
        each, pool = np.arange(len(lacked))[:, None], np.arange(len(pools))
        bias, variance = heard.bias[each, places], beyond[pool, places]
        variance += heard.inherited[each, places] + lacked[each, places] * learnt[pool, places]
        defined = taught[:, None] & np.isfinite(variance)
        parts = np.where(defined, bias, np.nan), np.where(defined, variance + heard.own, np.nan)
        return parts, np.where(defined, self._strong.ridges(pools, places), np.nan)

    def _fit(self, side: Side, candidates: Candidates, ridge: Ridge, rows: Array) -> Fit:
        if ridge == "auto":
            sites = candidates.best(self.problem.noise, rows).sites
        else:
            sites = Sites.of(rows, ridge, self.intercept)
        return Fit(side, self.problem.noise, sites)

    @cached_property
    def _listening(self) -> Listening:
        return Listening(self._relay, self._strong.filters)

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
