"""`train`: the best student of labels, teacher and pool, as a model to take home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import TASKS, Id, Ridge, Task
from w2slens.advise.fitting import trained
from w2slens.advise.student import Student
from w2slens.advise.training_set import Ridges, TrainingSet
from w2slens.features.aligned import order_of
from w2slens.features.names import names_of
from w2slens.features.ondisk import Matrix, Stream, beside, spread, taken
from w2slens.features.reading import (
    FeaturesLike,
    LabelsLike,
    Source,
    open_features,
    open_ids,
    read_labels,
)
from w2slens.forecasting.sample import refuse_short
from w2slens.models.students import STUDENTS


@one_thread
def train(
    weak: FeaturesLike | None,
    strong: FeaturesLike,
    y: LabelsLike,
    *,
    student: str = "auto",
    scores: Mapping[str, ArrayLike] | None = None,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    buy: int = 0,
    task: Task | None = None,
    header: bool | None = None,
    id: Id = None,
    seed: int = 0,
    stream: Stream = "auto",
) -> Student:
    """Train a student on all labels and the whole pool.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples, as arrays, paths or datasets:
        the first len(y) rows are the labeled ones, the others the pool.
    y
        (n,) or (n, outputs) labels, or classes.
    student
        A name of `w2slens.models.students`, or ``"auto"``: ``"posterior"``, which learns from the
        labels and the teacher together, or ``"neighbours"``, which also learns how rows cluster,
        where there are 10,000 rows at most and the labels are likelier with that.
    scores
        Name → (rows,) or (rows, k) scores of black-box teachers, which did not learn from these
        labels; they stand beside the weak features, which may then be None.
    ridge_weak, ridge_strong
        λ, or ``"auto"``: chosen by leave-one-out on the labels.
    buy
        How many rows of the pool to name whose labels would leave the least of f* unknown.
    task, header, stream, id
        As in `forecast`; ``buy`` then names rows of the strong features.
    seed
        Of the draws behind the forecast risk.

    Returns
    -------
    Student

    Raises
    ------
    InputError
        If an input is malformed, there is no pool, or fewer than 3 labels.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 40))
    >>> y = x[:80, 0] + rng.standard_normal(80)
    >>> student = train(x[:, :12], x[:, :30], y)
    >>> student.name, student.predict(x[:5, :30]).shape
    ('posterior', (5, 1))
    """
    told: dict[str, Any] = {"header": header, "id": id}
    targets, classes = check.labels(read_labels(y, **told), "y", _known(task))
    opened = _opened(weak, strong, scores, told)
    order = order_of(opened.values(), open_ids(y, "y", id, len(targets)))
    read = taken(opened, stream, order)
    right = read["strong"]
    left = with_scores(read.get("weak"), scores or {}, len(right))
    rows = TrainingSet(left, right, targets, classes)
    refuse_short(left, right, len(targets))
    refuse_blind(student, scores)
    ridges = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    sides = {"weak": weak, "strong": strong}
    named = {side: names_of(one, side, **told) for side, one in sides.items()}
    known = {side: names for side, names in named.items() if names is not None}
    facts = {"scores": list(scores or ()), **({"columns": known} if known else {})}
    found = trained(rows, student, Ridges(*ridges), seed=seed).taken_home(
        buy=check.whole(buy, "buy", least=0), facts=facts
    )
    return found if order is None else replace(found, buy=order.rows(found.buy))


def refuse_blind(student: str, scores: Mapping[str, ArrayLike] | None) -> None:
    """Refuse a student that would need the scores of new rows."""
    if scores and student in STUDENTS and "weak" in STUDENTS[student].sees:
        raise InputError("student", f"is {student!r}; it needs the scores wherever it is used")


def _known(task: Task | None) -> Task | None:
    if task is not None:
        check.choice(task, "task", TASKS)
    return task


def _opened(
    weak: Any, strong: Any, scores: Mapping[str, ArrayLike] | None, told: Mapping[str, Any]
) -> dict[str, Source]:
    """Open both sides, or the student's where scores stand for the teacher's."""
    if weak is None and not scores:
        raise InputError("weak", "features are missing; give them, or scores of a teacher")
    if scores and told["id"] is not None:
        raise InputError("id", "joins no scores; bring all rows into one order, and leave it out")
    given = {"strong": strong} | ({} if weak is None else {"weak": weak})
    return {name: open_features(rows, name, **told) for name, rows in given.items()}


def with_scores(weak: Matrix | None, given: Mapping[str, ArrayLike], rows: int) -> Matrix:
    """Put scores beside (rows, p_w) weak features, each of as much variance as all of these."""
    size = 1.0 if weak is None or not given else spread(weak)
    parts: list[Matrix] = [] if weak is None else [weak]
    for name, scores in given.items():
        one = check.numeric(scores, f"scores[{name!r}]").astype(np.float64)
        one = one[:, None] if one.ndim == 1 else one
        check.same_rows({f"scores[{name!r}]": len(one), "strong": rows})
        check.finite(one, f"scores[{name!r}]")
        parts.append(one * (size / max(float(np.sum(one.var(axis=0))), 1e-300)) ** 0.5)
    return beside(parts)
