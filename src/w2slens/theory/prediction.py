"""`predict`: the one door to the methods of theory."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.models.risks import CEILINGS, MODELS, Risks, ceiling_rows
from w2slens.theory.bounds import bounds
from w2slens.theory.equivalent import equivalent
from w2slens.theory.exact import exact
from w2slens.theory.problem import Problem

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
    asked = _Asked(
        _population(problem, "problem", problem),
        check.counts(n, "n"),
        check.counts(N, "N"),
        check.non_negative(ridge_weak, "ridge_weak"),
        check.non_negative(ridge_strong, "ridge_strong"),
        intercept,
        ceiling,
        None if unlabeled is None else _population(unlabeled, "unlabeled", problem),
        None if test is None else _population(test, "test", problem),
    )
    named = {"exact": asked.exact, "equivalent": asked.equivalent, "bounds": asked.bounds}
    return named.get(method, asked.best)()


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


@dataclass(frozen=True)
class _Asked:
    """A validated question, and the answers of the methods."""

    problem: Problem
    n: tuple[int, ...]
    N: tuple[int, ...]
    ridge_weak: float
    ridge_strong: float
    intercept: bool
    ceiling: str
    unlabeled: Problem | None
    test: Problem | None

    @property
    def shifted(self) -> bool:
        return any(one not in (None, self.problem) for one in (self.unlabeled, self.test))

    @property
    def ridgeless(self) -> bool:
        return self.ridge_weak == self.ridge_strong == 0

    def bounds(self) -> Risks:
        self._refuse_shift("bounds")
        if not self.ridgeless:
            raise InputError("method", "'bounds' holds for ridgeless fits; set both ridges to 0")
        if self.intercept or self.ceiling != "all":
            raise InputError("method", "'bounds' knows no intercept and only the ceiling 'all'")
        return bounds(self.problem, self.n, self.N)

    def exact(self) -> Risks:
        """Refuse what the formulas do not give for the teacher, on which the student depends."""
        self._refuse_shift("exact")
        if self.ridge_weak:
            raise InputError(
                "method",
                f"'exact' holds for ridgeless fits and ridge_weak is {self.ridge_weak:g}; use "
                "'equivalent'",
            )
        least = self.problem.d_w + int(self.intercept) + 1
        if min(self.n) <= least:
            raise InputError(
                "n",
                f"is {min(self.n):,}; the exact method needs more than d_w + 1 = {least:,} labels"
                f"{', the intercept counted' if self.intercept else ''}; use 'equivalent'",
            )
        return exact(self.problem, self.n, self.N, **self._settings)

    def equivalent(self) -> Risks:
        for one in self._populations:
            one.require_signal()
        settings = {**self._settings, "unlabeled": self.unlabeled, "test": self.test}
        return equivalent(self.problem, self.n, self.N, **settings)

    def best(self) -> Risks:
        """Exact where that holds, else equivalent, nan where the expectation is infinite."""
        if self.shifted:
            return self._finite(self.equivalent())
        known = exact(self.problem, self.n, self.N, **self._settings)
        complete = all(np.isfinite(getattr(known, model)).all() for model in MODELS)
        known_signal = all(one.signal is not None for one in self._populations)
        if complete or (self.ridgeless and not known_signal):
            return known
        return known.filled(self._finite(self.equivalent()))

    @property
    def _settings(self) -> dict[str, Any]:
        """What the exact risks and the equivalent take besides the sizes."""
        return {
            "ridge_weak": self.ridge_weak,
            "ridge_strong": self.ridge_strong,
            "intercept": self.intercept,
            "ceiling": self.ceiling,
        }

    @property
    def _populations(self) -> list[Problem]:
        return [one for one in (self.problem, self.unlabeled, self.test) if one is not None]

    def _refuse_shift(self, method: str) -> None:
        if self.shifted:
            raise InputError("method", f"{method!r} knows no shift; use 'equivalent' or 'auto'")

    def _finite(self, risks: Risks) -> Risks:
        """Blank the models whose ridgeless fit has about as many rows as dimensions."""
        rows, pool = np.meshgrid(np.array(self.n), np.array(self.N), indexing="ij")
        top = ceiling_rows(self.ceiling, rows, pool)
        d_w, d_s = self.problem.d_w, (self.unlabeled or self.problem).d_s

        def infinite(size: NDArray[np.intp], dimension: int, ridge: float) -> NDArray[np.bool_]:
            near = np.abs(size - int(self.intercept) - dimension) <= 1
            return np.asarray(near & (ridge == 0))

        weak = infinite(rows, d_w, self.ridge_weak)
        return risks.without(
            weak=weak,
            w2s=weak | infinite(pool, d_s, self.ridge_strong),
            strong=infinite(rows, self.problem.d_s, self.ridge_strong),
            ceiling=infinite(top, d_s, self.ridge_strong),
        )
