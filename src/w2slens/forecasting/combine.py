"""Forecasts from theory and paired leave-one-out, and their combination.

`unbiased` starts from theory at the teacher's leave-one-out error τ² for a pair that loses nothing
but what the best ridge costs: it forecasts too large a PGR where f* has a part that only one side
expresses. `believed` starts from the posterior of f*, whose prior gives energy to all that the
labels cannot see: it forecasts too small a one. On real features the errors are about equal and
opposite (docs/results/forecast.md), so that the mean beats either.

Both are corrected by what leave-one-out sees of the differences of the models' losses, which are
paired row by row and so far less noisy than the risks.
"""

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.forecasting.intervals import LEVEL
from w2slens.forecasting.posterior import Belief
from w2slens.forecasting.risk_forms import Forms
from w2slens.models.risks import MODELS

SCALES = (0.005, 0.02, 0.08, 0.32, 1.28)
"""Departures from theory in units of the larger raw risk of teacher and student: standard
deviations of the prior's parts, equally likely. Each is four times the last: from "theory is right"
to "it says nothing"."""

DRAWS = 2000
"""Draws from the posterior of f*."""

DOUBT = 4.0
"""The posterior's covariance counts so many times: the prior of f* is a guess too."""

MISFIT = 0.02
"""What is added to either side of an interval, for a risk in units of itself: by so much theory
itself misses real features."""

DISAGREEMENT = 0.5
"""Share of the distance between the forecast and the posterior's median that is added too."""

CLOSED = 1e-3
"""Share of the teacher's risk below which there is no gap to its ceiling."""


def combined(
    losses: Array, forms: Forms, belief: Belief
) -> tuple[Array, dict[str, tuple[float, float]]]:
    """Forecast four raw risks, and 90% intervals of them, of PGR and of OPR.

    Parameters
    ----------
    losses
        (3, n) leave-one-out losses of teacher, student and baseline.
    forms
        Of the pair at n, N and the ridges of the losses.
    belief
        In f*.

    Returns
    -------
    (4,) risks of weak, w2s, strong, ceiling; name → interval.
    """
    rng = np.random.default_rng(0)
    along = forms.along(belief.axes)
    draws = np.concatenate([along.risks(*drawn) for drawn in belief.draw(DRAWS, rng)], axis=1)
    risks = np.maximum((unbiased(losses, forms) + believed(losses, draws)) / 2, 0.0)
    points, samples = _named(risks[:, None]), _named(draws[:4])
    intervals = {}
    for name, drawn in samples.items():
        point = float(points[name][0])
        low, middle, high = np.quantile(drawn, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
        size = 1.0 if name == "pgr" else abs(point)
        more = MISFIT * size + DISAGREEMENT * abs(point - middle)
        bottom = float(point + low - middle - more)
        if name != "pgr":  # risks and their ratio are not negative
            bottom = max(bottom, 0.0)
        intervals[name] = bottom, float(point + high - middle + more)
    if _closed(risks) or np.mean(_closed(draws)) > (1 - LEVEL) / 2:  # as in Fieller's theorem
        intervals["pgr"] = -np.inf, np.inf
    return risks, intervals


def unbiased(losses: Array, forms: Forms) -> Array:
    """Forecast four risks from theory without bias, its two differences corrected by the labels.

    The departures of ``R_w − R_w2s`` and ``R_w − R_c`` from theory have a prior of mean 0 and
    unknown scale (a mixture over `SCALES`); leave-one-out observes them with its covariance, the
    student's at the pool's own size, the ceiling's carried from the baseline's by their degrees of
    freedom.
    """
    teacher, student, baseline = losses
    τ, c = float(teacher.mean()), forms.noise
    carried = c[3] / c[2]
    gap = 1 - c[3] / c[0] + forms.leaning
    theory, theory_seen = (np.array([1 - student / c[0], gap]) for student in (c[1], c[4]))
    seen = np.stack([teacher - student, teacher - carried * baseline])
    departures = seen - np.multiply.outer(theory_seen, teacher)
    unit = max(τ, float(student.mean()))
    mean, doubt = departures.mean(axis=1), np.cov(departures) / len(teacher)
    parts, logs = [], []
    for scale in SCALES:
        prior = (scale * unit) ** 2 * np.eye(2)
        total = prior + doubt
        parts.append(prior @ np.linalg.solve(total, mean))
        logs.append(-0.5 * np.linalg.slogdet(total)[1] - 0.5 * mean @ np.linalg.solve(total, mean))
    weights = np.exp(np.array(logs) - max(logs))
    gain, gap = weights @ np.array(parts) / weights.sum() + τ * theory
    return np.array([τ, τ - gain, (τ - gap) / carried, τ - gap])


def believed(losses: Array, draws: Array) -> Array:
    """Forecast four risks from (5, draws) of their posterior, corrected by the labels.

    Leave-one-out observes the gain ``R_w − R_w2s`` and, on its own, the level R_w; the gap follows
    the gain by their covariance.
    """
    weak, w2s, strong, ceiling, whole = draws.mean(axis=1)
    both = np.cov(np.stack([draws[0] - draws[4], draws[0] - draws[3]]))
    paired, n = losses[0] - losses[1], losses.shape[1]
    pull = DOUBT * both[0] / (DOUBT * both[0, 0] + paired.var(ddof=1) / n)
    gain, gap = np.array([weak - w2s, weak - ceiling]) + pull * (paired.mean() - (weak - whole))
    level = float(draws[0].var())
    level /= level + losses[0].var() / n
    τ = weak + level * (losses[0].mean() - weak)
    return np.array([τ, τ - gain, (τ - gap) * strong / ceiling, τ - gap])


def _closed(risks: Array) -> NDArray[np.bool_]:
    """Whether (4, …) risks show no gap."""
    return np.asarray(risks[0] - risks[3] <= CLOSED * risks[0])


def _named(risks: Array) -> dict[str, Array]:
    """Name (4, draws) risks, PGR (bounded where the gap closes) and OPR."""
    weak, w2s, strong, ceiling = risks
    gap = np.maximum(weak - ceiling, CLOSED * weak)
    ratios = {"pgr": (weak - w2s) / gap, "opr": strong / np.maximum(w2s, 1e-9 * weak)}
    return dict(zip(MODELS, risks, strict=True)) | ratios
