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
from w2slens.advise.grids import around, one, sizes
from w2slens.advise.together import PosteriorRisks
from w2slens.forecasting.intervals import freedom, spread
from w2slens.models.risks import Risks
from w2slens.theory import Problem
from w2slens.theory.population import Population
from w2slens.theory.prediction import answer
from w2slens.theory.question import Question
from w2slens.theory.tuned import Tuned

LARGEST = 10_000_000  # most labels or pseudo-labels considered, unless the pool is smaller
ROUNDS = 5  # how often the grid of sizes narrows about the best
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
        values = getattr(self._predicted(n.tolist(), np.maximum(N, 1).tolist()), MODEL[name])
        return np.where(np.isnan(values), np.inf, values)

    def _predicted(self, n: list[int], N: list[int]) -> Risks:
        """Predict the models; no course ends with the ceiling, which is that of the labels here."""
        ridges, intercept = (self.ridge_weak, self.ridge_strong), self.intercept
        grid = tuple(n), tuple(N)
        asked = Question.of(self.problem, *grid, ridges, intercept=intercept, ceiling="labels")
        return self.known.seen(self._models.risks(asked) if self.tuned else answer(asked))

    @property
    def tuned(self) -> bool:
        """Whether ridges are chosen."""
        return "auto" in (self.ridge_weak, self.ridge_strong)

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
        return found and replace(found, interval=self._interval(found))

    def _within(self, name: Name, budget: float) -> Course | None:
        """Least risk within a budget, its interval left out: a search that narrows about the best.

        For every n of a grid the largest N that the rest of the budget buys is among the sizes, so
        that the search runs along the budget's edge and not beside it.
        """
        n_low, n_high = FEWEST, self._most(name, budget)
        N_low, N_high = (1, self.pool) if name in POOLED else (0, 0)
        found: Course | None = None
        for _ in range(ROUNDS):
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
            near = edge[max(i - 1, 0) : i + 2]
            N_low, N_high = min(low, int(near.min())), max(high, int(near.max()))
        return found

    def _cheapest(self, name: Name, target: float) -> Course | None:
        """Least cost for a risk, its interval left out: bisection of the budget."""

        def reached(budget: float) -> Course | None:
            course = self._within(name, budget)
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
            course = reached(middle)
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

    def _interval(self, course: Course) -> tuple[float, float]:
        """Enclose 90% of the risks over draws of the labels: the variance part is nearly an F."""
        n, N, model = course.n, max(course.N, 1), MODEL[course.course]
        if model == "posterior":  # nearly as wide as W2S is, in units of itself
            w2s = replace(course, course="w2s", risk=float(self.risks("w2s", *one(n, N))[0, 0]))
            low, high = (end * course.risk / w2s.risk for end in self._interval(w2s))
            return low, high
        found = self._predicted([n], [N])
        mean = float(getattr(found, model)[0, 0])
        variance = float(getattr(found.variance, model)[0, 0]) if found.variance else 0.0
        low, high = spread(*freedom(self.problem, n, N, model, *self._ridges(found, model)))
        return max(float(mean + variance * (low - 1)), 0.0), float(mean + variance * (high - 1))

    def _ridges(self, found: Risks, model: str) -> tuple[float, float]:
        """λ of the teacher, and of the strong model that a course ends with."""
        asked = self.ridge_weak, self.ridge_strong
        if found.ridges is not None:
            strong = found.ridges.strong if model == "strong" else found.ridges.w2s
            asked = float(found.ridges.weak[0, 0]), float(strong[0, 0])
        return float(asked[0]), float(asked[1])

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
