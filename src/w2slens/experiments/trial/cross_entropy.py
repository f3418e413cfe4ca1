"""One trial of the protocol with logistic probes: all four models by the same optimiser.

Pseudo-labels are the teacher's probabilities. A ridge is chosen for every model in the same way:
by the cross-entropy of K folds of the true labels that the model may use. For the W2S student the
folds are of the labeled rows: without a fold the teacher is trained anew, the student imitates it
on the pool, and the fold's labels score the student.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Pair
from w2slens.experiments.settings import Grid, Setting
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks, record
from w2slens.models.logistic import LogisticDesign, cross_entropies, probabilities
from w2slens.models.probe import LinearProbe
from w2slens.models.scoring import mark_logits
from w2slens.models.tuning import FOLDS, least

DECADES = np.arange(1.0, -5.1, -0.5)
"""Automatic ridges are these powers of ten of the mean variance along the axes."""


class Tuned(NamedTuple):
    """A fitted probe and its ridge."""

    probe: LinearProbe
    ridge: float


@dataclass(frozen=True, eq=False)
class Lesson:
    """Rows of one feature matrix with labels, and their folds.

    Attributes
    ----------
    features
        (m, p).
    labels
        (m, k) probabilities of the classes.
    """

    features: NDArray[Any]
    labels: Array

    @cached_property
    def design(self) -> LogisticDesign:
        """All rows."""
        return LogisticDesign.from_rows(self.features)

    @cached_property
    def folds(self) -> list[tuple[LogisticDesign, Array, Index]]:
        """Rows without a fold, their labels, and the places of the fold; dealt like cards."""
        places = np.arange(len(self.labels))
        parts = [places[i::FOLDS] for i in range(min(FOLDS, len(places)))]
        rest = [np.setdiff1d(places, part) for part in parts]
        return [
            (LogisticDesign.from_rows(self.features[some]), self.labels[some], part)
            for some, part in zip(rest, parts, strict=True)
        ]

    def learn(self, asked: Ridge) -> Tuned:
        """Fit with a given ridge, or with the one of least cross-entropy on the folds."""
        ridge = self._choose() if asked == "auto" else asked
        return Tuned(self.design.fit(self.labels, ridge), ridge)

    def without_folds(self, ridge: float) -> list[LinearProbe]:
        """Fit without each fold."""
        return [design.fit(labels, ridge) for design, labels, _ in self.folds]

    def loss(self, probes: Sequence[LinearProbe], held: Index) -> Array:
        """Sum the cross-entropy of each probe over held-out rows."""
        rows, labels = self.features[held], self.labels[held]
        return np.array([cross_entropies(p.predict(rows), labels).sum() for p in probes])

    def _choose(self) -> float:
        ridges = candidates(self.design)
        losses = [self.loss(d.path(y, ridges), held) for d, y, held in self.folds]
        return least(ridges, np.sum(losses, axis=0))


def candidates(design: LogisticDesign) -> list[float]:
    """Ridges to choose from, scaled to the variances of the features."""
    return list(design.variances.mean() * 10.0**DECADES)


def run_logistic_trial(data: Pair, grid: Grid, trial: int, split: Split) -> list[dict[str, Any]]:
    """Run all cells of one trial; one record a cell, in the order of settings × n × N."""
    noisy = data.noisy(grid.noise_levels, np.random.default_rng([grid.seed, trial, 1]))
    by_level = zip(grid.noise_levels, np.split(noisy, grid.levels, axis=1), strict=True)
    rooms = {noise: _Room(data, grid, split, labels) for noise, labels in by_level}
    settings = grid.settings(data.teachers)
    records: dict[tuple[Setting, int, int], dict[str, Any]] = {}
    for N in grid.N:
        design = LogisticDesign.from_rows(data.strong[split.pool(N)])
        for setting, n in product(settings, grid.n):
            room = rooms[setting.noise]
            models = {
                "weak": room.mark(setting.teacher, room.teacher(n, setting)),
                "w2s": room.mark("strong", room.student(n, N, design, setting)),
                "strong": room.mark("strong", room.baseline(n, setting.ridge_strong)),
                "ceiling": room.mark("strong", room.ceiling(n, N, setting.ridge_strong)),
            }
            records[setting, n, N] = record(setting, n, N, trial, models, room.constant(n))
    return [records[setting, n, N] for setting in settings for n in grid.n for N in grid.N]


class _Room:
    """The models of one trial at one noise level, each trained once."""

    def __init__(self, data: Pair, grid: Grid, split: Split, labels: Array) -> None:
        self._data, self._grid, self._split, self._labels = data, grid, split, labels
        self._lessons: dict[tuple[str, int], Lesson] = {}
        self._learnt: dict[tuple[str, int, Ridge], Tuned] = {}
        self._tops: dict[tuple[int, int, Ridge], Tuned] = {}

    def _lesson(self, side: str, n: int) -> Lesson:
        if (side, n) not in self._lessons:
            index = self._split.labels(n)
            self._lessons[side, n] = Lesson(self._data.side(side)[index], self._labels[index])
        return self._lessons[side, n]

    def _learn(self, side: str, n: int, asked: Ridge) -> Tuned:
        if (side, n, asked) not in self._learnt:
            self._learnt[side, n, asked] = self._lesson(side, n).learn(asked)
        return self._learnt[side, n, asked]

    def teacher(self, n: int, setting: Setting) -> Tuned:
        """Weak features on the labels."""
        return self._learn(setting.teacher, n, setting.ridge_weak)

    def baseline(self, n: int, asked: Ridge) -> Tuned:
        """Strong features on the same labels."""
        return self._learn("strong", n, asked)

    def ceiling(self, n: int, N: int, asked: Ridge) -> Tuned:
        """Strong features on true labels of the rows that the grid names."""
        kind = self._grid.ceiling
        if kind == "labels":
            return self.baseline(n, asked)
        key = (0 if kind == "pool" else n, N, asked)
        if key not in self._tops:
            index = np.concatenate([self._split.labels(key[0]), self._split.pool(N)])
            lesson = Lesson(self._data.strong[index], self._labels[index])
            self._tops[key] = lesson.learn(asked)
        return self._tops[key]

    def student(self, n: int, N: int, design: LogisticDesign, setting: Setting) -> Tuned:
        """Strong features on the teacher's probabilities over the pool."""
        rows = self._data.side(setting.teacher)[self._split.pool(N)]
        teacher = self.teacher(n, setting)
        ridge = setting.ridge_strong
        if ridge == "auto":
            lesson, true = self._lesson(setting.teacher, n), self._lesson("strong", n)
            ridges = candidates(design)
            probes = lesson.without_folds(teacher.ridge)
            losses = [
                true.loss(design.path(probabilities(probe.predict(rows)), ridges), held)
                for probe, (_, _, held) in zip(probes, lesson.folds, strict=True)
            ]
            ridge = least(ridges, np.sum(losses, axis=0))
        return Tuned(design.fit(probabilities(teacher.probe.predict(rows)), ridge), ridge)

    def mark(self, side: str, model: Tuned) -> Marks:
        """Score a model on the test rows."""
        test, truth = self._split.test, self._data.truth
        logits = model.probe.predict(self._data.side(side)[test])
        known = None if truth is None else truth[test]
        return {**mark_logits(logits, self._data.targets[test], known), "ridge": model.ridge}

    def constant(self, n: int) -> float:
        """Brier score of predicting the mean of the labels."""
        test, data = self._split.test, self._data
        truth = data.targets if data.truth is None else data.truth
        mean = self._labels[self._split.labels(n)].mean(axis=0)
        return float(np.mean(np.sum((truth[test] - mean) ** 2, axis=1)))
