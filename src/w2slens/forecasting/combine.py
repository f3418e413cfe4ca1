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
from w2slens.forecasting.risk_forms import Forms, Outcomes
from w2slens.forecasting.sample import Losses
from w2slens.models.posterior import Posterior
from w2slens.models.risks import Models

SCALES = (0.005, 0.02, 0.08, 0.32, 1.28)
"""Departures from theory in units of the larger raw risk of teacher and student: standard
deviations of the prior's parts, equally likely. Each is four times the last: from "theory is right"
to "it says nothing"."""

DRAWS = 2000  # from the posterior of f*
DOUBT = 4.0  # the posterior's covariance counts so many times: the prior of f* is a guess too
ROUNDING = 1e-9  # share of a risk below which a difference of risks is rounding
CLOSED = 1e-3  # share of the teacher's risk below which there is no gap to its ceiling

MISFIT = 0.02
"""What is added to either side of an interval, for a risk in units of itself: by so much theory
itself misses real features."""
DISAGREEMENT = 0.5
"""Share of the distance between the forecast and the posterior's median that is added too."""


def combined(
    losses: Losses, forms: Forms, belief: Posterior
) -> tuple[Models[float], dict[str, tuple[float, float]]]:
    """Forecast four raw risks, and 90% intervals of them, of PGR and of OPR, by name.

    The losses are those at the ridges of the forms, which are the pair's at n and N.
    """
    rng = np.random.default_rng(0)
    draws = Outcomes.joined([forms.risks(*drawn) for drawn in belief.draw(DRAWS, rng)])
    both = zip(unbiased(losses, forms), believed(losses, draws), strict=True)
    risks = Models(*(max(sum(pair) / 2, 0.0) for pair in both))
    points = _named(Models(*map(np.array, risks)))
    intervals = {
        name: _interval(name, float(points[name]), drawn)
        for name, drawn in _named(draws.models).items()
    }
    open_ends = np.mean(_closed(draws.models.weak, draws.models.ceiling)) > (1 - LEVEL) / 2
    if open_ends or _closed(risks.weak, risks.ceiling):  # as in Fieller's theorem
        intervals["pgr"] = -np.inf, np.inf
    return risks, intervals


def _interval(name: str, point: float, draws: Array) -> tuple[float, float]:
    """Carry the spread of the posterior to the forecast, and add what both may be off by."""
    low, middle, high = np.quantile(draws, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    size = 1.0 if name == "pgr" else abs(point)
    more = MISFIT * size + DISAGREEMENT * abs(point - middle)
    bottom = float(point + low - middle - more)
    if name != "pgr":  # risks and their ratio are not negative
        bottom = max(bottom, 0.0)
    return bottom, float(point + high - middle + more)


def unbiased(losses: Losses, forms: Forms) -> Models[float]:
    """Forecast four risks from theory without bias, its two differences corrected by the labels.

    The departures of ``R_w − R_w2s`` and ``R_w − R_c`` from theory have a prior of mean 0 and
    unknown scale (a mixture over `SCALES`); leave-one-out observes them with its covariance, the
    student's at the pool's own size, the ceiling's carried from the baseline's by their degrees of
    freedom.
    """
    τ, n = float(losses.weak.mean()), len(losses.weak)
    c, whole = Models(*(form.noise for form in forms.models)), forms.whole.noise
    carried = c.ceiling / c.strong
    gap = 1 - c.ceiling / c.weak + forms.leaning
    theory, theory_seen = (np.array([1 - student / c.weak, gap]) for student in (c.w2s, whole))
    seen = np.stack([losses.weak - losses.w2s, losses.weak - carried * losses.strong])
    departures = seen - np.multiply.outer(theory_seen, losses.weak)
    mean, doubt = departures.mean(axis=1), np.cov(departures) / n
    found = _departure(mean, doubt, max(τ, float(losses.w2s.mean())))
    gain, gap = (found + τ * theory).tolist()
    return Models(τ, τ - gain, (τ - gap) / carried, τ - gap)


def _departure(mean: Array, doubt: Array, unit: float) -> Array:
    """Posterior mean of (2,) departures, observed with covariance `doubt`, over all `SCALES`."""
    parts, logs = [], []
    for scale in SCALES:
        prior = (scale * unit) ** 2 * np.eye(2)
        solved = np.linalg.solve(prior + doubt, mean)
        parts.append(prior @ solved)
        logs.append(-0.5 * np.linalg.slogdet(prior + doubt)[1] - 0.5 * mean @ solved)
    weights = np.exp(np.array(logs) - max(logs))
    return np.asarray(weights @ np.array(parts) / weights.sum())


def believed(losses: Losses, draws: Outcomes) -> Models[float]:
    """Forecast four risks from draws of their posterior, corrected by the labels.

    Leave-one-out observes the gain ``R_w − R_w2s`` and, on its own, the level R_w; the gap follows
    the gain by their covariance.
    """
    drawn, whole = draws
    mean = Models(*(float(risk.mean()) for risk in drawn))
    both = np.cov(np.stack([drawn.weak - whole, drawn.weak - drawn.ceiling]))
    paired, n = losses.weak - losses.w2s, len(losses.weak)
    # A teacher inside the student's space gains nothing: what varies of that gain is rounding.
    rounding = (ROUNDING * mean.weak) ** 2
    pull = DOUBT * both[0] / (DOUBT * both[0, 0] + paired.var(ddof=1) / n + rounding)
    surprise = float(paired.mean() - (mean.weak - whole.mean()))
    gain, gap = (
        np.array([mean.weak - mean.w2s, mean.weak - mean.ceiling]) + pull * surprise
    ).tolist()
    level = float(drawn.weak.var())
    level /= level + float(losses.weak.var()) / n
    τ = mean.weak + level * (float(losses.weak.mean()) - mean.weak)
    return Models(τ, τ - gain, (τ - gap) * mean.strong / mean.ceiling, τ - gap)


def _closed(weak: Array | float, ceiling: Array | float) -> NDArray[np.bool_]:
    """Whether risks show no gap."""
    return np.asarray(weak - ceiling <= CLOSED * weak)


def _named(risks: Models[Array]) -> dict[str, Array]:
    """Name risks, PGR (bounded where the gap closes) and OPR."""
    gap = np.maximum(risks.weak - risks.ceiling, CLOSED * risks.weak)
    opr = risks.strong / np.maximum(risks.w2s, 1e-9 * risks.weak)
    return risks._asdict() | {"pgr": (risks.weak - risks.w2s) / gap, "opr": opr}
