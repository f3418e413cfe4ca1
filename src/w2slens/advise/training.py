"""`train`: the best student of labels, teacher and pool, as a model to take home."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import TASKS, Array, Id, Ridge, Task
from w2slens._version import __version__
from w2slens.advise.pool_labels import pseudo_labels, rows_to_buy
from w2slens.advise.student import Student
from w2slens.features.aligned import order_of
from w2slens.features.ondisk import Matrix, beside, spread, taken
from w2slens.features.reading import Source, open_features, open_ids, read_labels
from w2slens.forecasting.sample import Labels, PairSample, refuse_short
from w2slens.forecasting.students import Classroom
from w2slens.models.calibration import temperature
from w2slens.models.probe import LinearProbe
from w2slens.models.students import AUTO, NEIGHBOURS, STUDENTS, W2S

LOG = logging.getLogger("w2slens")

FEWEST = 3  # labels of any student: leave-one-out needs so many
LEAST_POSTERIOR = 10  # fewer labels say nothing of the hyperparameters of f*
FALLBACKS = (W2S, "labels", "teacher")


@one_thread
def train(
    weak: "ArrayLike | str | Path | Source | None",
    strong: "ArrayLike | str | Path | Source",
    y: ArrayLike | str | Path,
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
    stream: str = "auto",
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
    if len(targets) < FEWEST:
        raise InputError("y", f"has {len(targets)} rows; at least {FEWEST} labels are needed")
    labels = Labels.of(targets, classes)
    opened = _opened(weak, strong, scores, told)
    order = order_of(opened.values(), open_ids(y, "y", id, len(targets)))
    sides = taken(opened, stream, order)
    left, right = _beside(sides.get("weak"), scores or {}, len(sides["strong"])), sides["strong"]
    refuse_short(left, right, labels)
    _refuse_unable(student, scores, len(right))
    pair = PairSample.of(left, right, labels)
    λ_w = pair.weak.ridge(check.ridge(ridge_weak, "ridge_weak"))
    room = Classroom.of(pair, λ_w, check.ridge(ridge_strong, "ridge_strong"), seed)
    name, notes = _chosen(student, room)
    notes += _contradictions(left, right, targets)
    for note in notes:
        LOG.info(note)
    facts = {
        "n": len(targets),
        "N": len(right) - len(targets),
        "asked": student,
        "task": labels.task,
        "ridges": {"weak": λ_w, name: room.student(name).ridge},
        "scores": list(scores or ()),
        "seed": seed,
        "version": __version__,
    }
    found = _taken_home(name, room, left, right, facts, tuple(notes))
    wanted = check.whole(buy, "buy", least=0)
    if wanted:
        found = replace(found, buy=rows_to_buy(room.knowing(name), left, right, wanted))
        found = found if order is None else replace(found, buy=order.rows(found.buy))
    return found


def _refuse_unable(student: str, scores: Mapping[str, ArrayLike] | None, rows: int) -> None:
    """Refuse a student that cannot learn from what there is."""
    check.choice(student, "student", ("auto", *STUDENTS))
    if student == "auto":
        return
    if scores and "weak" in STUDENTS[student].sees:
        raise InputError("student", f"is {student!r}; it needs the scores wherever it is used")
    most = STUDENTS[student].most
    if most is not None and rows > most:
        raise InputError(
            "student", f"is {student!r}; it looks at {most:,} rows at most and there are {rows:,}"
        )


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


def _beside(weak: Matrix | None, given: Mapping[str, ArrayLike], rows: int) -> Matrix:
    """Put scores of teachers beside weak features, each of as much variance as all of these."""
    size = 1.0 if weak is None or not given else spread(weak)
    parts: list[Matrix] = [] if weak is None else [weak]
    for name, scores in given.items():
        one = check.numeric(scores, f"scores[{name!r}]").astype(np.float64)
        one = one[:, None] if one.ndim == 1 else one
        check.same_rows({f"scores[{name!r}]": len(one), "strong": rows})
        check.finite(one, f"scores[{name!r}]")
        parts.append(one * (size / max(float(np.sum(one.var(axis=0))), 1e-300)) ** 0.5)
    return beside(parts)


def _chosen(student: str, room: Classroom) -> tuple[str, list[str]]:
    """Take the student that was named, or the best one for so many labels."""
    n, y = len(room.labels.values), room.labels.values
    if student != "auto":
        return student, []
    if n >= LEAST_POSTERIOR:
        return (NEIGHBOURS if room.acquainted else AUTO), []
    losses = {name: float(np.sum((y - room.student(name).held_out) ** 2)) for name in FALLBACKS}
    best = min(losses, key=lambda name: losses[name])
    return best, [
        f"{n} labels are too few for the posterior ({LEAST_POSTERIOR} are needed): "
        f"{best!r} was taken, which errs least on labels that it has not seen."
    ]


def _contradictions(weak: Matrix, strong: Matrix, targets: Array) -> list[str]:
    """Count the rows that stand twice among the labeled ones, with different labels."""
    n = len(targets)
    rows = np.ascontiguousarray(np.concatenate([weak[:n], strong[:n]], axis=1))
    labels: dict[bytes, set[bytes]] = {}
    for row, label in zip(rows, targets, strict=True):
        labels.setdefault(row.tobytes(), set()).add(label.tobytes())
    count = sum(len(each) > 1 for each in labels.values())
    if not count:
        return []
    examples = "1 example is" if count == 1 else f"{count:,} examples are"
    return [f"{examples} labeled more than once, with labels that differ: all of them count."]


def _taken_home(
    name: str,
    room: Classroom,
    weak: Matrix,
    strong: Matrix,
    facts: dict[str, Any],
    notes: tuple[str, ...],
) -> Student:
    labels = room.labels
    widths = {"weak": weak.shape[1], "strong": strong.shape[1]}
    pseudo, doubt = pseudo_labels(name, room.knowing(name), weak, strong)
    return Student(
        name,
        _scaled(room.student(name).probe, labels.unit),
        {side: widths[side] for side in STUDENTS[name].sees},
        labels.classes,
        room.expected(list(dict.fromkeys([*room.names, name]))),
        None if pseudo is None else pseudo * labels.unit,
        doubt * labels.unit,
        None
        if labels.classes is None
        else temperature(room.student(name).held_out * labels.unit, labels.values * labels.unit),
        facts,
        notes,
    )


def _scaled(probe: LinearProbe, unit: float) -> LinearProbe:
    return LinearProbe(probe.coef * unit, probe.intercept * unit)
