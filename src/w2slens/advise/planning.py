"""A plan: what to buy, labels or pseudo-labels, and which model to train on them.

Courses, each at the sizes that suit it best: ``w2s`` (n labels teach a teacher that labels N rows),
``strong-on-labels`` (the strong model on labels alone: on those already owned where there are any),
``label-more`` (the strong model on owned labels and as many more as the money buys) and
``weak-is-enough`` (the teacher on as many labels as the money buys).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from w2slens import _check
from w2slens._errors import InputError
from w2slens._format import html_table, number
from w2slens._linalg import Array
from w2slens.risk import Risks
from w2slens.theory import Problem, predict
from w2slens.theory.equivalent import freedom

LARGEST = 10_000_000
"""Most labels or pseudo-labels that a plan considers, unless the pool is smaller."""

POINTS, ROUNDS = 48, 4
"""Sizes a side of the grid that is searched, and how often it is narrowed about the best."""

ENOUGH = 0.05
"""More pseudo-labels have stopped paying where an endless pool lowers the risk by less than this
share."""

FRONTIER = (0.3, 3.0, 12)
"""Budgets of the frontier: from and to, as shares of the plan's, and how many."""

LEVEL = 0.9
"""Probability of the intervals."""

LEAST_FREEDOM = 3.0
"""With fewer degrees of freedom below, an F ratio has no mean to speak of."""

Name = Literal["w2s", "strong-on-labels", "label-more", "weak-is-enough"]

MODEL = {"w2s": "w2s", "strong-on-labels": "strong", "label-more": "strong"}
"""Which model a course ends with; else the teacher."""


@dataclass(frozen=True)
class Course:
    """One way to spend.

    Attributes
    ----------
    course
        ``w2s``, ``strong-on-labels``, ``label-more`` or ``weak-is-enough``.
    n, N
        Labels (owned ones included) and pseudo-labels; N is 0 where none are used.
    cost
        Of what is bought, in the unit of the prices.
    risk
        Predicted mean squared error, on the scale of the problem.
    interval
        90%, over draws of the labels.
    """

    course: Name
    n: int
    N: int
    cost: float
    risk: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """The best course, its rivals, and the sizes beyond which money is wasted.

    Attributes
    ----------
    best
        The course of least risk within the budget, or of least cost that reaches the target.
    courses
        All courses that are possible, best first.
    n_star
        Labels at which the authors' bound of PGR is largest; None without approximation error.
    N_enough
        Pseudo-labels beyond which more lower the W2S risk by less than 5%; None without W2S.
    reason
        Why, in words.
    """

    best: Course
    courses: tuple[Course, ...]
    n_star: int | None
    N_enough: int | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON types."""
        courses = [course_dict(course) for course in self.courses]
        return {
            "best": courses[0],
            "courses": courses,
            "n_star": self.n_star,
            "N_enough": self.N_enough,
            "reason": self.reason,
        }

    def _repr_html_(self) -> str:
        """Show the courses in a notebook."""
        rows = [
            (c.course, f"{c.n:,}", f"{c.N:,}", number(c.cost), number(c.risk)) for c in self.courses
        ]
        return html_table(self.reason, ("course", "n", "N", "cost", "risk"), rows)


def course_dict(course: Course) -> dict[str, Any]:
    """Return a course as JSON types."""
    return {
        "course": course.course,
        "n": course.n,
        "N": course.N,
        "cost": course.cost,
        "risk": course.risk,
        "interval": list(course.interval),
    }


def plan(
    problem: Problem,
    *,
    cost_label: float,
    cost_pseudo: float,
    budget: float | None = None,
    target: float | None = None,
    owned: int = 0,
    pool: int | None = None,
    cost_weak: float = 0.0,
    cost_strong: float = 0.0,
    ridge_weak: float = 0.0,
    ridge_strong: float = 0.0,
    intercept: bool = True,
) -> Plan:
    """Find what to label and what to train, for a budget or for a target risk.

    Parameters
    ----------
    problem
        The population: from data, or from dimensions alone.
    cost_label, cost_pseudo
        Price of a label and of a pseudo-label, ≥ 0, in one unit.
    budget
        Most that may be spent; or else
    target
        risk that is to be reached at least cost.
    owned
        Labels that are there already, at no cost.
    pool
        Unlabeled rows that there are; needed where pseudo-labels cost nothing.
    cost_weak, cost_strong
        Price of training and running the teacher and the strong model once.
    ridge_weak, ridge_strong
        λ of the fits.
    intercept
        Whether the fits have an unpenalised intercept.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If both or neither of budget and target are given, or nothing can be reached: the best
        that can is named.

    Examples
    --------
    >>> pair = Problem.gaussian(d_w=40, d_s=60, d_sw=5, noise=1.0, rho_w=0.02, rho_s=0.01)
    >>> found = plan(pair, cost_label=1, cost_pseudo=0.01, budget=300)
    >>> found.best.course
    'w2s'
    """
    shop = _Shop(
        problem,
        _check.non_negative(cost_label, "cost_label"),
        _check.non_negative(cost_pseudo, "cost_pseudo"),
        _check.non_negative(cost_weak, "cost_weak"),
        _check.non_negative(cost_strong, "cost_strong"),
        _check.whole(owned, "owned", least=0),
        LARGEST if pool is None else _check.whole(pool, "pool"),
        {"ridge_weak": ridge_weak, "ridge_strong": ridge_strong, "intercept": intercept},
    )
    if (budget is None) == (target is None):
        raise InputError("budget", "or target is needed: one of them")
    if cost_pseudo == 0 and pool is None:
        raise InputError("pool", "is missing; where pseudo-labels cost nothing, say how many")
    if cost_label == 0 and target is None:
        raise InputError("cost_label", "is 0; a budget then buys labels without end")
    goal = (
        _Goal(budget=_check.non_negative(budget, "budget"))
        if budget is not None
        else _Goal(target=_check.non_negative(target, "target"))
    )
    courses = [found for name in shop.names() if (found := shop.best(name, goal)) is not None]
    if not courses:
        shop.refuse(goal)
    ranked = tuple(sorted(courses, key=goal.order))
    w2s = next((course for course in ranked if course.course == "w2s"), None)
    return Plan(
        ranked[0],
        ranked,
        n_star(problem, w2s.N if w2s else None),
        None if w2s is None else shop.enough(w2s.n),
        _reason(problem, ranked, goal),
    )


@dataclass(frozen=True)
class _Goal:
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
class _Shop:
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

    def best(self, name: Name, goal: _Goal) -> Course | None:
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

    def _most(self, goal: _Goal) -> int:
        """Most labels that can be bought."""
        if not np.isfinite(goal.budget):
            return LARGEST
        return self.owned + min(int(goal.budget / self.cost_label), LARGEST)

    def _most_pseudo(self, goal: _Goal) -> int:
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
        for _ in range(ROUNDS):
            reached = risk <= (1 + ENOUGH) * self._endless(n)
            first = int(np.argmax(reached)) if reached.any() else len(N) - 1
            N = _sizes(int(N[max(first - 1, 0)]), int(N[first]))
            risk = self.risks("w2s", np.array([n]), N)[0]
        return int(N[-1])

    def _endless(self, n: int) -> float:
        return float(self.risks("w2s", np.array([n]), np.array([100 * LARGEST]))[0, 0])

    def refuse(self, goal: _Goal) -> None:
        """Say what the best reachable is."""
        if np.isfinite(goal.target):
            reach = [self.best(name, _Goal(budget=np.inf)) for name in self.names()]
            found = [course for course in reach if course is not None]
            least = min(course.risk for course in found) if found else np.inf
            raise InputError(
                "target",
                f"is {goal.target:g}; the least risk that any course reaches is {least:.4g}",
            )
        wanted = [self.best(name, _Goal(target=1e300)) for name in self.names()]
        costs = [course.cost for course in wanted if course is not None]
        least = min(costs) if costs else np.inf
        raise InputError(
            "budget",
            f"is {goal.budget:g}; it buys no model with a finite risk: at least {least:.4g} is "
            "needed",
        )


def spread(ν: float, rest: float) -> tuple[float, float]:
    """Return the quantiles of an F ratio of mean 1 that enclose `LEVEL` of it."""
    rest = max(rest, LEAST_FREEDOM)
    low, high = stats.f.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], ν, rest) * (rest - 2) / rest
    return float(low), float(high)


def _sizes(low: int, high: int) -> NDArray[np.intp]:
    """Whole sizes between two ends, evenly on a logarithmic scale."""
    if high <= low:
        return np.array([low], dtype=np.intp)
    spread = np.geomspace(max(low, 1), high, POINTS)
    return np.unique(np.concatenate([[low], np.round(spread), [high]]).astype(np.intp))


def _around(sizes: NDArray[np.intp], place: int) -> tuple[int, int]:
    return int(sizes[max(place - 1, 0)]), int(sizes[min(place + 1, len(sizes) - 1)])


def frontier(problem: Problem, found: Plan, settings: Mapping[str, Any]) -> dict[str, list[Course]]:
    """Return every course at budgets about a plan's: course → its best at each.

    Parameters
    ----------
    problem, found
        What was asked about, and the plan.
    settings
        Keywords of `plan` as they were given, without budget and target.
    """
    scale = max(course.cost for course in found.courses) or 1.0
    courses: dict[str, list[Course]] = {}
    for budget in scale * np.geomspace(*FRONTIER):
        try:
            plans = plan(problem, budget=float(budget), **settings)
        except InputError:
            continue
        for course in plans.courses:
            courses.setdefault(course.course, []).append(course)
    return courses


def n_star(problem: Problem, N: int | None = None) -> int | None:
    """Labels that maximise the authors' bound of PGR, ``d_w + 1 + √((d_w+1)·A·σ²/ρ)``.

    ``A = d_sw + (d_w − d_sw)·d_s/N``; None where there is no approximation error: the bound then
    grows with n for ever.
    """
    rho = problem.rho_w + problem.rho_s
    if rho <= 0 or problem.noise == 0:
        return None
    d_w, d_s, d_sw = problem.d_w, problem.d_s, problem.d_sw
    A = d_sw + (0.0 if N is None else (d_w - d_sw) * d_s / N)
    return int(d_w + 1.5 + ((d_w + 1) * A * problem.noise / rho) ** 0.5)


def _reason(problem: Problem, ranked: tuple[Course, ...], goal: _Goal) -> str:
    best = ranked[0]
    aim = f"a risk of {goal.target:g}" if np.isfinite(goal.target) else f"{goal.budget:g} to spend"
    lines = [f"With {aim}: {_phrase(best)}."]
    lines += [f"Next: {_phrase(rival)}." for _, rival in list(pairwise(ranked))[:1]]
    if problem.d_w > problem.d_sw:
        d_s = problem.d_s
        lines.append(
            f"Pseudo-labels pay when N exceeds 2·d_s + 1 = {2 * d_s + 1:,}: below that the "
            "student's own fitting error outweighs the teacher noise that it sheds."
        )
    else:
        lines.append(
            "The student's space contains the teacher's (d_sw = d_w): it copies all of the "
            "teacher's noise, and no number of pseudo-labels makes it better."
        )
    return " ".join(lines)


def _phrase(course: Course) -> str:
    pool = f" and {course.N:,} pseudo-labels" if course.N else ""
    return (
        f"{course.course} on {course.n:,} labels{pool}, cost {number(course.cost)}, predicted risk "
        f"{number(course.risk)}"
    )
