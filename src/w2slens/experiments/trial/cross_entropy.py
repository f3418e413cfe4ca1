"""Cross-entropy: logistic probes, all four models by the same optimiser.

Pseudo-labels are the teacher's probabilities. A ridge is chosen for every model in the same way:
by the cross-entropy of K folds of the true labels that the model may use. For the W2S student the
folds are of the labeled rows: without a fold the teacher is trained anew, the student imitates it
on the pool, and the fold's labels score the student. The student ``posterior`` imitates the
posterior mean of least squares alike, made probabilities by a temperature.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks
from w2slens.experiments.trial.logistic_rows import LogisticRows, Tuned, candidates
from w2slens.features.chosen import Chosen, parts
from w2slens.models.calibration import calibrated, temperature
from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock
from w2slens.models.logistic import LogisticDesign, probabilities
from w2slens.models.posterior import Posterior
from w2slens.models.probe import LinearProbe
from w2slens.models.scoring import mark_logits
from w2slens.models.students import W2S, Pool
from w2slens.models.tuning import least
from w2slens.moments.products import product
from w2slens.moments.stream import reduce

Key = ParamSpec("Key")
Made = TypeVar("Made")


class Said(NamedTuple):
    """Probabilities of the classes for the rows of a pool: pseudo-labels."""

    labels: Array  # (N, k)
    without_folds: Callable[[], Iterator[Array]]  # the same without each fold of the true labels


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
        return LogisticPool(N, index, LogisticDesign.from_rows(self._rows.chosen("strong", index)))

    def students(
        self, pool: LogisticPool, student: str, teacher: str, ridge_weak: Ridge, ridge: Ridge
    ) -> list[Fitted]:
        """Imitate what is said of the pool, for every number of labels."""
        taught = self._imitated if student == W2S else self._together
        return [
            _fitted(
                self._student(taught(level, n, pool, teacher, ridge_weak), level, n, pool, ridge)
                for level in self._each
            )
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
        return LogisticRows(self._rows.chosen("strong", index), self._levels[level][index]).learn(
            asked
        )

    def _student(self, said: Said, level: int, n: int, pool: LogisticPool, ridge: Ridge) -> Tuned:
        """Fit what is said of the pool, at the ridge that serves the folds' labels best."""
        design = pool.design
        if ridge == "auto":
            true, ridges = self._labeled(level, "strong", n), candidates(design)
            losses = [
                true.loss(design.path(labels, ridges), held)
                for labels, (*_, held) in zip(said.without_folds(), true.folds, strict=True)
            ]
            ridge = least(ridges, np.sum(losses, axis=0))
        return Tuned(design.fit(said.labels, ridge), ridge)

    def _imitated(
        self, level: int, n: int, pool: LogisticPool, name: str, ridge_weak: Ridge
    ) -> Said:
        """Ask the teacher."""
        rows, teacher = self._rows.chosen(name, pool.rows), self._learn(level, name, n, ridge_weak)
        weak = self._labeled(level, name, n)
        return Said(
            probabilities(_predicted(teacher.probe, rows)),
            lambda: (
                probabilities(_predicted(probe, rows))
                for probe in weak.without_folds(teacher.ridge)
            ),
        )

    def _together(
        self, level: int, n: int, pool: LogisticPool, name: str, ridge_weak: Ridge
    ) -> Said:
        """Ask labels and both feature maps: the posterior mean, as probabilities."""
        strong = self._labeled(level, "strong", n)
        sides = [self._rows.chosen(side, pool.rows) for side in (name, "strong")]
        students = self._pool(len(pool.rows), name)

        def said(kept: Index | slice) -> Array:
            labels, own = strong.labels[kept], self._split.labels(n)[kept]
            block = LabeledBlock.from_rows(
                self._rows.side(name)[own], self._rows.strong[own], labels
            )
            posterior = Posterior(block, students.prior(n))
            τ = temperature(labels - posterior.residuals, labels)
            return calibrated(_predicted(posterior.held_out.probe, *sides), τ)

        places = np.arange(n)
        return Said(
            said(slice(None)),
            lambda: (said(np.setdiff1d(places, held)) for *_, held in strong.folds),
        )

    @once
    def _pool(self, N: int, name: str) -> Pool:
        index = self._split.pool(N)
        sides = [self._rows.chosen(side, index) for side in (name, "strong")]
        both = zip(*map(parts, sides), strict=True)
        return Pool(reduce({"weak": weak[1], "strong": strong[1]} for weak, strong in both))


def _predicted(probe: LinearProbe, *sides: NDArray[Any] | Chosen) -> Array:
    """Score rows by a probe of all sides' columns."""
    found = np.tile(probe.intercept, (len(sides[0]), 1))
    ends = np.cumsum([side.shape[1] for side in sides])[:-1]
    for side, coef in zip(sides, np.split(probe.coef, ends), strict=True):
        for places, rows in parts(side):
            found[places] += product(rows, coef)
    return found
