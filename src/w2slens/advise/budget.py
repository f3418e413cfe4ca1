"""What money buys: the sizes of a course that are best for a budget or a target."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Array, Ridge
from w2slens.advise.courses import MODEL, Course, Name
from w2slens.advise.grids import around, sizes
from w2slens.advise.reach import interval
from w2slens.advise.together import PosteriorRisks
from w2slens.models.risks import Risks
from w2slens.theory import Problem
from w2slens.theory.population import Population
from w2slens.theory.prediction import answer
from w2slens.theory.question import Question
from w2slens.theory.tuned import Tuned

LARGEST = 10_000_000  # most labels or pseudo-labels considered, unless the pool is smaller
ROUNDS = 5  # how often the grid of sizes narrows about the best
ABOUT = 8  # factor about the labels of a course within which a like one is looked for
HALVINGS, FINE = 60, 1e-4  # of a budget at most; the share of it to which the least cost is found
POOLED = ("w2s", "posterior")  # courses that use a pool, by its pseudo-labels
FEWEST = 2  # labels of a fit: one row shows no spread
FINITE = 1e300  # a risk that any model with a finite one reaches
ROUNDING = 1e-12  # share of a budget that is rounding
ENOUGH = 0.05  # pseudo-labels stop paying where an endless pool lowers the risk by a smaller share


@dataclass(frozen=True)
class Goal:
    """Least risk within a budget, or least cost for a target."""

    budget: float = np.inf
    target: float = np.inf

    def order(self, course: Course) -> tuple[float, float]:
        """Return what is to be smallest, the first thing first."""
        sought = course.risk, course.cost
        return sought[::-1] if np.isfinite(self.target) else sought


@dataclass(frozen=True)
class Shop:
    """Prices, and the risks of what they buy."""

    known: Population
    cost_label: float
    cost_pseudo: float
    cost_weak: float
    cost_strong: float
    owned: int
    pool: int
    ridge_weak: Ridge
    ridge_strong: Ridge
    intercept: bool

    @property
    def problem(self) -> Problem:
        """The population."""
        return self.known.problem

    def names(self) -> Iterator[Name]:
        """Courses that differ."""
        yield "w2s"
        if self.ridge_weak == self.ridge_strong == "auto":  # it has no ridge of its own to be given
            yield "posterior"
        yield "strong-on-labels"
        if self.owned:
            yield "label-more"
        yield "weak-is-enough"

    def cost(self, name: str, n: Any, N: Any) -> Array:
        """Price of n labels, owned ones free, N pseudo-labels and the models."""
        models = dict.fromkeys(POOLED, self.cost_weak + self.cost_strong)
        models["weak-is-enough"] = self.cost_weak
        bought = np.maximum(np.asarray(n, float) - self.owned, 0) * self.cost_label
        once = models.get(name, self.cost_strong)
        return np.asarray(bought + np.asarray(N) * self.cost_pseudo) + once

    def risks(self, name: Name, n: NDArray[np.intp], N: NDArray[np.intp]) -> Array:
        """(len(n), len(N)) predicted risks; infinite where a model has none."""
        if name == "posterior":
            return self._together.at(n, np.maximum(N, 1)) * self.known.factors.w2s
        model, pools = MODEL[name], np.maximum(N, 1)
        if self.equivalent:
            factor = getattr(self.known.factors, model)
            values = self._models.risk(model, n.astype(float), pools.astype(float)) * factor
        else:
            values = getattr(self.predicted(n.tolist(), pools.tolist()), model)
        return np.where(np.isnan(values), np.inf, values)

    def predicted(self, n: list[int], N: list[int]) -> Risks:
        """Predict the models; no course ends with the ceiling, which is that of the labels here."""
        ridges, intercept = (self.ridge_weak, self.ridge_strong), self.intercept
        grid = tuple(n), tuple(N)
        asked = Question.of(self.problem, *grid, ridges, intercept=intercept, ceiling="labels")
        return self.known.seen(self._models.risks(asked) if self.tuned else answer(asked))

    @property
    def tuned(self) -> bool:
        """Whether ridges are chosen."""
        return "auto" in (self.ridge_weak, self.ridge_strong)

    @property
    def equivalent(self) -> bool:
        """Whether every fit has a ridge: the equivalent then says what a model errs by alone."""
        return all(λ == "auto" or λ > 0 for λ in (self.ridge_weak, self.ridge_strong))

    @cached_property
    def _models(self) -> Tuned:
        """The models, prepared once for all sizes."""
        return Tuned(self.problem, self.ridge_weak, self.ridge_strong, self.intercept)

    @cached_property
    def _together(self) -> PosteriorRisks:
        """The student of labels and teacher, looked at once for all sizes."""
        return PosteriorRisks(self.problem, self.intercept)

    def courses(self, goal: Goal) -> list[Course]:
        """Find the best sizes of every course that is possible, the best course first."""
        found = {name: course for name in self.names() if (course := self.best(name, goal))}
        more = found.get("label-more")
        if more and more.n <= self.owned:  # the owned labels are enough: that is another course
            del found["label-more"]
        return sorted(found.values(), key=goal.order)

    def best(self, name: Name, goal: Goal) -> Course | None:
        """Find the best sizes of a course; None where it cannot be."""
        aimed = np.isfinite(goal.target)
        found = self._cheapest(name, goal.target) if aimed else self._within(name, goal.budget)
        return found and replace(found, interval=interval(self, found))

    def _within(self, name: Name, budget: float, near: Course | None = None) -> Course | None:
        """Least risk within a budget, its interval left out: a search that narrows about the best.

        For every n of a grid the largest N that the rest of the budget buys is among the sizes, so
        that the search runs along the budget's edge and not beside it. `near` is the best course of
        a budget that is much the same: the search then begins about its number of labels.
        """
        n_low, n_high, rounds = FEWEST, self._most(name, budget), ROUNDS
        if near is not None:
            n_low, n_high = max(n_low, near.n // ABOUT), min(n_high, near.n * ABOUT)
            rounds -= 2
        N_low, N_high = (1, self.pool) if name in POOLED else (0, 0)
        found: Course | None = None
        for _ in range(rounds):
            if n_high < n_low:
                break
            n = sizes(n_low, n_high)
            edge = np.clip(self._left(name, n, budget), N_low, N_high)
            N = np.unique(np.concatenate([sizes(N_low, min(N_high, int(edge.max()))), edge]))
            risk, cost = self.risks(name, n, N), self.cost(name, n[:, None], N[None, :])
            loss = np.where(cost <= budget * (1 + ROUNDING), risk, np.inf)
            i, j = np.unravel_index(int(np.argmin(loss)), loss.shape)
            if not np.isfinite(loss[i, j]):
                break
            if found is None or loss[i, j] < found.risk:
                cell, numbers = (int(n[i]), int(N[j])), (float(cost[i, j]), float(risk[i, j]))
                found = Course(name, *cell, *numbers, interval=(np.nan, np.nan))
            n_low, n_high = around(n, int(i))
            low, high = around(N, int(j))
            # The edge moves with n: what the neighbouring n leave is to be reached too.
            beside = edge[max(i - 1, 0) : i + 2]
            N_low, N_high = min(low, int(beside.min())), max(high, int(beside.max()))
        return found

    def _cheapest(self, name: Name, target: float) -> Course | None:
        """Least cost for a risk, its interval left out: bisection of the budget."""

        def reached(budget: float, near: Course | None = None) -> Course | None:
            course = self._within(name, budget, near)
            return course if course is not None and course.risk <= target else None

        most = float(self.cost(name, LARGEST, self.pool if name in POOLED else 0))
        found = reached(most)
        if found is None:
            return None
        low, high = float(self.cost(name, self.owned, 0)), found.cost
        for _ in range(HALVINGS):
            if high - low <= FINE * high:
                break
            middle = (low * high) ** 0.5 if low > FINE * high else (low + high) / 2
            course = reached(middle, found)
            if course is None:
                low = middle
            else:
                found, high = course, course.cost
        return found

    def _most(self, name: str, budget: float) -> int:
        """Most labels that a course may use: owned ones may be left unused."""
        if name == "strong-on-labels" and self.owned:
            return self.owned
        if not np.isfinite(budget) or self.cost_label == 0:
            return LARGEST
        left = budget - float(self.cost(name, self.owned, 0))
        return self.owned + min(int(left * (1 + ROUNDING) / self.cost_label), LARGEST)

    def _left(self, name: str, n: NDArray[np.intp], budget: float) -> NDArray[np.intp]:
        """Most pseudo-labels beside n labels."""
        if not np.isfinite(budget) or self.cost_pseudo == 0:
            return np.full(len(n), self.pool)
        left = np.maximum(budget - self.cost(name, n, 0), 0) * (1 + ROUNDING) / self.cost_pseudo
        return np.minimum(left, self.pool).astype(np.intp)

    def enough(self, n: int) -> int:
        """Least N at which an endless pool would lower the W2S risk by less than a twentieth."""
        N = sizes(1, LARGEST)
        endless = float(self.risks("w2s", np.array([n]), np.array([100 * LARGEST]))[0, 0])
        for _ in range(ROUNDS):
            risk = self.risks("w2s", np.array([n]), N)[0]
            reached = risk <= (1 + ENOUGH) * endless
            first = int(np.argmax(reached)) if reached.any() else len(N) - 1
            N = sizes(int(N[max(first - 1, 0)]), int(N[first]))
        return int(N[-1])

    def refuse(self, goal: Goal) -> None:
        """Say what the best reachable is."""
        if np.isfinite(goal.target):
            courses = filter(None, (self._within(name, np.inf) for name in self.names()))
            least = min((course.risk for course in courses), default=np.inf)
            raise InputError(
                "target",
                f"is {goal.target:g}; the least risk that any course reaches is {least:.4g}",
            )
        courses = filter(None, (self._cheapest(name, FINITE) for name in self.names()))
        least = min((course.cost for course in courses), default=np.inf)
        raise InputError(
            "budget",
            f"is {goal.budget:g}; it buys no model with a finite risk: at least {least:.4g} is "
            "needed",
        )
