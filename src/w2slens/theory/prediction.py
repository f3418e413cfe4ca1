"""`predict`: the one door to the methods of theory."""

from collections.abc import Iterable
from typing import Literal

from w2slens import _check
from w2slens._errors import InputError
from w2slens.risk import Risks
from w2slens.theory.bounds import bounds
from w2slens.theory.exact import exact
from w2slens.theory.problem import Problem

Method = Literal["auto", "exact", "bounds"]

CEILINGS = ("all", "pool", "labels")
"""Which rows the ceiling is trained on: labels and pool (n+N), the pool (N), the labels (n)."""


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
        ``"bounds"``: the expressions of the paper's authors, for reproduction.
        ``"auto"``: the exact ones.
    intercept
        Count an unpenalised intercept, which the library's fits have, as one more shared dimension.
    ceiling
        Rows of the ceiling: ``"all"`` (n+N), ``"pool"`` (N) or ``"labels"`` (n).

    Returns
    -------
    Risks
        A model that the method cannot give (too few rows, ridge > 0) is nan, alone.

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
    _check.choice(method, "method", ("auto", "exact", "bounds"))
    _check.choice(ceiling, "ceiling", CEILINGS)
    sizes = (_check.counts(n, "n"), _check.counts(N, "N"))
    λ_w = _check.non_negative(ridge_weak, "ridge_weak")
    λ_s = _check.non_negative(ridge_strong, "ridge_strong")
    if not isinstance(problem, Problem):
        raise InputError("problem", f"is {type(problem).__name__}; a Problem is needed")
    if method == "bounds":
        if λ_w or λ_s:
            raise InputError("method", "'bounds' holds for ridgeless fits; set both ridges to 0")
        if intercept or ceiling != "all":
            raise InputError("method", "'bounds' knows no intercept and only the ceiling 'all'")
        return bounds(problem, *sizes)
    return exact(
        problem, *sizes, ridge_weak=λ_w, ridge_strong=λ_s, intercept=intercept, ceiling=ceiling
    )
