"""Closed-form linear fits from moments.

A ridge λ is always in the convention ``(1/n)‖y − Φθ‖² + λ‖θ‖²``: scikit-learn's alpha is nλ.
Fits from labeled rows are methods of `w2slens.models.design.Design`.
"""

import numpy as np

from w2slens.models.probe import LinearProbe
from w2slens.moments.moments import Moments
from w2slens.moments.solve import FORMED_DOUBT, Solve, cholesky_solver, doubtful
from w2slens.moments.spectrum import EPS64


def fit(
    moments: Moments, ridge: float, *, features: str = "strong", solve: Solve | None = None
) -> LinearProbe:
    """Fit a block of features to block ``label`` from moments.

    Parameters
    ----------
    moments
        With blocks `features` (p) and ``label`` (k).
    ridge
        λ ≥ 0; at 0 the minimum-norm least-squares solution.
    features
        Name of the block.
    solve
        ``moments.solver(features, ridge)`` where the caller has it already.

    Returns
    -------
    LinearProbe with an unpenalised intercept.
    """
    solve = solve or moments.solver(features, ridge)
    coef = solve(moments.cross(features, "label"))
    return LinearProbe.centred(coef, moments.centre(features), moments.centre("label"))


def fit_surely(moments: Moments, ridge: float, *, features: str) -> LinearProbe | None:
    """Fit from moments where that costs no digits that the rows would give, else return None."""
    gram, shift = moments.cross(features, features), moments.count * ridge
    rounding = doubtful(gram, moments.raw(features), EPS64 if ridge else moments.rounding(features))
    doubt = max(rounding, FORMED_DOUBT * float(np.trace(gram)) / len(gram))
    solve = cholesky_solver(gram, shift, doubt)
    return None if solve is None else fit(moments, ridge, features=features, solve=solve)
