"""What students are made of: labeled rows of a pair and its pool, either perhaps weighted."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Ridge
from w2slens.features.ondisk import Matrix
from w2slens.forecasting.sample import Labels, PairSample
from w2slens.forecasting.students import Classroom
from w2slens.models.students import NEIGHBOURS, STUDENTS
from w2slens.models.weighted import Turn

FEWEST = 3  # labels of any student: leave-one-out needs so many


class Ridges(NamedTuple):
    """λ of the teacher and of the student, or ``"auto"``."""

    weak: Ridge = "auto"
    strong: Ridge = "auto"


CHOSEN = Ridges()
"""Both ridges as leave-one-out chooses them."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Rows of both sides, those with labels first, then the pool.

    Attributes
    ----------
    weak, strong
        (n + N, p_w) and (n + N, p_s) features.
    targets
        (n, k) labels, or one-hot classes.
    classes
        (k,) classes; None for a regression.
    weights
        (n + N,) positive; how labels weigh against each other, and how rows of the pool do. None
        where all weigh the same.
    apart
        Whether the pool holds other rows than the labeled ones.
    """

    weak: Matrix
    strong: Matrix
    targets: Array
    classes: NDArray[Any] | None
    weights: Array | None = None
    apart: bool = True
    _rooms: dict[tuple[Ridges, int], Classroom] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.n < FEWEST:
            raise InputError("y", f"has {self.n} rows; at least {FEWEST} labels are needed")

    @property
    def n(self) -> int:
        """Number of labeled rows."""
        return len(self.targets)

    @cached_property
    def turns(self) -> tuple[Turn | None, Turn | None]:
        """What makes unweighted rows of the labeled ones, and of the pool."""
        if self.weights is None:
            return None, None
        return Turn.of(self.weights[: self.n]), Turn.of(self.weights[self.n :])

    @cached_property
    def pair(self) -> PairSample:
        """Both sides over unweighted rows."""
        labeled, _ = self.turns
        targets = self.targets if labeled is None else labeled.turned(self.targets)
        labels = Labels.of(targets, self.classes)
        return PairSample.of(self._turned(self.weak), self._turned(self.strong), labels)

    def _turned(self, rows: Matrix) -> Matrix:
        if self.turns == (None, None):
            return rows
        parts = zip(self.turns, (rows[: self.n], rows[self.n :]), strict=True)
        return np.concatenate([part if turn is None else turn.turned(part) for turn, part in parts])

    @property
    def neighbourly(self) -> bool:
        """Whether students may look at rows one by one, and learn from more than the labels'."""
        return self.apart and self.turns == (None, None)

    def refuse_unable(self, student: str) -> None:
        """Refuse a student that cannot learn from these rows."""
        check.choice(student, "student", ("auto", *STUDENTS))
        if student == NEIGHBOURS and not self.neighbourly:
            raise InputError(
                "student", f"is {student!r}, which takes no weights and needs rows without labels"
            )
        most, rows = None if student == "auto" else STUDENTS[student].most, len(self.strong)
        if most is not None and rows > most:
            raise InputError(
                "student",
                f"is {student!r}; it looks at {most:,} rows at most and there are {rows:,}",
            )

    def room(self, ridges: Ridges, seed: int = 0) -> Classroom:
        """Show students the rows; the same room to all that ask for the same."""
        if (ridges, seed) not in self._rooms:
            λ_w = self.pair.weak.ridge(ridges.weak)
            room = Classroom.of(self.pair, λ_w, ridges.strong, seed)
            if not self.neighbourly:
                room = replace(room, pool=replace(room.pool, rows=None))
            self._rooms[ridges, seed] = room
        return self._rooms[ridges, seed]

    def held_out(self, room: Classroom, name: str) -> Array:
        """(n, k) what a student says of labeled rows without their labels, in the labels' unit.

        Of weighted rows about so: what was left out are turned rows.
        """
        unit, turn = room.labels.unit, self.turns[0]
        held = room.student(name).held_out * unit
        if turn is None:
            return np.asarray(held)
        return np.asarray(self.targets - turn.back(room.labels.values * unit - held))
