"""What labels give: for each prefix of the labeled rows the teachers and the strong baselines.

The Grams of the prefixes grow by their increments, so that the rows are read once; what the
ceilings of later cells need of a prefix stays, packed.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.models.design import Design
from w2slens.models.fit import Fitted, fit, sure_solver
from w2slens.models.labeled import LabeledBlock
from w2slens.models.packed import Normal
from w2slens.models.students import Lesson
from w2slens.models.tuning import choose_loo
from w2slens.moments import Moments
from w2slens.moments.accumulate import Accumulator


class Growth:
    """The moments of a growing prefix of rows."""

    def __init__(self, rows: Rows, order: Index, sides: Sequence[str], labels: Array) -> None:
        self._rows, self._order, self._sides, self._labels = rows, order, sides, labels
        self._running = Accumulator()

    def to(self, size: int) -> Moments:
        """Grow to `size` rows."""
        index = self._order[self._running.count : size]
        self._rows.gather(index, self._running, self._sides, self._labels)
        return Moments.of(self._running)


@dataclass(frozen=True, eq=False)
class Learner:
    """One feature block of the labeled rows, and the labels at all noise levels."""

    rows: Rows
    side: str
    index: Index
    groups: Sequence[Array]

    @cached_property
    def design(self) -> Design:
        """The rows, gathered when first needed."""
        return Design.from_rows(self.rows.side(self.side)[self.index], shuffled=True)

    def fit(self, moments: Moments, ridge: Ridge) -> Fitted:
        """Fit by the moments where n exceeds the width and they are surely of full rank."""
        if ridge == "auto":
            ridges = [choose_loo(self.design, y) for y in self.groups]
            probes = [self.design.fit(y, λ) for y, λ in zip(self.groups, ridges, strict=True)]
            return Fitted.stack(probes, ridges)
        ridges = [ridge] * len(self.groups)
        with suppress(LinAlgError):
            if len(self.index) > moments.width(self.side):
                solve = sure_solver(moments, ridge, features=self.side)
                return Fitted(fit(moments, solve, features=self.side), tuple(ridges))
        return Fitted(self.design.fit(np.hstack(self.groups), ridge), tuple(ridges))


@dataclass(frozen=True, eq=False)
class Learnt:
    """What n labels give; ridges are those that were asked for."""

    targets: Array  # (n, levels · k) labels, a group of k columns a noise level
    teachers: dict[tuple[str, Ridge], Fitted]
    baselines: dict[Ridge, Fitted]
    learners: dict[str, Learner]  # side → its labeled rows, which students may ask for
    _blocks: dict[str, list[LabeledBlock]] = field(default_factory=dict, init=False, repr=False)

    def lesson(self, teacher: str, ridge: Ridge) -> Lesson:
        """Return a teacher with the labeled rows that taught it."""
        return Lesson(self.teachers[teacher, ridge], partial(self._labeled, teacher))

    def _labeled(self, teacher: str) -> list[LabeledBlock]:
        if teacher not in self._blocks:
            weak, strong = self.learners[teacher], self.learners["strong"]
            blocks = [LabeledBlock(weak.design, strong.design, y) for y in strong.groups]
            self._blocks[teacher] = blocks
        return self._blocks[teacher]


@dataclass(frozen=True, eq=False)
class Labels:
    """What every n gives, and the normal equations of its rows that ceilings add to pools."""

    learnt: dict[int, Learnt]  # in the order of the settings
    whole: dict[int, Normal]


def learn(rows: Rows, order: Index, noisy: Array, settings: Settings) -> Labels:
    """Fit the teachers and baselines of every number of labels.

    Labels become known in the given order of the rows; `noisy` holds those of all rows at all
    noise levels, (rows, levels · k).
    """
    growths = {name: Growth(rows, order, [name], noisy) for name in rows.teachers}
    growths["strong"] = Growth(rows, order, ["strong"], noisy)
    learnt, whole = {}, {}
    for n in sorted(settings.n):
        moments = {name: growth.to(n) for name, growth in growths.items()}
        learnt[n] = _learnt(rows, order[:n], noisy, moments, settings)
        if settings.ceiling == "all":
            whole[n] = Normal.of(moments["strong"])
    return Labels(_ordered(learnt, settings), _ordered(whole, settings))


def _ordered(found: dict[int, Any], settings: Settings) -> dict[int, Any]:
    """Sort by n as the settings list them."""
    return {n: found[n] for n in settings.n if n in found}


def _learnt(
    rows: Rows, index: Index, noisy: Array, moments: dict[str, Moments], settings: Settings
) -> Learnt:
    """Fit the teachers and baselines of one number of labels, from its rows' moments."""
    groups = np.split(noisy[index], settings.levels, axis=1)
    learners = {side: Learner(rows, side, index, groups) for side in moments}
    teachers = {
        (name, ridge): learners[name].fit(moments[name], ridge)
        for name, ridge in product(rows.teachers, settings.ridge_weak)
    }
    strong, seen = learners["strong"], moments["strong"]
    baselines = {ridge: strong.fit(seen, ridge) for ridge in settings.ridge_strong}
    if not settings.chosen:  # what a fit gathered need not stay: hardly a student asks for it
        learners = {side: replace(one) for side, one in learners.items()}
    return Learnt(noisy[index], teachers, baselines, learners)
