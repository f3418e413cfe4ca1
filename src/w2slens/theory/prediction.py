"""`predict`: the one door to the methods of theory."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.models.risks import CEILINGS, MODELS, Risks
from w2slens.theory.bounds import bounds
from w2slens.theory.equivalent import equivalent
from w2slens.theory.exact import exact
from w2slens.theory.problem import Problem
from w2slens.theory.question import Question

Method = Literal["auto", "exact", "equivalent", "bounds"]
METHODS = get_args(Method)


def predict(
    problem: Problem,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    ridge_weak: float = 0.0,
    ridge_strong: float = 0.0,
    method: Method = "auto",
    intercept: bool = False,
    ceiling: str = "all",
    unlabeled: Problem | None = None,
    test: Problem | None = None,
) -> Risks:
    """Predict the expected risks of the four models before anyone trains.

    Parameters
    ----------
    problem
        The population; its noise and target decide the scale (excess over f*, or raw).
    n, N
        Numbers of labels and pseudo-labels; the result is over their product.
    ridge_weak, ridge_strong
        λ_w of the teacher and λ_s of the strong models.
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
    asked = Question(
        _population(problem, "problem", problem),
        check.counts(n, "n"),
        check.counts(N, "N"),
        check.non_negative(ridge_weak, "ridge_weak"),
        check.non_negative(ridge_strong, "ridge_strong"),
        intercept,
        ceiling,
        problem if unlabeled is None else _population(unlabeled, "unlabeled", problem),
        problem if test is None else _population(test, "test", problem),
    )
    methods = {"exact": _exact, "equivalent": _equivalent, "bounds": _bounds}
    return methods.get(method, _best)(asked)


def _population(given: Any, argument: str, problem: Problem) -> Problem:
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


def _best(asked: Question) -> Risks:
    """Exact where that holds, else equivalent, nan where the expectation is infinite."""
    if asked.shifted:
        return _finite(asked, _equivalent(asked))
    known = exact(asked)
    complete = all(np.isfinite(getattr(known, model)).all() for model in MODELS)
    if complete or (asked.ridgeless and asked.problem.signal is None):
        return known
    return known.filled(_finite(asked, _equivalent(asked)))


def _refuse_shift(asked: Question, method: str) -> None:
    if asked.shifted:
        raise InputError("method", f"{method!r} knows no shift; use 'equivalent' or 'auto'")


def _finite(asked: Question, risks: Risks) -> Risks:
    """Blank the models whose ridgeless fit has about as many rows as dimensions."""
    rows, pool, top = asked.sizes
    d_s = asked.pool.d_s

    def infinite(size: Array, dimension: int, ridge: float) -> NDArray[np.bool_]:
        near = np.abs(size - int(asked.intercept) - dimension) <= 1
        return np.asarray(near & (ridge == 0))

    weak = infinite(rows, asked.problem.d_w, asked.ridge_weak)
    return risks.without(
        weak=weak,
        w2s=weak | infinite(pool, d_s, asked.ridge_strong),
        strong=infinite(rows, asked.problem.d_s, asked.ridge_strong),
        ceiling=infinite(top, d_s, asked.ridge_strong),
    )
