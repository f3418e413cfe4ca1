"""Forecasts: the expected risks of a pair, from n labels and an unlabeled pool alone.

Labels say little about small differences of risks: bare leave-one-out is noisy. The pool says much
without any label. Two forecasts, of `combining`, use both and err in opposite directions: one
starts from theory for a pair that loses nothing in bias, the other from what the labels make
likely of f* (`belief`); paired leave-one-out corrects either. The forecast is their mean.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Ridge, Task
from w2slens.features.reading import Source, open_features, read_array
from w2slens.forecasting.combine import combined
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.posterior import Belief
from w2slens.forecasting.risk_forms import Forms
from w2slens.models.labeled import LabeledBlock
from w2slens.models.risks import MODELS, Risks
from w2slens.models.tuning import choose_loo, choose_w2s

LEAST_LABELS = 10
"""Fewer labels have no standard error to speak of."""

LEAST_POOL = 10
"""Fewer rows without labels show no second moments."""

FEW_LABELS = 30
"""With fewer labels the standard errors of leave-one-out, and so the intervals, mean little."""

UNDECIDED = 1.0
"""An interval of PGR wider than this says nothing."""

TITLES = {"weak": "teacher", "w2s": "W2S student", "strong": "baseline", "ceiling": "ceiling"}

NAMES = ("pgr", "opr", *MODELS)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Expected risks of the four models at given n and N, with intervals.

    Attributes
    ----------
    risks
        (1, 1) raw risks: mean squared errors against the labels.
    intervals
        Name → 90% interval of each risk, of PGR and of OPR.
    ridges
        λ of the teacher, the student and the baseline.
    losses
        (3, n) leave-one-out losses of the three on the labeled rows.
    inflation
        (5,) raw risks of the models, and of the student on the whole pool, over the noise of the
        labels, as theory has them without bias.
    overlap_known
        Whether the pool has rows enough, more than d_w + d_s + 1, to tell overlap from chance.
    """

    risks: Risks
    intervals: dict[str, tuple[float, float]]
    ridges: dict[str, float]
    losses: Array
    inflation: Array
    overlap_known: bool = True

    @property
    def pgr(self) -> float:
        """Forecast of PGR; nan where no gap is to be seen."""
        return float(self.risks.quiet_ratios()[0][0, 0])

    @property
    def opr(self) -> float:
        """Forecast of OPR."""
        return float(self.risks.quiet_ratios()[1][0, 0])

    def interval(self, name: str) -> tuple[float, float]:
        """90% interval of ``"pgr"``, ``"opr"``, or the risk of a model.

        That of PGR is without ends where the labels leave open whether there is a gap.
        """
        check.choice(name, "name", NAMES)
        return self.intervals[name]

    @property
    def decided(self) -> bool:
        """Whether the labels suffice to say something of PGR."""
        low, high = self.interval("pgr")
        enough = self.risks.n[0] >= FEW_LABELS and self.overlap_known
        return bool(enough and np.isfinite(self.pgr) and high - low < UNDECIDED)

    @property
    def statement(self) -> str:
        """What the forecast says, in a sentence."""
        n, N = self.risks.n[0], self.risks.N[0]
        low, high = self.interval("pgr")
        if not np.isfinite(self.pgr) or np.isinf(low):
            pgr = (
                f"the gap between teacher and ceiling is lost in the noise of {n:,} labels, so "
                "that PGR is undefined"
            )
        elif not self.decided:
            pgr = (
                f"{n:,} labels are too few to tell PGR: its 90% interval is {low:.2f} to {high:.2f}"
            )
        else:
            pgr = f"PGR {self.pgr:.2f} ({low:.2f} to {high:.2f})"
        below, above = self.interval("opr")
        rival = (
            "W2S beats the strong model on the labels"
            if below > 1
            else "the strong model on the labels beats W2S"
            if above < 1
            else "W2S and the strong model on the labels are too close to call"
        )
        more = "" if self.decided else " Label more, or measure on a held-out set."
        if not self.overlap_known:
            more = " The pool has too few rows to tell the overlap of the features from chance."
        return (
            f"With {n:,} labels and {N:,} pseudo-labels, {pgr}, and OPR {self.opr:.2f} "
            f"({below:.2f} to {above:.2f}): {rival}.{more}"
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
    task: Task = "regression",
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
    targets = read_labels(y, task)
    left, right = (
        open_features(rows, name).read() for rows, name in ((weak, "weak"), (strong, "strong"))
    )
    block, pool = read_pool(left, right, targets)
    size = pool.moments.count if N is None else check.whole(N, "N", least=2)
    asked = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    return forecast_block(block, pool, size, *asked)


def read_labels(y: ArrayLike | str | Path, task: Task) -> Array:
    """Read (n, outputs) targets, enough of them for a forecast."""
    check.choice(task, "task", ("regression", "classification"))
    targets, _ = check.labels(read_array(y, "y"), "y", task)
    if len(targets) < LEAST_LABELS:
        raise InputError("y", f"has {len(targets)} rows; at least {LEAST_LABELS} labels are needed")
    return targets


def read_pool(
    weak: NDArray[Any], strong: NDArray[Any], targets: Array
) -> tuple[LabeledBlock, Unlabeled]:
    """Divide rows of features: those of the labels come first, the pool is the rest."""
    check.same_rows({"strong": len(strong), "weak": len(weak)})
    n = len(targets)
    if len(weak) < n + LEAST_POOL:
        raise InputError(
            "weak",
            f"has {len(weak):,} rows and there are {n:,} labels; a pool of at least {LEAST_POOL} "
            "rows without labels is needed",
        )
    block = LabeledBlock.from_rows(weak[:n], strong[:n], targets)
    return block, Unlabeled(weak[n:], strong[n:])


def forecast_block(
    block: LabeledBlock, pool: Unlabeled, N: int, ridge_weak: Ridge, ridge_strong: Ridge
) -> Forecast:
    """Forecast from labeled rows and a pool."""
    n, scale = block.weak.n, float(np.sqrt(np.mean(block.targets.var(axis=0))))
    block = replace(block, targets=block.targets / scale)  # risks are squares: none may overflow
    y = block.targets
    λ_w = choose_loo(block.weak, y) if ridge_weak == "auto" else ridge_weak
    λ_s = choose_loo(block.strong, y) if ridge_strong == "auto" else ridge_strong
    λ = choose_w2s(block, pool.moments, λ_w) if ridge_strong == "auto" else ridge_strong
    forms = Forms.of(pool, n, N, λ_w, λ, λ_s)
    _refuse_poles(forms)
    errors = [
        block.weak.loo_residuals(y, λ_w),
        y - block.loo_w2s(pool.moments, λ_w, [λ])[0],
        block.strong.loo_residuals(y, λ_s),
    ]
    losses = np.array([np.sum(error**2, axis=1) for error in errors])
    rows = np.hstack([design.rows for design in (block.weak, block.strong)])
    point, intervals = combined(losses, forms, Belief(rows, y, pool))
    weak, w2s, strong, ceiling = (np.array([[float(value) * scale**2]]) for value in point)
    intervals = {
        name: (low * scale**2, high * scale**2) if name in MODELS else (low, high)
        for name, (low, high) in intervals.items()
    }
    risks = Risks((n,), (N,), weak, w2s, strong, ceiling, "raw", method="forecast")
    ridges = {"weak": λ_w, "w2s": λ, "strong": λ_s}
    return Forecast(risks, intervals, ridges, losses * scale**2, forms.noise, pool.overlap_known)


def _refuse_poles(forms: Forms) -> None:
    """Refuse a ridgeless fit on as many rows as dimensions."""
    arguments = ("ridge_weak", "ridge_strong", "ridge_strong", "ridge_strong")
    for name, argument, learned in zip(MODELS, arguments, forms.noise[:4], strict=True):
        if not np.isfinite(learned):
            raise InputError(
                argument,
                f"is 0 and the {TITLES[name]} has about as many rows as dimensions: it has no "
                "finite risk; give a ridge, or 'auto'",
            )
