"""Forecasts: the expected risks of a pair, from n labels and an unlabeled pool alone.

Labels say little about small differences of risks: bare leave-one-out is noisy. The pool says much
without any label. Two forecasts, of `combine`, use both and err in opposite directions: one
starts from theory for a pair that loses nothing in bias, the other from what the labels make
likely of f* (`posterior`); paired leave-one-out corrects either. The forecast is their mean.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import TASKS, Id, Ridge, Task
from w2slens.features.aligned import order_of
from w2slens.features.ondisk import Stream, taken
from w2slens.features.reading import FeaturesLike, LabelsLike, open_features, open_ids, read_labels
from w2slens.forecasting.combine import combined
from w2slens.forecasting.population import likely_population
from w2slens.forecasting.result import Forecast
from w2slens.forecasting.risk_forms import Forms
from w2slens.forecasting.sample import Labels, Losses, PairSample, refuse_short
from w2slens.forecasting.students import Classroom
from w2slens.models.metrics import METRICS, Metric
from w2slens.models.risks import MODELS, Models, Risks

__all__ = ["Forecast", "forecast", "forecast_pair", "known_labels", "refuse_few"]

LEAST_LABELS = 10  # fewer have no standard error to speak of


@one_thread
def forecast(
    weak: FeaturesLike,
    strong: FeaturesLike,
    y: LabelsLike,
    *,
    N: int | None = None,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    task: Task | None = None,
    metric: Metric = "risk",
    header: bool | None = None,
    id: Id = None,
    stream: Stream = "auto",
) -> Forecast:
    """Forecast risks, PGR and OPR from n labels and an unlabeled pool.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples, as arrays, paths or datasets:
        the first len(y) rows are the labeled ones, the others the pool.
    y
        (n,) or (n, outputs) labels, or classes.
    N
        Number of pseudo-labels; default the whole pool.
    ridge_weak, ridge_strong
        λ, or ``"auto"``: chosen by leave-one-out on the labels.
    task, header, stream
        As in `transfer`.
    id
        As in `transfer`; labeled rows are those whose ids the labels have, wherever they are.
    metric
        What the statement decides by. Theory predicts squared errors alone: ``"accuracy"`` and
        ``"auroc"`` of classes are measured by leave-one-out beside the forecast, and said to be.

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
    told: dict[str, Any] = {"header": header, "id": id}
    labels = known_labels(read_labels(y, **told), task)
    sides = {"weak": weak, "strong": strong}
    opened = {name: open_features(rows, name, **told) for name, rows in sides.items()}
    order = order_of(opened.values(), open_ids(y, "y", id, len(labels.values)))
    left, right = taken(opened, stream, order).values()
    refuse_short(left, right, len(labels.values))
    pair = PairSample.of(left, right, labels)
    size = pair.pool.moments.count if N is None else check.whole(N, "N", least=2)
    asked = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    return forecast_pair(pair, size, *asked, metric=metric)


def known_labels(y: NDArray[Any], task: Task | None) -> Labels:
    """Take (n, outputs) targets of labels, enough of them for a forecast."""
    if task is not None:
        check.choice(task, "task", TASKS)
    targets, classes = check.labels(y, "y", task)
    refuse_few(len(targets))
    return Labels.of(targets, classes)


def refuse_few(n: int) -> None:
    """Refuse fewer labels than a forecast takes."""
    if n < LEAST_LABELS:
        raise InputError("y", f"has {n} rows; at least {LEAST_LABELS} labels are needed")


def forecast_pair(
    pair: PairSample, N: int, ridge_weak: Ridge, ridge_strong: Ridge, *, metric: str = METRICS[0]
) -> Forecast:
    """Forecast from labeled rows and a pool."""
    y, unit = pair.labels.values, pair.labels.unit
    n, ridges = len(y), pair.ridges(ridge_weak, ridge_strong)
    room = Classroom.of(pair, ridges.weak, ridge_strong)
    forms = Forms.of(pair.pool, n, N, *ridges, room.posterior.prior.axes)
    _refuse_poles(forms)
    held_out = pair.held_out(ridges)
    losses = pair.losses(held_out)
    belief = room.posterior
    point, intervals = combined(losses, forms, belief)
    squares = Models(*(np.array([[value * unit**2]]) for value in point))
    intervals = {
        name: (low * unit**2, high * unit**2) if name in MODELS else (low, high)
        for name, (low, high) in intervals.items()
    }
    return Forecast(
        Risks((n,), (N,), *squares, scale="raw", method="forecast"),
        intervals,
        ridges._asdict(),
        Losses(*(each * unit**2 for each in losses)),
        Models(*(form.noise for form in forms.models)),
        pair.pool.overlap_known,
        pair.pool.moments.count,
        partial(likely_population, belief, pair.pool, unit),
        room.expected,
        pair.marks(held_out, metric),
    )


def _refuse_poles(forms: Forms) -> None:
    """Refuse a ridgeless fit on as many rows as dimensions."""
    titles = ("teacher", "W2S student", "baseline", "ceiling")
    for title, form in zip(titles, forms.models, strict=True):
        if not np.isfinite(form.noise):
            raise InputError(
                "ridge_weak" if title == "teacher" else "ridge_strong",
                f"is 0 and the {title} has about as many rows as dimensions: it has no "
                "finite risk; give a ridge, or 'auto'",
            )
