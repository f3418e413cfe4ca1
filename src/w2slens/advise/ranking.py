"""Which of several teachers to label with, by the risk of the student that it teaches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import Array, Id, Progress, Ridge, Task
from w2slens.advise.candidates import Candidate, Ranking
from w2slens.features.aligned import order_of
from w2slens.features.ondisk import Matrix, Stream, taken
from w2slens.features.reading import (
    FeaturesLike,
    LabelsLike,
    Source,
    open_features,
    open_ids,
    read_labels,
)
from w2slens.forecasting.forecast import Forecast, forecast_pair, known_labels
from w2slens.forecasting.pool import strong_only
from w2slens.forecasting.sample import Labels, PairSample, refuse_short
from w2slens.forecasting.several_teachers import pooled_risks
from w2slens.measure.overlap import correlate
from w2slens.models.metrics import METRICS, HeldOut, Metric
from w2slens.models.students import AUTO

APART = 1.645  # standard errors of a paired difference that tell a teacher apart from the best
MEASURES = {"regression": "R²", "classification": "accuracy"}  # marks by leave-one-out
SAMPLING = 1e-3  # share of a risk that is the sampler's own error


@one_thread
def rank_teachers(
    teachers: Mapping[str, FeaturesLike],
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
    progress: Progress | None = None,
) -> Ranking:
    """Order candidate teachers of one student by forecast W2S risk.

    Gains are forecast for each teacher (`forecast`); the risks, which share their labels, are told
    apart together: most of the noise of leave-one-out is common to all teachers.

    Parameters
    ----------
    teachers
        Name → (rows, p) features of the same examples, as arrays, paths or
        datasets.
    strong
        (rows, p_s) the student's features.
    y
        (n,) or (n, outputs) labels, or classes, of the first n rows; the others are the pool.
    N
        Number of pseudo-labels; default the whole pool.
    ridge_weak, ridge_strong
        λ, or ``"auto"``: chosen by leave-one-out on the labels.
    task, header, stream, id
        As in `forecast`.
    metric
        What teachers are ordered by: the forecast squared error of their students, or for classes
        the ``"accuracy"`` or ``"auroc"`` of the students by leave-one-out, which theory does not
        predict.
    progress
        Called with the numbers of teachers done and in all.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If there is no teacher, or an input is malformed as in `forecast`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 60))
    >>> y = x[:200, :3].sum(axis=1) + rng.standard_normal(200)
    >>> found = rank_teachers(
    ...     {"inside": x[:, :20], "across": x[:, np.r_[:3, 43:60]]},
    ...     x[:, :40],
    ...     y,
    ...     ridge_weak=0,
    ...     ridge_strong=0,
    ... )
    >>> found.best.name
    'across'
    """
    if not isinstance(teachers, Mapping) or not all(isinstance(name, str) for name in teachers):
        raise InputError("teachers", "are to be given as {name: features}")
    if not teachers:
        raise InputError("teachers", "are missing; at least one is needed")
    told: dict[str, Any] = {"header": header, "id": id}
    labels = known_labels(read_labels(y, **told), task)
    asked = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    found: list[tuple[Forecast, Candidate]] = []
    student = open_features(strong, "strong", **told)
    order = order_of([student], open_ids(y, "y", id, len(labels.values)))
    read = partial(taken, stream=stream, order=order)
    for name, pair in _pairs(teachers, student, labels, read, told):
        size = pair.pool.moments.count if N is None else check.whole(N, "N", least=2)
        forecast = forecast_pair(pair, size, *asked, metric=metric)
        found.append((forecast, _candidate(name, forecast, pair)))
        if progress is not None:
            progress(len(found), len(teachers))
    ranked = _ranked(found) if metric == METRICS[0] else _by_marks(found)
    return Ranking(ranked, len(labels.values), size, MEASURES[labels.task], metric)


def _pairs(
    teachers: Mapping[str, FeaturesLike],
    student: Source,
    labels: Labels,
    read: Callable[[dict[str, Source]], dict[str, Matrix]],
    told: Mapping[str, Any],
) -> Iterator[tuple[str, PairSample]]:
    """Pair every teacher with the student, whose side is done once."""
    pair: PairSample | None = None
    strong = read({"strong": student})["strong"]
    for name, features in teachers.items():
        argument = f"weak.{name}"
        try:
            opened = open_features(features, argument, **told)
            weak = read({argument: opened})[argument]
            refuse_short(weak, strong, len(labels.values))
            pair = pair.with_teacher(weak) if pair else PairSample.of(weak, strong, labels)
        except InputError as error:
            if error.argument not in (argument, "weak"):
                raise
            raise InputError("weak", f"({name}) {error.problem}") from None
        yield name, pair


def _candidate(name: str, found: Forecast, pair: PairSample) -> Candidate:
    """Describe a teacher on its own."""
    risks, ridges = found.risks, found.ridges
    d_w, d_s = pair.pool.weak.spectrum.rank, pair.pool.strong.spectrum.rank
    # An overlap of all dimensions is whole but for rounding.
    d_sw = float(round(correlate(pair.pool.moments).debiased, 9))
    norm, energy = strong_only(pair.pool, ridges["weak"], ridges["w2s"])
    return Candidate(
        name,
        risk=float(risks.w2s[0, 0]),
        interval=found.interval("w2s"),
        alone=float(risks.w2s[0, 0]),
        teacher_risk=float(risks.weak[0, 0]),
        pgr=found.pgr,
        opr=found.opr,
        d_w=d_w,
        d_s=d_s,
        d_sw=d_sw,
        teacher_loo=_marked(
            pair.labels.values, pair.weak.residuals(ridges["weak"]), pair.labels.task
        ),
        scores={"strong_only": d_s - d_sw, "norm": norm, "energy": energy},
        posterior=found.taught([AUTO])[AUTO].risk,
    )


def _marked(targets: Array, residuals: Array, task: Task) -> float:
    """Leave-one-out accuracy of a teacher, or R²."""
    if task == "classification":
        return float(np.mean((targets - residuals).argmax(axis=1) == targets.argmax(axis=1)))
    return float(1 - np.sum(residuals**2) / np.sum((targets - targets.mean(axis=0)) ** 2))


def _ranked(found: list[tuple[Forecast, Candidate]]) -> tuple[Candidate, ...]:
    """Tell the risks apart together, and order them."""
    forecasts, candidates = zip(*found, strict=True)
    teachers, students = _pooled(forecasts, "weak"), _pooled(forecasts, "w2s")
    # Two ways to the same risk: the pooled teacher's less the gain of the pair, and its own.
    gains = np.array([one.teacher_risk - one.risk for one in candidates])
    students = (teachers - gains + students) / 2
    moved = [
        _moved(*each) for each in zip(candidates, teachers.tolist(), students.tolist(), strict=True)
    ]
    order = sorted(range(len(moved)), key=lambda place: moved[place].risk)
    best = order[0]
    losses = np.stack([forecast.losses.w2s for forecast in forecasts])  # (teachers, n)
    paired = losses - losses[best]
    spread = paired.std(axis=1, ddof=1) / losses.shape[1] ** 0.5
    reach = APART * spread + SAMPLING * students[best]
    return tuple(
        replace(moved[place], apart=bool(moved[place].risk - moved[best].risk > reach[place]))
        for place in order
    )


def _by_marks(found: list[tuple[Forecast, Candidate]]) -> tuple[Candidate, ...]:
    """Order teachers by the marks of their students on the same held-out rows."""
    moved = {one.name: one for one in _ranked(found)}
    held = {one.name: forecast.measured for forecast, one in found}
    students = {name: each.scores["w2s"] for name, each in held.items() if each is not None}
    first = next(each for each in held.values() if each is not None)
    both = HeldOut(first.metric, students, first.codes)
    order = sorted(students, key=lambda name: -both.marks[name])
    best = order[0]
    return tuple(
        replace(
            moved[name],
            mark=both.marks[name],
            mark_error=both.error(name),
            apart=both.marks[best] - both.marks[name] > APART * both.error(best, name),
        )
        for name in order
    )


def _pooled(forecasts: Sequence[Forecast], model: str) -> Array:
    """Pool the teachers' risks of one model, whose losses say how they err together."""
    risks = np.array([getattr(one.risks, model)[0, 0] for one in forecasts])
    theory = np.array([getattr(one.inflation, model) for one in forecasts])
    losses = np.stack([getattr(one.losses, model) for one in forecasts])
    return pooled_risks(risks, theory, np.atleast_2d(np.cov(losses)) / losses.shape[1])


def _moved(candidate: Candidate, teacher_risk: float, risk: float) -> Candidate:
    """Move a candidate to its pooled risks, its interval along with it."""
    low, high = (max(end + risk - candidate.risk, 0.0) for end in candidate.interval)
    return replace(candidate, risk=risk, teacher_risk=teacher_risk, interval=(low, high))
