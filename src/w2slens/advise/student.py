"""`Student`: a fitted model to take home, with what it is expected to err by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError, needing
from w2slens._core.format import number, span
from w2slens._core.table import Shown, Table
from w2slens._core.types import Array, Id
from w2slens._core.verbs import Verb
from w2slens.features.aligned import aligned
from w2slens.features.names import names_of, refuse_other
from w2slens.features.reading import FeaturesLike, Source, open_features
from w2slens.forecasting.display import students_table
from w2slens.forecasting.students import Expected, as_json
from w2slens.models.calibration import calibrated
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS

if TYPE_CHECKING:
    import torch

TAKE_HOME = "w2slens.report.take_home"
"""Where writing a student lives."""

CHUNK_BYTES = 2**27
"""Of features, as float64, that are scored at a time."""

CLOSE = 0.02
"""Students whose forecast risks differ by a smaller share are as good as each other."""


@dataclass(frozen=True, eq=False, repr=False)
class Student(Shown):
    """A fitted model to take home: an affine map of features, and what is known of it.

    Attributes
    ----------
    name
        How it learnt: a name of `w2slens.models.students`.
    probe
        (coordinates, outputs) weights and (outputs,) intercepts; for ``"both"`` the weak
        coordinates come first.
    widths
        Side → number of coordinates, of the features that it needs.
    classes
        (outputs,) classes, or None for a regression.
    students
        Name → forecast raw risk on new rows and its 90% interval, of every student that these
        labels and this pool can make.
    pseudo_labels
        (N, outputs) what it was taught to say of the pool; None where no pool taught it.
    uncertainty
        (N,) posterior standard deviation of f* on the pool, over all outputs.
    temperature
        τ of ``softmax(τ·scores)``, the probabilities of classes; None for a regression.
    facts
        Numbers of rows, ridges, task, versions: what made it.
    notes
        What is to be known of its making.
    buy
        Rows of the files whose labels are worth most, the first first, where that was asked.
    """

    name: str
    probe: LinearProbe
    widths: Mapping[str, int]
    classes: NDArray[Any] | None
    students: Mapping[str, Expected]
    pseudo_labels: Array | None
    uncertainty: Array | None
    temperature: float | None
    facts: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    buy: tuple[int, ...] = ()

    save = Verb(TAKE_HOME, "Keep the student as a folder that `w2slens.load_student` reads back.")

    @property
    def risk(self) -> float:
        """Forecast mean squared error on new rows, summed over outputs, noise included."""
        return self.students[self.name].risk

    @property
    def interval(self) -> tuple[float, float]:
        """90% interval of the risk."""
        return self.students[self.name].interval

    def predict(
        self,
        features: FeaturesLike,
        *,
        weak: FeaturesLike | None = None,
    ) -> Array:
        """Score new rows.

        Parameters
        ----------
        features
            (rows, coordinates) of the side that the student looks at: the strong one, or for
            ``"teacher"`` the weak one; an array or a path.
        weak
            (rows, p_w) weak features of the same rows, which ``"both"`` needs.

        Returns
        -------
        (rows, outputs) scores; of classes, least-squares estimates of their probabilities, which
        `probabilities` mends.

        Raises
        ------
        InputError
            If the features are not those that the student knows.
        """
        return np.concatenate(list(self.scored(self.sources(features, weak))))

    def probabilities(
        self,
        features: FeaturesLike,
        *,
        weak: FeaturesLike | None = None,
    ) -> Array:
        """Give the probabilities of classes of new rows; parameters as of `predict`.

        Returns
        -------
        (rows, classes) positive numbers that sum to 1 along each row.

        Raises
        ------
        InputError
            If the student is none of classes, or the features are not those that it knows.
        """
        return self.mended(self.predict(features, weak=weak))

    def mended(self, scores: Array) -> Array:
        """Turn (rows, classes) scores into probabilities."""
        if self.temperature is None:
            raise InputError("probabilities", "are of classes; this student is a regression")
        return calibrated(scores, self.temperature)

    def sources(
        self, features: Any, weak: Any = None, *, header: bool | None = None, id: Id = None
    ) -> list[Source]:
        """Open the features that the student needs, in the order of its weights.

        With `id`, weak features are put into the order of the others.
        """
        if len(self.widths) > 1 and weak is None:
            raise InputError("weak", f"is missing; the student {self.name!r} needs both sides")
        if len(self.widths) == 1 and weak is not None:
            (side,) = self.widths
            raise InputError("weak", f"is given; the student {self.name!r} needs {side} ones only")
        main = "strong" if "strong" in self.widths else "weak"
        given = {main: features} if weak is None else {"weak": weak, main: features}
        opened = {
            side: open_features(given[side], _called(side, main), header=header, id=id)
            for side in sorted(self.widths, key=lambda side: side != main)
        }
        for side, width in self.widths.items():
            source = opened[side]
            names = names_of(given[side], source.argument, header=header, id=id)
            refuse_other(self.facts.get("columns"), side, names, source.argument)
            if source.coordinates != width:
                raise InputError(
                    source.argument,
                    f"has {source.coordinates:,} coordinates; the student knows {width:,} of the "
                    f"{side} side",
                )
        found = dict(zip(opened, aligned(list(opened.values())), strict=True))
        return [found[side] for side in self.widths]

    def scored(self, sources: list[Source]) -> Iterator[Array]:
        """Yield the scores of chunks of rows, (m, outputs) each."""
        step = max(CHUNK_BYTES // (8 * sum(self.widths.values())), 1)
        for start in range(0, sources[0].rows, step):
            stop = min(start + step, sources[0].rows)
            blocks = [source.chunk(start, stop) for source in sources]
            yield self.probe.predict(np.concatenate(blocks, axis=1, dtype=np.float64))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Return the weights as ``torch.nn.Linear(coordinates, outputs)`` takes them."""
        with needing("torch", "weights of PyTorch", extra=None):
            import torch
        return {name: torch.from_numpy(array) for name, array in self.head().items()}

    def head(self) -> dict[str, NDArray[np.float32]]:
        """Weight (outputs, coordinates) and bias (outputs,) of a linear layer, float32."""
        weight = np.ascontiguousarray(self.probe.coef.T, dtype=np.float32)
        return {"weight": weight, "bias": self.probe.intercept.astype(np.float32)}

    @cached_property
    def ordered(self) -> list[str]:
        """All students, the least forecast risk first."""
        return sorted(self.students, key=lambda name: self.students[name].risk)

    @property
    def statement(self) -> str:
        """What was made and what it is expected to do, in a sentence or two."""
        low, high = self.interval
        n, N = self.facts["n"], self.facts["N"]
        taught = f"{n:,} labels" + (f" and {N:,} pseudo-labels" if STUDENTS[self.name].pool else "")
        words = STUDENTS[self.name].words
        said = [
            f"{words[0].upper()}{words[1:]}, trained on {taught}: expected squared error on new "
            f"rows {number(self.risk)} (90%: {span((low, high))})."
        ]
        best = self.ordered[0]
        if self.students[best].risk < (1 - CLOSE) * self.risk:
            gain = 100 * (1 - self.students[best].risk / self.risk)
            said.append(f"That of {best!r}, {STUDENTS[best].words}, is {gain:.0f}% lower.")
        return " ".join([*said, *self.notes])

    def table(self) -> Table:
        """Return all students with their forecasts, the best first."""
        return students_table(as_json(self.students), self.name)

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return what it says and its table."""
        return self.statement, (self.table(),)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of the student as JSON types."""
        return {
            "student": self.name,
            "risk": self.risk,
            "interval": list(self.interval),
            "students": as_json(self.students),
            "widths": dict(self.widths),
            "classes": None if self.classes is None else self.classes.tolist(),
            "temperature": self.temperature,
            "scale": "raw",
            "statement": self.statement,
            "notes": list(self.notes),
            "buy": list(self.buy),
            "configuration": dict(self.facts),
        }


def _called(side: str, main: str) -> str:
    return "features" if side == main else side
