"""Forecasts: the expected risks of a pair, from n labels and an unlabeled pool alone.

Labels say little about small differences of risks: bare leave-one-out is noisy. The pool says much
without any label: how a given error of the teacher splits into what the student inherits and what
it sheds. So a forecast starts from what theory gives at the teacher's leave-one-out error τ² for a
pair that loses nothing in bias, with R = (Σ_ww+κ_w)⁻¹ and Q of `equivalent`::

    R_w − R_c   = τ²·[1/n + tr(Σ_wwR)/n]
    R_w − R_w2s = τ²·[tr(Σ_wwC) − tr(AᵀΣ_ssAC) − df2_s/(N−df2_s)·tr(QC)],   C = RΣ_wwR/n

and lets the labels correct both differences: paired leave-one-out of teacher, student (exact,
without refits) and baseline (carried from n to n + N rows by its degrees of freedom) is observed
with its covariance, and the departures from theory have a prior of mean 0 whose scale is unknown
(a mixture over `SCALES`). The posterior gives point forecasts and 90% intervals.

Ridgeless forecasts are good to a few hundredths of PGR on real features. With tuned ridges the gap
is mostly bias, of which the pool says nothing: forecasts are then little better than the labels.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from w2slens import _check
from w2slens._check import Ridge
from w2slens._errors import InputError
from w2slens._linalg import Array
from w2slens.labeled import LabeledBlock
from w2slens.moments import Moments
from w2slens.ridge import choose_loo, choose_w2s
from w2slens.risk import MODELS, Risks
from w2slens.sources import Source, open_features, read_array
from w2slens.theory.intervals import LEVEL
from w2slens.theory.shares import Shares

SCALES = (0.005, 0.02, 0.08)
"""Departures from theory in units of the teacher's raw risk: standard deviations of the prior's
parts, equally likely. Each is four times the last: from "theory is right" to "it says nothing"."""

SAMPLES = 4000
"""Draws from the posterior by which intervals are found."""

MISFIT = 0.02
"""What is added to either side of an interval of PGR: by so much theory itself misses the measured
PGR of real features, in median."""

LEAST_LABELS = 10
"""Fewer labels have no standard error to speak of."""

FEW_LABELS = 30
"""With fewer labels the standard errors of leave-one-out, and so the intervals, mean little."""

UNDECIDED = 1.0
"""An interval of PGR wider than this says nothing."""

NAMES = ("pgr", "opr", *MODELS)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Expected risks of the four models at given n and N, with intervals.

    Attributes
    ----------
    risks
        (1, 1) raw risks: mean squared errors against the labels.
    samples
        Name → (draws,) of the posterior of each risk, of PGR and of OPR.
    ridges
        λ of the teacher, the student and the baseline.
    """

    risks: Risks
    samples: dict[str, Array]
    ridges: dict[str, float]

    @property
    def pgr(self) -> float:
        """Forecast of PGR; nan where no gap is to be seen."""
        return float(self.risks.quiet_ratios()[0][0, 0])

    @property
    def opr(self) -> float:
        """Forecast of OPR."""
        return float(self.risks.quiet_ratios()[1][0, 0])

    def interval(self, name: str) -> tuple[float, float]:
        """90% interval of ``"pgr"``, ``"opr"``, or the risk of a model."""
        _check.choice(name, "name", NAMES)
        low, high = np.quantile(self.samples[name], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        widen = MISFIT if name == "pgr" else 0.0
        return float(low - widen), float(high + widen)

    @property
    def decided(self) -> bool:
        """Whether the labels suffice to say something of PGR."""
        low, high = self.interval("pgr")
        enough = self.risks.n[0] >= FEW_LABELS
        return bool(enough and np.isfinite(self.pgr) and high - low < UNDECIDED)

    @property
    def statement(self) -> str:
        """What the forecast says, in a sentence."""
        n, N = self.risks.n[0], self.risks.N[0]
        low, high = self.interval("pgr")
        if not self.decided:
            return (
                f"{n:,} labels are too few to tell: the 90% interval of PGR is {low:.2f} to "
                f"{high:.2f}. Label more, or measure on a held-out set."
            )
        below, above = self.interval("opr")
        rival = (
            "W2S beats the strong model on the labels"
            if below > 1
            else "the strong model on the labels beats W2S"
            if above < 1
            else "W2S and the strong model on the labels are too close to call"
        )
        return (
            f"With {n:,} labels and {N:,} pseudo-labels, PGR {self.pgr:.2f} ({low:.2f} to "
            f"{high:.2f}) and OPR {self.opr:.2f} ({below:.2f} to {above:.2f}): {rival}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as JSON types."""
        return {
            **self.risks.to_dict(),
            "kind": "forecast",
            "interval": {name: list(self.interval(name)) for name in NAMES},
            "ridges": self.ridges,
            "statement": self.statement,
        }


def forecast(
    weak: "ArrayLike | str | Path | Source",
    strong: "ArrayLike | str | Path | Source",
    y: ArrayLike | str | Path,
    *,
    N: int | None = None,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    task: _check.Task = "regression",
) -> Forecast:
    """Forecast risks, PGR and OPR from n labels and an unlabeled pool.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples, as arrays or paths: the first
        len(y) rows are the labeled ones, the others the pool.
    y
        (n,) or (n, outputs) labels, or classes.
    N
        Number of pseudo-labels; default the whole pool.
    ridge_weak, ridge_strong
        λ, or ``"auto"``: chosen by leave-one-out on the labels.
    task
        As in `transfer`.

    Returns
    -------
    Forecast
        Of the expected risks at this n: a property of the pair, not of this draw of the labels.

    Raises
    ------
    InputError
        If an input is malformed, there is no pool, or fewer than 10 labels.

    Notes
    -----
    The rows are taken to be alike: a pool from another distribution needs `predict`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 40))
    >>> y = x[:150, 0] + rng.standard_normal(150)
    >>> found = forecast(x, x[:, :10], y, ridge_weak=0, ridge_strong=0)
    >>> low, high = found.interval("pgr")
    >>> bool(low < found.pgr < high)
    True
    """
    left, right = (
        open_features(rows, name).read() for rows, name in ((weak, "weak"), (strong, "strong"))
    )
    targets, _ = _check.labels(read_array(y, "y"), "y", task)
    _check.same_rows({"weak": len(left), "strong": len(right)})
    n = len(targets)
    if n < LEAST_LABELS:
        raise InputError("y", f"has {n} rows; at least {LEAST_LABELS} labels are needed")
    if n >= len(left):
        raise InputError(
            "weak", f"has {len(left):,} rows and there are {n:,} labels; the pool is missing"
        )
    size = len(left) - n if N is None else _check.whole(N, "N")
    block = LabeledBlock.from_rows(left[:n], right[:n], targets)
    pool = Moments.from_rows(weak=left[n:], strong=right[n:])
    asked = _check.ridge(ridge_weak, "ridge_weak"), _check.ridge(ridge_strong, "ridge_strong")
    return forecast_block(block, pool, size, *asked)


def forecast_block(
    block: LabeledBlock, pool: Moments, N: int, ridge_weak: Ridge, ridge_strong: Ridge
) -> Forecast:
    """Forecast from labeled rows and the moments of a pool with blocks ``weak`` and ``strong``."""
    y, n = block.targets, block.weak.n
    λ_w = choose_loo(block.weak, y) if ridge_weak == "auto" else ridge_weak
    λ_s = choose_loo(block.strong, y) if ridge_strong == "auto" else ridge_strong
    λ = choose_w2s(block, pool, λ_w) if ridge_strong == "auto" else ridge_strong
    shares = Shares.of(pool, n, N, λ_w, λ, λ_s)
    errors = [
        block.weak.loo_residuals(y, λ_w),
        y - block.loo_w2s(pool, λ_w, [λ])[0],
        block.strong.loo_residuals(y, λ_s),
    ]
    teacher, student, baseline = (np.sum(error**2, axis=1) for error in errors)
    return _posterior(
        teacher, student, baseline, shares, n, N, {"weak": λ_w, "w2s": λ, "strong": λ_s}
    )


def _posterior(
    teacher: Array,
    student: Array,
    baseline: Array,
    shares: Shares,
    n: int,
    N: int,
    ridges: dict[str, float],
) -> Forecast:
    """Combine theory and the (n,) leave-one-out losses of three models."""
    τ = float(teacher.mean())
    theory = np.array([shares.gain, shares.gap])
    carried = shares.ceiling / shares.strong
    if not np.isfinite(carried):
        raise InputError(
            "ridge_strong",
            f"is {ridges['strong']:g}; a ridgeless baseline on about as many labels as dimensions "
            "has no finite risk: give a ridge, or 'auto'",
        )
    losses = np.stack([teacher - student, teacher - carried * baseline])
    departure = losses - np.multiply.outer(theory, teacher)
    seen, doubt = departure.mean(axis=1), np.cov(departure) / n
    parts = [_update(seen, doubt, scale * τ) for scale in SCALES]
    weights = np.exp([log - max(log for *_, log in parts) for *_, log in parts])
    weights /= weights.sum()
    mean = sum(w * m for w, (m, _, _) in zip(weights, parts, strict=True)) + τ * theory
    rng = np.random.default_rng(0)
    which = rng.choice(len(parts), SAMPLES, p=weights)
    normal = rng.standard_normal((SAMPLES, 2))
    roots = np.array([np.linalg.cholesky(C) for _, C, _ in parts])
    centres = np.array([m for m, _, _ in parts])
    drawn = centres[which] + np.einsum("sij,sj->si", roots[which], normal) + τ * theory
    level = 1 + rng.standard_normal(SAMPLES) * float(teacher.std(ddof=1)) / (τ * n**0.5)
    samples = _ratios(*_four(np.full(SAMPLES, τ), drawn.T, carried), level)
    weak, w2s, strong, ceiling = (np.array([[float(value)]]) for value in _four(τ, mean, carried))
    risks = Risks((n,), (N,), weak, w2s, strong, ceiling, "raw", method="forecast")
    return Forecast(risks, samples, ridges)


def _update(seen: Array, doubt: Array, scale: float) -> tuple[Array, Array, float]:
    """Posterior mean and covariance under a prior of one scale, and the log evidence."""
    prior = scale**2 * np.eye(2)
    total = prior + doubt
    gain = prior @ np.linalg.inv(total)
    covariance = prior - gain @ prior
    log = -0.5 * np.linalg.slogdet(total)[1] - 0.5 * seen @ np.linalg.solve(total, seen)
    return gain @ seen, (covariance + covariance.T) / 2 + 1e-12 * prior, float(log)


def _four(τ: Any, differences: Any, carried: float) -> tuple[Any, Any, Any, Any]:
    """Risks of the four models from the teacher's and the two differences."""
    gain, gap = differences
    ceiling = τ - gap
    return τ, τ - gain, ceiling / carried, ceiling


def _ratios(
    weak: Array, w2s: Array, strong: Array, ceiling: Array, level: Array
) -> dict[str, Array]:
    """Name the samples of the risks, of PGR (bounded where the gap closes) and of OPR."""
    gap = np.maximum(weak - ceiling, 1e-9 * weak)
    return {
        "weak": weak * level,
        "w2s": w2s * level,
        "strong": strong * level,
        "ceiling": ceiling * level,
        "pgr": (weak - w2s) / gap,
        "opr": strong / np.maximum(w2s, 1e-9 * weak),
    }
