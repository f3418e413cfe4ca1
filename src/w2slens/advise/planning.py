"""A plan: what to buy, labels or pseudo-labels, and which model to train on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import Ridge
from w2slens.advise.budget import LARGEST, Goal, Shop
from w2slens.advise.courses import Course, Plan
from w2slens.advise.reasons import reason
from w2slens.models.metrics import METRICS, Metric
from w2slens.theory import Problem
from w2slens.theory.population import Known, population_of

FRONTIER = (0.3, 3.0, 12)  # budgets: shares of the least and of the largest cost; how many


@one_thread
def plan(
    problem: Known,
    *,
    cost_label: float,
    cost_pseudo: float,
    budget: float | None = None,
    target: float | None = None,
    owned: int | None = None,
    pool: int | None = None,
    cost_weak: float = 0.0,
    cost_strong: float = 0.0,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    intercept: bool = True,
    metric: Metric = "risk",
) -> Plan:
    """Find what to label and what to train, for a budget or for a target risk.

    Parameters
    ----------
    problem
        The population: from data, or from dimensions alone. Or what knows one: a `Forecast`, the
        `Results` of a run, or `Dimensions`, as in `predict`.
    cost_label, cost_pseudo
        Price of a label and of a pseudo-label, ≥ 0, in one unit.
    budget
        Most that may be spent; or else
    target
        risk that is to be reached at least cost.
    owned
        Labels that are there already, at no cost; a course may leave some unused. By default those
        of a forecast, else none.
    pool
        Unlabeled rows that there are; needed where pseudo-labels cost nothing. By default those of
        a forecast.
    cost_weak, cost_strong
        Price of training and running the teacher and the strong model once.
    ridge_weak, ridge_strong
        λ of the fits, or ``"auto"``: every course at its own best ridges, as runs choose them by
        leave-one-out. Where E f*² is not known, which a ridge needs, fits are ridgeless then.
    intercept
        Whether the fits have an unpenalised intercept.
    metric
        Squared error, ``"risk"``: theory predicts no other.

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
    check.choice(metric, "metric", METRICS)
    if metric != METRICS[0]:
        raise InputError(
            "metric",
            f"is {metric!r}, which theory does not predict; plan by risk, and measure its courses "
            f"in a run that judges by {metric}",
        )
    given = owned, pool, cost_weak, cost_strong, ridge_weak, ridge_strong, intercept
    shop = open_shop(problem, cost_label, cost_pseudo, *given)
    if budget is None and target is None:
        raise InputError("budget", "is missing; give it, or a target")
    if budget is not None and target is not None:
        raise InputError("target", "and a budget are both given; choose one")
    if cost_pseudo == 0 and shop.pool == LARGEST:
        raise InputError("pool", "is missing; where pseudo-labels cost nothing, say how many")
    if cost_label == 0 and target is None:
        raise InputError("cost_label", "is 0; a budget then buys labels without end")
    goal = Goal(
        np.inf if budget is None else check.non_negative(budget, "budget"),
        np.inf if target is None else check.non_negative(target, "target"),
    )
    ranked = tuple(shop.courses(goal))
    if not ranked:
        shop.refuse(goal)
    w2s = next((course for course in ranked if course.course == "w2s"), None)
    return Plan(
        ranked[0],
        ranked,
        n_star(shop.problem, w2s.N if w2s else None),
        None if w2s is None else shop.enough(w2s.n),
        reason(shop, ranked, goal, ridge_weak, ridge_strong),
    )


def open_shop(
    problem: Known,
    cost_label: float,
    cost_pseudo: float,
    owned: int | None = None,
    pool: int | None = None,
    cost_weak: float = 0.0,
    cost_strong: float = 0.0,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    intercept: bool = True,
) -> Shop:
    """Validate prices and settings; without E f*² there is no best ridge, and fits have none."""
    ridges = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    known = population_of(problem)
    if known.problem.signal == known.problem.noise == 0:
        raise InputError(
            "signal", "is 0 as the noise is: all labels are alike, and there is nothing to learn"
        )
    λ_w, λ_s = (0.0 if λ == "auto" and known.problem.signal is None else λ for λ in ridges)
    rows = known.pool if pool is None else check.whole(pool, "pool")
    return Shop(
        known,
        check.non_negative(cost_label, "cost_label"),
        check.non_negative(cost_pseudo, "cost_pseudo"),
        check.non_negative(cost_weak, "cost_weak"),
        check.non_negative(cost_strong, "cost_strong"),
        known.owned if owned is None else check.whole(owned, "owned", least=0),
        LARGEST if rows is None else rows,
        λ_w,
        λ_s,
        intercept,
    )


def frontier(problem: Known, found: Plan, settings: Mapping[str, Any]) -> dict[str, list[Course]]:
    """Return every course at budgets about a plan's: course → its best at each.

    The settings are the keywords of `plan` as they were given, without budget and target.
    """
    costs = [course.cost for course in found.courses if course.cost > 0] or [1.0]
    low, high, count = FRONTIER
    shop = open_shop(problem, **settings)
    courses: dict[str, list[Course]] = {}
    for budget in np.geomspace(low * min(costs), high * max(costs), count):
        for course in shop.courses(Goal(budget=float(budget))):
            courses.setdefault(course.course, []).append(course)
    return courses or {course.course: [course] for course in found.courses}


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
