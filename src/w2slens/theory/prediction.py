"""`predict`: the one door to the methods of theory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import Ridge
from w2slens.models.risks import CEILINGS, MODELS, Ceiling, Risks
from w2slens.theory.bounds import bounds
from w2slens.theory.equivalent import equivalent
from w2slens.theory.exact import exact
from w2slens.theory.population import Known, population_of
from w2slens.theory.problem import Problem
from w2slens.theory.question import Question
from w2slens.theory.tuned import Tuned

Method = Literal["auto", "exact", "equivalent", "bounds"]
METHODS = get_args(Method)


@one_thread
def predict(
    problem: Known,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    ridge_weak: Ridge = 0.0,
    ridge_strong: Ridge = 0.0,
    method: Method = "auto",
    intercept: bool = False,
    ceiling: Ceiling = "all",
    unlabeled: Problem | None = None,
    test: Problem | None = None,
) -> Risks:
    """Predict the expected risks of the four models before anyone trains.

    Parameters
    ----------
    problem
        The population; its noise and target decide the scale (excess over f*, or raw). Or what
        knows one: a `Forecast`, whose risks at its own n and N are met; the `Results` of a run; or
        `Dimensions`, for an f* that either side expresses and a noise of 1.
    n, N
        Numbers of labels and pseudo-labels; the result is over their product.
    ridge_weak, ridge_strong
        λ_w of the teacher and λ_s of the strong models, or ``"auto"``: for every model the ridge of
        least expected risk at its n and N, which is what tuning by leave-one-out aims at.
    method
        ``"exact"``: finite-sample formulas for ridgeless fits of Gaussian features.
        ``"equivalent"``: the two-stage deterministic equivalent, for any ridge, n and N, and for
        shift; its error is of the order 1/n.
        ``"bounds"``: the expressions of the paper's authors, for reproduction.
        ``"auto"``: exact where that holds, model by model and cell by cell, else equivalent; nan
        where a ridgeless fit has no finite expectation.
    intercept
        Count an unpenalised intercept, which the library's fits have, as one more shared dimension.
    ceiling
        Rows of the ceiling: ``"all"`` (n+N), ``"pool"`` (N) or ``"labels"`` (n).
    unlabeled, test
        Populations of the pool and of the test rows, in the same coordinates, where they are not
        that of the labels; the noise is that of `problem`.

    Returns
    -------
    Risks
        A model that the method cannot give is nan, alone.

    Raises
    ------
    InputError
        If a setting is malformed, or E f*² is needed and was not given.

    References
    ----------
    Bounds: arXiv 2502.05075, theorem 1 and its released code. Exact risks: derived for this
    library.

    Examples
    --------
    >>> pair = Problem.gaussian(d_w=40, d_s=20, d_sw=5, noise=1.0)
    >>> risks = predict(pair, n=100, N=60)
    >>> print(f"{risks.weak[0, 0]:.3f} {risks.w2s[0, 0]:.3f} {risks.pgr[0, 0]:.2f}")
    0.678 0.389 0.54
    """
    check.choice(method, "method", METHODS)
    check.choice(ceiling, "ceiling", CEILINGS)
    λ_w, λ_s = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    known = population_of(problem)
    population = known.problem
    asked = Question.of(
        population,
        check.counts(n, "n"),
        check.counts(N, "N"),
        (λ_w, λ_s),
        intercept=intercept,
        ceiling=ceiling,
        pool=None if unlabeled is None else _alike(unlabeled, "unlabeled", population),
        tested=None if test is None else _alike(test, "test", population),
    )
    if "auto" in (λ_w, λ_s):
        return known.seen(_tuned(asked, λ_w, λ_s, method))
    methods = {"exact": _exact, "equivalent": _equivalent, "bounds": _bounds}
    return known.seen(methods.get(method, answer)(asked))


def _alike(given: Any, argument: str, problem: Problem) -> Problem:
    """Refuse what is no population, or one in other coordinates than those of the labels."""
    if not isinstance(given, Problem):
        raise InputError(argument, f"is {type(given).__name__}; a Problem is needed")
    for array in ("cross_gram", "weak_target"):
        have, need = getattr(given, array).shape, getattr(problem, array).shape
        if have != need:
            raise InputError(
                argument, f"has {array} of shape {have}; that of the problem is {need}"
            )
    return given


def _tuned(asked: Question, λ_w: Ridge, λ_s: Ridge, method: Method) -> Risks:
    """Choose ridges by the equivalent, which alone has them for every n and N."""
    if method not in ("auto", "equivalent"):
        raise InputError("method", f"{method!r} chooses no ridge; use 'equivalent' or 'auto'")
    if asked.shifted:
        name = "ridge_weak" if λ_w == "auto" else "ridge_strong"
        raise InputError(name, "is 'auto', which knows no shift; give a number")
    asked.problem.require_signal()
    return Tuned(asked.problem, λ_w, λ_s, asked.intercept).risks(asked)


def _bounds(asked: Question) -> Risks:
    _refuse_shift(asked, "bounds")
    if not asked.ridgeless:
        raise InputError("method", "'bounds' holds for ridgeless fits; set both ridges to 0")
    if asked.intercept or asked.ceiling != "all":
        raise InputError("method", "'bounds' knows no intercept and only the ceiling 'all'")
    return bounds(asked.problem, asked.n, asked.N)


def _exact(asked: Question) -> Risks:
    """Refuse what the formulas do not give for the teacher, on which the student depends."""
    _refuse_shift(asked, "exact")
    if asked.ridge_weak:
        raise InputError(
            "method",
            f"'exact' holds for ridgeless fits and ridge_weak is {asked.ridge_weak:g}; use "
            "'equivalent'",
        )
    least = asked.problem.d_w + int(asked.intercept) + 1
    if min(asked.n) <= least:
        raise InputError(
            "n",
            f"is {min(asked.n):,}; the exact method needs more than d_w + 1 = {least:,} labels"
            f"{', the intercept counted' if asked.intercept else ''}; use 'equivalent'",
        )
    return exact(asked)


def _equivalent(asked: Question) -> Risks:
    for one in (asked.problem, asked.pool, asked.tested):
        one.require_signal()
    return equivalent(asked)


def answer(asked: Question) -> Risks:
    """Exact where that holds, else equivalent, nan where the expectation is infinite."""
    if asked.shifted:
        return asked.finite(_equivalent(asked))
    known = exact(asked)
    complete = all(np.isfinite(getattr(known, model)).all() for model in MODELS)
    if complete or (asked.ridgeless and asked.problem.signal is None):
        return known
    return known.filled(asked.finite(_equivalent(asked)))


def _refuse_shift(asked: Question, method: str) -> None:
    if asked.shifted:
        raise InputError("method", f"{method!r} knows no shift; use 'equivalent' or 'auto'")
