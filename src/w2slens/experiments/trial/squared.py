"""Squared loss: closed-form probes, which share Grams and factors over the whole grid.

All n share the factor of an N, a student a number of labels being one small solve; the ceilings
of one N are scored together, and so are its students, and then forgotten.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from numpy.typing import NDArray

from w2slens._core.types import Array, Ridge
from w2slens.experiments.rows import Rows
from w2slens.experiments.said import Said
from w2slens.experiments.settings import Settings
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks
from w2slens.experiments.trial.ceilings import KINDS, Ceilings
from w2slens.experiments.trial.exam import Exam
from w2slens.experiments.trial.labels import learn
from w2slens.models.fit import Fitted
from w2slens.models.students import MODEL_OF, Pool, train
from w2slens.moments import Moments


class SquaredPool(NamedTuple):
    """The moments of the pseudo-labeled rows of one N, and the ceilings over them."""

    moments: Moments
    ceilings: Ceilings
    taught: dict[str, Pool]  # as the students of each teacher see it


class Squared:
    """The engine of `w2slens.experiments.trial.loop` for least squares."""

    def __init__(self, rows: Rows, settings: Settings, split: Split, noisy: Array) -> None:
        self._rows, self._split = rows, split
        self._settings, self._teachers = settings, list(rows.teachers)
        self._exam = Exam(rows, split, settings.levels, areas=settings.metric == "auroc")
        self._labels = learn(rows, split.labels(max(settings.n)), noisy, settings)
        said = {} if self._needs_features else self._labels.said
        self._growth = rows.growth(split, self._teachers, noisy, Said(said))

    @property
    def _needs_features(self) -> bool:
        """Whether a student asks for more of a pool's weak features than the teacher's scores."""
        more = set(self._settings.students) - set(MODEL_OF)
        return bool(more) or self._settings.chosen

    def teacher(self, n: int, name: str, ridge: Ridge) -> Fitted:
        """Weak features on n labels."""
        return self._labels.learnt[n].teachers[name, ridge]

    def baseline(self, n: int, ridge: Ridge) -> Fitted:
        """Strong features on the same labels."""
        return self._labels.learnt[n].baselines[ridge]

    def pool(self, N: int) -> SquaredPool:
        """Grow the pool to N rows."""
        moments = self._growth.to(N)
        tops = Ceilings(moments, self._labels, self._settings.levels)
        taught = {
            name: Pool(moments, name, partial(self._pooled, name, N)) for name in self._teachers
        }
        return SquaredPool(moments, tops, taught)

    def _pooled(self, teacher: str, N: int) -> tuple[NDArray[Any], NDArray[Any]]:
        index = self._split.pool(N)
        return self._rows.side(teacher)[index], self._rows.strong[index]

    def students(
        self, pool: SquaredPool, student: str, teacher: str, ridge_weak: Ridge, ridge: Ridge
    ) -> list[Fitted]:
        """Train a student on the pool for every number of labels."""
        lessons = [learnt.lesson(teacher, ridge_weak) for learnt in self._labels.learnt.values()]
        return train(student, pool.taught[teacher], lessons, ridge)

    def ceilings(self, pool: SquaredPool, ridge: Ridge) -> list[Fitted]:
        """Strong features with true labels throughout, for every number of labels."""
        return KINDS[self._settings.ceiling](pool.ceilings, ridge)

    def mark(self, sides: Sequence[str], models: Sequence[Fitted]) -> list[list[Marks]]:
        """Score models on the test rows."""
        return self._exam.mark(sides, models)

    def constant(self, n: int) -> list[float]:
        """Risk of predicting the mean label."""
        return self._exam.constant(self._labels.learnt[n].targets)
