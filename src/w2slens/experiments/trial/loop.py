"""One trial of the protocol: one loop over all cells of a grid, whatever the loss.

An engine fits and scores: the models that n labels give without a pool first; then one pool after
another, each smaller one a part of the next, with the students and ceilings of its N.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, Protocol, TypeVar

import numpy as np

from w2slens._core.types import Array, Ridge
from w2slens.experiments.curves import Curve
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks, column, record
from w2slens.experiments.trial.cross_entropy import CrossEntropy
from w2slens.experiments.trial.squared import Squared
from w2slens.models.students import STUDENTS

Pool = TypeVar("Pool")
Model = TypeVar("Model")


class Engine(Protocol[Pool, Model]):
    """How models of one trial learn and are scored; a model is one for all noise levels."""

    def teacher(self, n: int, name: str, ridge: Ridge) -> Model:
        """Weak features on n labels."""

    def baseline(self, n: int, ridge: Ridge) -> Model:
        """Strong features on the same labels."""

    def pool(self, N: int) -> Pool:
        """Take the first N rows of the pool; N grows from call to call."""

    def students(
        self, pool: Pool, student: str, teacher: str, ridge_weak: Ridge, ridge: Ridge
    ) -> list[Model]:
        """Strong features on the pool, taught by a teacher; one for every n."""

    def ceilings(self, pool: Pool, ridge: Ridge) -> list[Model]:
        """Strong features with true labels throughout; one for every n."""

    def mark(self, sides: Sequence[str], models: Sequence[Model]) -> list[list[Marks]]:
        """Score models of the features of some sides on the test rows; a list over noise levels."""

    def constant(self, n: int) -> list[float]:
        """Risk of predicting the mean of n labels, at each noise level."""


ENGINES: dict[str, Callable[..., Engine[Any, Any]]] = {
    "squared": Squared,
    "cross-entropy": CrossEntropy,
}
"""Loss → its engine."""

ALONE = ("weak", "strong")
"""Models that no pool changes."""

NOISE = 1
"""Entry of the seed of the label noise of a trial; its splits have none."""


def run_trial(rows: Rows, settings: Settings, trial: int, split: Split) -> list[dict[str, Any]]:
    """Run all cells of one trial; one record a cell, in the order of curves × n × N."""
    rng = np.random.default_rng([settings.seed, trial, NOISE])
    noisy: Array = rows.noisy(settings.noise_levels, rng)
    engine = ENGINES[settings.loss](rows, settings, split, noisy)
    return Loop(engine, list(rows.teachers), settings).run(trial)


class Loop:
    """The cells of a trial, scored by an engine."""

    def __init__(
        self, engine: Engine[Any, Any], teachers: Sequence[str], settings: Settings
    ) -> None:
        self._engine, self._settings, self._teachers = engine, settings, teachers
        self._alone: dict[tuple[str, Ridge], list[list[Marks]]] = {}
        self._constant = [engine.constant(n) for n in settings.n]
        for name, ridge in product(self._teachers, settings.ridge_weak):
            models = [engine.teacher(n, name, ridge) for n in settings.n]
            self._alone[name, ridge] = [engine.mark([name], [model])[0] for model in models]
        for ridge in settings.ridge_strong:
            models = [engine.baseline(n, ridge) for n in settings.n]
            self._alone["strong", ridge] = [engine.mark(["strong"], [model])[0] for model in models]

    def run(self, trial: int) -> list[dict[str, Any]]:
        """Score pool after pool, the smallest first."""
        settings, found = self._settings, {}
        for N in sorted(settings.N):
            for (curve, n), marks in self._at(N).items():
                constant = self._constant[settings.n.index(n)]
                level = settings.noise_levels.index(curve.noise)
                found[curve, n, N] = record(curve, n, N, trial, marks, constant[level])
        curves = settings.curves(self._teachers)
        return [found[cell] for cell in product(curves, settings.n, settings.N)]

    def _at(self, N: int) -> dict[tuple[Curve, int], dict[str, Marks]]:
        """Train and score what learns from a pool; the marks of all models of its cells."""
        engine, settings = self._engine, self._settings
        pool = engine.pool(N)
        tops = {λ: engine.mark(["strong"], engine.ceilings(pool, λ)) for λ in settings.ridge_strong}
        found = {}
        for name, λ_w, λ in product(self._teachers, settings.ridge_weak, settings.ridge_strong):
            models = {"weak": self._alone[name, λ_w]}
            for student in settings.students:
                if column(student) not in ALONE:
                    trained = engine.students(pool, student, name, λ_w, λ)
                    models[column(student)] = engine.mark(_seen(student, name), trained)
            models |= {"strong": self._alone["strong", λ], "ceiling": tops[λ]}
            for (i, n), (level, noise) in product(
                enumerate(settings.n), enumerate(settings.noise_levels)
            ):
                marks = {model: by_n[i][level] for model, by_n in models.items()}
                found[Curve(name, noise, λ_w, λ), n] = marks
        return found


def _seen(student: str, teacher: str) -> list[str]:
    """List the sides whose features a student needs; a network's are its own."""
    sees = STUDENTS[student].sees if student in STUDENTS else ("strong",)
    return [teacher if side == "weak" else side for side in sees]
