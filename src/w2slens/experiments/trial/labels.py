"""What labels give: for each prefix of the labeled rows the teachers and the strong baselines.

The Grams of the prefixes grow by their increments, so that the rows are read once; what the
ceilings of later cells need of a prefix stays, packed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Growth, Rows
from w2slens.experiments.settings import Settings
from w2slens.models.design import Design
from w2slens.models.fit import Fitted, fit, sure_solver
from w2slens.models.labeled import LabeledBlock
from w2slens.models.packed import Normal
from w2slens.models.probe import LinearProbe
from w2slens.models.students import Lesson
from w2slens.models.tuning import choose_loo
from w2slens.moments import Moments


@dataclass(frozen=True, eq=False)
class Learner:
    """One feature block of the labeled rows, and the labels at all noise levels."""

    features: Callable[[], NDArray[Any]]  # the rows of this and larger numbers of labels
    side: str
    groups: Sequence[Array]
    moments: Moments | None  # of the rows, as long as fits need them

    @cached_property
    def design(self) -> Design:
        """The rows, gathered when first needed."""
        side, seen = self.side, self.moments
        rows = self.features()[: len(self.groups[0])]
        mean, known = (seen.centre(side), seen.cross(side, side)) if seen else (None, None)
        return Design.from_rows(rows, shuffled=True, mean=mean, known=known)

    def fit(self, ridge: Ridge) -> Fitted:
        """Fit at a ridge, or for every noise level at the one that leaves out best."""
        if ridge == "auto":
            again = self.side != "strong"  # the teacher's leave-one-out serves its students
            ridges = [choose_loo(self.design, y, factored=again) for y in self.groups]
            return Fitted.at(ridges, self._at)
        return Fitted.at([ridge] * len(self.groups), self._at)

    def _at(self, ridge: float) -> LinearProbe:
        """Fit by the moments where n exceeds the width and they are surely of full rank."""
        side, seen = self.side, self.moments
        with suppress(LinAlgError):
            if seen and len(self.groups[0]) > seen.width(side):
                return fit(seen, sure_solver(seen, ridge, features=side), features=side)
        return self.design.fit(np.hstack(self.groups), ridge)


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
        n, known = len(self.targets), self.teachers[teacher, ridge]
        return Lesson(known, partial(self._labeled, teacher), f"{teacher} of {n} labels at {ridge}")

    def said(self) -> dict[str, tuple[str, LinearProbe]]:
        """Name what all teachers say as lessons do: whose features, and how they are scored."""
        return {
            self.lesson(name, ridge).said: (name, teacher.probe)
            for (name, ridge), teacher in self.teachers.items()
        }

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

    @property
    def said(self) -> dict[str, tuple[str, LinearProbe]]:
        """What the teachers of all n say, by the names that lessons give."""
        each = (learnt.said() for learnt in self.learnt.values())
        return {block: told for one in each for block, told in one.items()}


def learn(rows: Rows, order: Index, noisy: Array, settings: Settings) -> Labels:
    """Fit the teachers and baselines of every number of labels.

    Labels become known in the given order of the rows; `noisy` holds those of all rows at all
    noise levels, (rows, levels · k).
    """
    first = order.__getitem__
    growths = {
        name: Growth(rows, lambda n: first(slice(n)), [name], noisy)
        for name in (*rows.teachers, "strong")
    }
    gathered = {
        side: cache(lambda side=side: rows.side(side)[order[: max(settings.n)]]) for side in growths
    }
    learnt, whole = {}, {}
    for n in sorted(settings.n):
        moments = {name: growth.to(n) for name, growth in growths.items()}
        learnt[n] = _learnt(gathered, noisy[order[:n]], moments, settings)
        if settings.ceiling == "all":
            whole[n] = Normal.of(moments["strong"])
    return Labels(_ordered(learnt, settings), _ordered(whole, settings))


def _ordered(found: dict[int, Any], settings: Settings) -> dict[int, Any]:
    """Sort by n as the settings list them."""
    return {n: found[n] for n in settings.n if n in found}


def _learnt(
    gathered: Mapping[str, Callable[[], NDArray[Any]]],
    targets: Array,
    moments: dict[str, Moments],
    settings: Settings,
) -> Learnt:
    """Fit the teachers and baselines of one number of labels, from its rows' moments."""
    groups = np.split(targets, settings.levels, axis=1)
    learners = {side: Learner(gathered[side], side, groups, moments[side]) for side in moments}
    teachers = {
        (name, ridge): learners[name].fit(ridge)
        for name, ridge in product(moments, settings.ridge_weak)
        if name != "strong"
    }
    baselines = {ridge: learners["strong"].fit(ridge) for ridge in settings.ridge_strong}
    if not settings.chosen:  # what a fit gathered need not stay: hardly a student asks for it
        learners = {side: replace(one, moments=None) for side, one in learners.items()}
    return Learnt(targets, teachers, baselines, learners)
