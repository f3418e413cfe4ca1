"""What money buys: the sizes of a course that are best for a budget or a target."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._errors import InputError
from w2slens._linalg import Array
from w2slens.advise.courses import MODEL, Course, Name
from w2slens.risk import Risks
from w2slens.theory import Problem, predict
from w2slens.theory.intervals import freedom, spread

LARGEST = 10_000_000
"""Most labels or pseudo-labels that a plan considers, unless the pool is smaller."""

POINTS, ROUNDS = 48, 4
"""Sizes a side of the grid that is searched, and how often it is narrowed about the best."""

ENOUGH = 0.05
"""More pseudo-labels have stopped paying where an endless pool lowers the risk by less than this
share."""


@dataclass(frozen=True)
class Goal:
    """Least risk within a budget, or least cost for a target."""

    budget: float = np.inf
    target: float = np.inf

    def order(self, course: Course) -> tuple[float, float]:
        """Return what is to be smallest, the first thing first."""
        if np.isfinite(self.target):
            return course.cost, course.risk
        return course.risk, course.cost

    def loss(self, risk: Array, cost: Array) -> Array:
        """Return what is to be smallest, infinite where the goal is missed."""
        allowed = (cost <= self.budget) & (risk <= self.target)
        return np.where(allowed, cost if np.isfinite(self.target) else risk, np.inf)


@dataclass(frozen=True)
class Shop:
    """Prices, and the risks of what they buy."""

    problem: Problem
    cost_label: float
    cost_pseudo: float
    cost_weak: float
    cost_strong: float
    owned: int
    pool: int
    settings: dict[str, Any]

    def names(self) -> Iterator[Name]:
        """Courses that differ."""
        yield "w2s"
        yield "strong-on-labels"
        if self.owned:
            yield "label-more"
        yield "weak-is-enough"

    def cost(self, name: str, n: Any, N: Any) -> Array:
        """Price of n labels, owned ones free, N pseudo-labels and the models."""
        models = {"w2s": self.cost_weak + self.cost_strong, "weak-is-enough": self.cost_weak}
        bought = np.maximum(np.asarray(n, float) - self.owned, 0) * self.cost_label
        return np.asarray(bought + np.asarray(N) * self.cost_pseudo) + models.get(
            name, self.cost_strong
        )

    def risks(self, name: str, n: NDArray[np.intp], N: NDArray[np.intp]) -> Array:
        """(len(n), len(N)) predicted risks; infinite where a model has none."""
        found: Risks = predict(
            self.problem, n=n.tolist(), N=np.maximum(N, 1).tolist(), **self.settings
        )
        values = getattr(found, MODEL.get(name, "weak"))
        return np.where(np.isnan(values), np.inf, values)

    def best(self, name: Name, goal: Goal) -> Course | None:
        """Search the sizes of a course, narrowing about the best; None where it cannot be."""
        fixed = self.owned if name == "strong-on-labels" and self.owned else None
        n_low, n_high = (fixed, fixed) if fixed else (max(self.owned, 2), self._most(goal))
        N_low, N_high = (1, self._most_pseudo(goal)) if name == "w2s" else (0, 0)
        found = None
        for _ in range(ROUNDS):
            if n_high < n_low or N_high < N_low:
                break
            n, N = _sizes(n_low, n_high), _sizes(N_low, N_high)
            risk = self.risks(name, n, N)
            cost = self.cost(name, n[:, None], N[None, :])
            loss = goal.loss(risk, cost)
            i, j = np.unravel_index(int(np.argmin(loss)), loss.shape)
            if not np.isfinite(loss[i, j]):
                break
            if found is None or loss[i, j] < found[0]:
                at = int(n[i]), int(N[j])
                found = (float(loss[i, j]), *at, float(cost[i, j]), float(risk[i, j]))
            n_low, n_high = _around(n, int(i))
            N_low, N_high = _around(N, int(j))
        if found is None:
            return None
        _, best_n, best_N, paid, risk_there = found
        return Course(name, best_n, best_N, paid, risk_there, self.interval(name, best_n, best_N))

    def _most(self, goal: Goal) -> int:
        """Most labels that can be bought."""
        if not np.isfinite(goal.budget):
            return LARGEST
        return self.owned + min(int(goal.budget / self.cost_label), LARGEST)

    def _most_pseudo(self, goal: Goal) -> int:
        if not np.isfinite(goal.budget) or self.cost_pseudo == 0:
            return self.pool
        return min(int(goal.budget / self.cost_pseudo), self.pool)

    def interval(self, name: str, n: int, N: int) -> tuple[float, float]:
        """Enclose 90% of the risks over draws of the labels: the variance part is nearly an F."""
        found = predict(self.problem, n=n, N=max(N, 1), **self.settings)
        model = MODEL.get(name, "weak")
        mean = float(getattr(found, model)[0, 0])
        variance = float(getattr(found.variance, model)[0, 0]) if found.variance else 0.0
        ridges = self.settings["ridge_weak"], self.settings["ridge_strong"]
        low, high = spread(*freedom(self.problem, n, max(N, 1), model, *ridges))
        return float(mean + variance * (low - 1)), float(mean + variance * (high - 1))

    def enough(self, n: int) -> int:
        """Least N at which an endless pool would lower the W2S risk by less than a twentieth."""
        N = _sizes(1, LARGEST)
        risk = self.risks("w2s", np.array([n]), N)[0]
        endless = float(self.risks("w2s", np.array([n]), np.array([100 * LARGEST]))[0, 0])
        for _ in range(ROUNDS):
            reached = risk <= (1 + ENOUGH) * endless
            first = int(np.argmax(reached)) if reached.any() else len(N) - 1
            N = _sizes(int(N[max(first - 1, 0)]), int(N[first]))
            risk = self.risks("w2s", np.array([n]), N)[0]
        return int(N[-1])

    def refuse(self, goal: Goal) -> None:
        """Say what the best reachable is."""
        if np.isfinite(goal.target):
            reach = [self.best(name, Goal(budget=np.inf)) for name in self.names()]
            found = [course for course in reach if course is not None]
            least = min(course.risk for course in found) if found else np.inf
            raise InputError(
                "target",
                f"is {goal.target:g}; the least risk that any course reaches is {least:.4g}",
            )
        wanted = [self.best(name, Goal(target=1e300)) for name in self.names()]
        costs = [course.cost for course in wanted if course is not None]
        least = min(costs) if costs else np.inf
        raise InputError(
            "budget",
            f"is {goal.budget:g}; it buys no model with a finite risk: at least {least:.4g} is "
            "needed",
        )


def _sizes(low: int, high: int) -> NDArray[np.intp]:
    """Whole sizes between two ends, evenly on a logarithmic scale."""
    if high <= low:
        return np.array([low], dtype=np.intp)
    between = np.geomspace(max(low, 1), high, POINTS)
    return np.unique(np.concatenate([[low], np.round(between), [high]]).astype(np.intp))


def _around(sizes: NDArray[np.intp], place: int) -> tuple[int, int]:
    return int(sizes[max(place - 1, 0)]), int(sizes[min(place + 1, len(sizes) - 1)])
