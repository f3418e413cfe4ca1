"""How far a risk lies from its expectation over draws of the labels."""

import numpy as np
import scipy

from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.student import Relay, Student

LEVEL = 0.9  # probability of the intervals
LEAST_FREEDOM = 3.0  # with fewer degrees of freedom below, an F ratio has no mean to speak of


def freedom(
    problem: Problem, n: int, N: int, model: str, ridge_weak: float, ridge_strong: float
) -> tuple[float, float]:
    """Degrees of freedom of the variance part of a risk over draws of labels and their features.

    The part is a quadratic form of the labels' noise with matrix M along the teacher's (or the
    baseline's) directions, hence nearly χ² with ``ν = (tr M)²/tr M²`` (Satterthwaite), over what
    the draw of the features leaves of the noise, χ² with ``n − df2 + 1``: together an F ratio,
    exactly so for ridgeless fits of isotropic Gaussian features. The model is ``"weak"``,
    ``"w2s"`` or ``"strong"``.
    """
    strong = model == "strong"
    side, ridge = (problem.strong, ridge_strong) if strong else (problem.weak, ridge_weak)
    fit = Shrinkage(side.spectrum, Sites.of(n, ridge))
    inner = np.diag(fit.values)
    if model == "w2s":
        student = Student.of(Relay.of(problem, problem), Sites.of(N, ridge_strong))
        inner = student.passed(float(student.shrinkage.copied[0]))
    # C = (τ²/n)·RΣR, halved on either side: M = C^½·inner·C^½ over τ²/n
    scale = np.sqrt(fit.values) * fit.resolvent[0]
    M = scale[:, None] * inner * scale
    numerator = float(np.trace(M) ** 2 / max(np.sum(M**2), 1e-300))
    return numerator, float(n - fit.df2[0] + 1)


def spread(ν: float, rest: float) -> tuple[float, float]:
    """Return the quantiles of an F ratio of mean 1 that enclose `LEVEL` of it."""
    rest = max(rest, LEAST_FREEDOM)
    ends = scipy.special.fdtri(ν, rest, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) * (rest - 2) / rest
    return float(ends[0]), float(ends[1])
