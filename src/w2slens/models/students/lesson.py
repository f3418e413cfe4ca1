"""What a student may learn from: a pool, labeled rows, and a teacher that they taught."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Ridge
from w2slens.models.distil import HeldOut, distil
from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock
from w2slens.models.posterior import Posterior
from w2slens.models.prior import Prior, directions
from w2slens.models.probe import LinearProbe
from w2slens.models.projection import Projection
from w2slens.models.tuning import choose_distilled
from w2slens.moments import Moments


class Lesson(NamedTuple):
    """A teacher, and the labeled rows that taught it."""

    teacher: Fitted  # for every group of labels
    blocks: Callable[[], Sequence[LabeledBlock]]  # a block a group; who needs none never asks
    said: str = ""  # block of a pool's moments that has the teacher's scores, where there is one


@dataclass(frozen=True, eq=False)
class Taken:
    """A student of one group of labels, and what it would have said without each label."""

    probe: LinearProbe
    ridge: float  # of the student's own fit; nan where it has none
    leave_out: Callable[[], Array]  # (n, k) scores of row i by the student that never saw label i

    @cached_property
    def held_out(self) -> Array:
        """(n, k) scores of row i by the student that never saw label i."""
        return self.leave_out()


@dataclass(frozen=True, eq=False)
class Pool:
    """The pool of a pair, and what students ask of it again and again."""

    moments: Moments  # with the teacher's block, and ``strong``
    teacher: str = "weak"
    rows: Callable[[], tuple[NDArray[Any], NDArray[Any]]] | None = None
    """The teacher's and the strong features of the pool, where they are at hand."""

    known: dict[int, "Acquainted | None"] = field(default_factory=dict, init=False, repr=False)
    _priors: dict[int, Prior] = field(default_factory=dict, init=False, repr=False)
    _projections: dict[tuple[str, ...], Projection] = field(
        default_factory=dict, init=False, repr=False
    )
    _posteriors: dict[int, Posterior] = field(default_factory=dict, init=False, repr=False)

    def prior(self, labels: int) -> Prior:
        """Return what is thought of f* before so many labels are known."""
        most = directions(labels)
        if most not in self._priors:
            self._priors[most] = Prior.of(self.moments, labels, teacher=self.teacher)
        return self._priors[most]

    def posterior(self, block: LabeledBlock) -> Posterior:
        """Return what labels say of f*; the same for all students that ask."""
        key = id(block.targets)
        if key not in self._posteriors:
            self._posteriors[key] = Posterior(block, self.prior(len(block.targets)))
        return self._posteriors[key]

    def distilled(
        self, held: HeldOut, block: LabeledBlock, blocks: Sequence[str], ridge: Ridge
    ) -> Taken:
        """Fit the strong features to scores on the pool; a chosen ridge serves the labels best."""
        projection = self._projection(tuple(blocks))
        if ridge == "auto":
            λ = choose_distilled(held, block, projection)
            probe = projection.distil(held.probe, [λ] * block.targets.shape[1])
        else:
            λ = ridge
            solve = self.moments.solver("strong", λ)
            probe = distil(self.moments, held.probe, solve, blocks)
        return Taken(probe, λ, lambda: np.asarray(projection.left_out(held, block.strong, [λ])[0]))

    def imitating(self, lessons: Sequence["Lesson"]) -> list[Fitted]:
        """Train W2S students of several lessons, each at the ridge that serves its labels best."""
        projection, chosen = self._projection((self.teacher,)), []
        for lesson in reversed(lessons):  # the most labels first: their products serve fewer too
            each = zip(lesson.blocks(), lesson.teacher.ridges, strict=True)
            found = [choose_distilled(b.held_out_teacher(λ), b, projection) for b, λ in each]
            chosen.append(tuple(found))
        chosen.reverse()
        teachers = LinearProbe.stack([lesson.teacher.probe for lesson in lessons])
        groups = sum(map(len, chosen))
        ridges = np.repeat(np.concatenate(chosen), teachers.coef.shape[1] // groups)
        students = projection.distil(teachers, ridges.tolist()).split(len(lessons))
        return [Fitted(student, each) for student, each in zip(students, chosen, strict=True)]

    def _projection(self, blocks: tuple[str, ...]) -> Projection:
        """Return the student's step from some blocks; the same for all students that ask."""
        if blocks not in self._projections:
            self._projections[blocks] = Projection(self.moments, blocks)
        return self._projections[blocks]


class Acquainted(NamedTuple):
    """A pool and its labeled rows, whose teacher also has coordinates along their neighbours."""

    pool: Pool
    block: LabeledBlock
    coordinates: Array  # (n + N, r) of the labeled rows, then of the pool
