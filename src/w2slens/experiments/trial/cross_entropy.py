"""Cross-entropy: logistic probes, all four models by the same optimiser.

Pseudo-labels are the teacher's probabilities. A ridge is chosen for every model in the same way:
by the cross-entropy of K folds of the true labels that the model may use. For the W2S student the
folds are of the labeled rows: without a fold the teacher is trained anew, the student imitates it
on the pool, and the fold's labels score the student.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks
from w2slens.models.fit import Fitted
from w2slens.models.logistic import LogisticDesign, cross_entropies, probabilities
from w2slens.models.probe import LinearProbe
from w2slens.models.scoring import mark_logits
from w2slens.models.tuning import FOLDS, least

Key = ParamSpec("Key")
Made = TypeVar("Made")

DECADES = np.arange(1.0, -5.1, -0.5)
"""Automatic ridges are these powers of ten of the mean variance along the axes."""


class Tuned(NamedTuple):
    """A fitted probe and its ridge."""

    probe: LinearProbe
    ridge: float


@dataclass(frozen=True, eq=False)
class LogisticRows:
    """Rows of one feature matrix with labels, and their folds."""

    features: NDArray[Any]  # (m, p)
    labels: Array  # (m, k) probabilities of the classes

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


class LogisticPool(NamedTuple):
    """The pseudo-labeled rows of one N; the strong ones rotated once for all students."""

    N: int
    rows: Index
    design: LogisticDesign


def once(method: Callable[Concatenate[Any, Key], Made]) -> Callable[Concatenate[Any, Key], Made]:
    """Keep what a method of the engine makes, for as long as its trial lasts."""

    @wraps(method)
    def kept(self: Any, /, *key: Key.args, **named: Key.kwargs) -> Made:
        place = (method.__name__, *key)
        if place not in self.known:
            self.known[place] = method(self, *key, **named)
        made: Made = self.known[place]
        return made

    return kept


def _fitted(models: Iterable[Tuned]) -> Fitted:
    probes, ridges = zip(*models, strict=True)
    return Fitted.stack(probes, ridges)


class CrossEntropy:
    """The engine of `w2slens.experiments.trial.loop` for logistic probes."""

    def __init__(self, rows: Rows, settings: Settings, split: Split, noisy: Array) -> None:
        self._rows, self._settings, self._split = rows, settings, split
        self._levels = np.split(noisy, settings.levels, axis=1)
        self.known: dict[Any, Any] = {}

    def teacher(self, n: int, name: str, ridge: Ridge) -> Fitted:
        """Weak features on n labels."""
        return _fitted(self._learn(level, name, n, ridge) for level in self._each)

    def baseline(self, n: int, ridge: Ridge) -> Fitted:
        """Strong features on the same labels."""
        return self.teacher(n, "strong", ridge)

    def pool(self, N: int) -> LogisticPool:
        """Rotate the strong rows of the pool."""
        index = self._split.pool(N)
        return LogisticPool(N, index, LogisticDesign.from_rows(self._rows.strong[index]))

    def students(
        self, pool: LogisticPool, student: str, teacher: str, ridge_weak: Ridge, ridge: Ridge
    ) -> list[Fitted]:
        """Imitate a teacher's probabilities on the pool, for every number of labels."""
        asked = (pool, teacher, ridge_weak, ridge)
        return [
            _fitted(self._student(level, n, *asked) for level in self._each)
            for n in self._settings.n
        ]

    def ceilings(self, pool: LogisticPool, ridge: Ridge) -> list[Fitted]:
        """Strong features with true labels of the rows that the settings name."""
        n, kind = self._settings.n, self._settings.ceiling
        if kind == "labels":
            return [self.baseline(size, ridge) for size in n]
        own = n if kind == "all" else [0] * len(n)
        return [
            _fitted(self._top(level, size, pool.N, ridge) for level in self._each) for size in own
        ]

    def mark(self, sides: Sequence[str], models: Sequence[Fitted]) -> list[list[Marks]]:
        """Score models on the test rows."""
        test = self._split.test
        features = np.concatenate([self._rows.side(side)[test] for side in sides], axis=1)
        truth = None if self._rows.truth is None else self._rows.truth[test]
        labels = self._rows.targets[test]
        return [
            [{**mark_logits(p.predict(features), labels, truth), "ridge": λ} for p, λ in m.groups()]
            for m in models
        ]

    def constant(self, n: int) -> list[float]:
        """Brier score of predicting the mean of the labels."""
        rows, index = self._rows, self._split.labels(n)
        truth = (rows.targets if rows.truth is None else rows.truth)[self._split.test]
        means = [labels[index].mean(axis=0) for labels in self._levels]
        return [float(np.mean(np.sum((truth - mean) ** 2, axis=1))) for mean in means]

    @property
    def _each(self) -> range:
        return range(len(self._levels))

    @once
    def _labeled(self, level: int, side: str, n: int) -> LogisticRows:
        index = self._split.labels(n)
        return LogisticRows(self._rows.side(side)[index], self._levels[level][index])

    @once
    def _learn(self, level: int, side: str, n: int, asked: Ridge) -> Tuned:
        return self._labeled(level, side, n).learn(asked)

    @once
    def _top(self, level: int, n: int, N: int, asked: Ridge) -> Tuned:
        index = np.concatenate([self._split.labels(n), self._split.pool(N)])
        return LogisticRows(self._rows.strong[index], self._levels[level][index]).learn(asked)

    def _student(
        self, level: int, n: int, pool: LogisticPool, name: str, ridge_weak: Ridge, ridge: Ridge
    ) -> Tuned:
        """Fit the teacher's probabilities, at the ridge that serves the folds' labels best."""
        rows, design = self._rows.side(name)[pool.rows], pool.design
        teacher = self._learn(level, name, n, ridge_weak)
        if ridge == "auto":
            weak, true = self._labeled(level, name, n), self._labeled(level, "strong", n)
            ridges, probes = candidates(design), weak.without_folds(teacher.ridge)
            losses = [
                true.loss(design.path(probabilities(probe.predict(rows)), ridges), held)
                for probe, (*_, held) in zip(probes, weak.folds, strict=True)
            ]
            ridge = least(ridges, np.sum(losses, axis=0))
        return Tuned(design.fit(probabilities(teacher.probe.predict(rows)), ridge), ridge)
