"""A student of a training set: chosen if none was named, trained, taken home."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.types import Array
from w2slens._version import __version__
from w2slens.advise.pool_labels import pseudo_labels, rows_to_buy
from w2slens.advise.student import Student
from w2slens.advise.training_set import CHOSEN, Ridges, TrainingSet
from w2slens.forecasting.students import Classroom
from w2slens.models.calibration import calibrated, temperature
from w2slens.models.probe import LinearProbe
from w2slens.models.students import AUTO, NEIGHBOURS, STUDENTS, W2S

LOG = logging.getLogger("w2slens")

LEAST_POSTERIOR = 10  # fewer labels say nothing of the hyperparameters of f*
FALLBACKS = (W2S, "labels", "teacher")


class Model(NamedTuple):
    """What scores new rows."""

    probe: LinearProbe
    widths: Mapping[str, int]  # side → coordinates, in the order of the probe's
    temperature: float | None  # τ of ``softmax(τ·scores)``; None for a regression

    def said(self, rows: Array) -> Array:
        """(rows, k) numbers, or probabilities of classes."""
        scores, τ = self.probe.predict(rows), self.temperature
        return scores if τ is None else calibrated(scores, τ)


@dataclass(frozen=True, eq=False)
class Trained:
    """A student that is trained, and where that was: what it is worth is found out if asked for.

    Attributes
    ----------
    rows
        What it was trained on.
    room
        Where it was trained.
    name
        Which student it is.
    asked
        Which was asked for.
    notes
        What is to be known of its making.
    """

    rows: TrainingSet
    room: Classroom
    name: str
    asked: str
    notes: tuple[str, ...]

    @cached_property
    def model(self) -> Model:
        """What scores new rows."""
        rows, unit, probe = self.rows, self.room.labels.unit, self.room.student(self.name).probe
        widths = {"weak": rows.weak.shape[1], "strong": rows.strong.shape[1]}
        return Model(
            LinearProbe(probe.coef * unit, probe.intercept * unit),
            {side: widths[side] for side in STUDENTS[self.name].sees},
            None if rows.classes is None else self._temperature,
        )

    @property
    def _temperature(self) -> float:
        rows = self.rows
        weights = None if rows.weights is None else rows.weights[: rows.n]
        return temperature(rows.held_out(self.room, self.name), rows.targets, weights)

    def taken_home(self, *, buy: int = 0, facts: Mapping[str, Any] | None = None) -> Student:
        """Make it a model to take home, which knows what it and others are expected to err by.

        Parameters
        ----------
        buy
            How many rows of the pool to name whose labels are worth most.
        facts
            What else is to be told of its making.
        """
        name, room, rows = self.name, self.room, self.rows
        inside, unit = room.knowing(name), room.labels.unit
        pseudo, doubt = pseudo_labels(name, inside, rows.weak, rows.strong)
        return Student(
            name,
            self.model.probe,
            self.model.widths,
            rows.classes,
            room.expected(list(dict.fromkeys([*room.names, name]))),
            None if pseudo is None else pseudo * unit,
            doubt * unit,
            self.model.temperature,
            {**self._facts, **(facts or {}), "version": __version__},
            self.notes,
            rows_to_buy(inside, rows.weak, rows.strong, buy) if buy else (),
        )

    @property
    def _facts(self) -> dict[str, Any]:
        """Numbers of rows, ridges, task: what made it."""
        room = self.room
        return {
            "n": self.rows.n,
            "N": len(self.rows.strong) - self.rows.n,
            "asked": self.asked,
            "task": room.labels.task,
            "ridges": {"weak": room.ridge_weak, self.name: room.student(self.name).ridge},
            "seed": room.seed,
        }


def trained(
    rows: TrainingSet, student: str = "auto", ridges: Ridges = CHOSEN, *, seed: int = 0
) -> Trained:
    """Train a student, named or the best one for so many labels.

    Parameters
    ----------
    rows
        Labels, teacher's and student's features, and the pool.
    student
        A name of `w2slens.models.students`, or ``"auto"``.
    ridges
        λ, or ``"auto"``.
    seed
        Of the draws behind the forecast risk.
    """
    rows.refuse_unable(student)
    room = rows.room(ridges, seed)
    name, notes = _chosen(student, room)
    notes += _contradictions(rows)
    for note in notes:
        LOG.info(note)
    return Trained(rows, room, name, student, tuple(notes))


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


def _contradictions(given: TrainingSet) -> list[str]:
    """Count the rows that stand twice among the labeled ones, with different labels."""
    sides = [given.weak[: given.n], given.strong[: given.n]]
    rows = np.ascontiguousarray(np.concatenate(sides, axis=1))
    labels: dict[bytes, set[bytes]] = {}
    for row, label in zip(rows, given.targets, strict=True):
        labels.setdefault(row.tobytes(), set()).add(label.tobytes())
    count = sum(len(each) > 1 for each in labels.values())
    if not count:
        return []
    examples = "1 example is" if count == 1 else f"{count:,} examples are"
    return [f"{examples} labeled more than once, with labels that differ: all of them count."]
