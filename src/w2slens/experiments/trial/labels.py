"""What labels give: for each prefix of the labeled rows the teachers and the strong baselines.

The Grams of the prefixes grow by their increments, so that the rows are read once; what the
ceilings of later cells need of a prefix stays, packed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from w2slens._core.types import Array, Index, Ridge
from w2slens.experiments.rows import Pair
from w2slens.experiments.settings import Grid
from w2slens.models.design import Design
from w2slens.models.fit import fit_surely
from w2slens.models.labeled import LabeledBlock
from w2slens.models.packed import Normal
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import FOLDS, choose_loo
from w2slens.moments.accumulate import Accumulator
from w2slens.moments.moments import Moments
from w2slens.moments.stream import total


class Fitted(NamedTuple):
    """A model at all noise levels: their probes stacked, and the ridge of each."""

    probe: LinearProbe
    ridges: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Taught:
    """What n labels give.

    Attributes
    ----------
    targets
        (n, levels · k) labels, a group of k columns a noise level.
    teachers
        (teacher, asked ridge) → the teacher.
    baselines
        Asked ridge → the strong model on the same labels.
    whole
        Normal equations of the strong features, where ceilings of a given ridge use them.
    folds
        The same in parts, where ceilings choose their ridge by folds.
    designs
        Rows of the sides that leave-one-out needs again.
    """

    targets: Array
    teachers: dict[tuple[str, Ridge], Fitted]
    baselines: dict[Ridge, Fitted]
    whole: Normal | None
    folds: list[Normal]
    designs: dict[str, Design]

    def block(self, teacher: str, targets: Array) -> LabeledBlock:
        """Return the labeled rows of a teacher and the student."""
        return LabeledBlock(self.designs[teacher], self.designs["strong"], targets)


def folds_of(grid: Grid) -> int:
    """Return into how many parts the rows are dealt: several where folds choose a ridge."""
    return FOLDS if "auto" in grid.ridges_strong and grid.ceiling != "labels" else 1


class Growth:
    """The moments of a growing prefix of rows, dealt to folds like cards."""

    def __init__(
        self, data: Pair, order: Index, sides: Sequence[str], labels: Array, folds: int = 1
    ) -> None:
        self._data, self._order, self._sides, self._labels = data, order, sides, labels
        self._running = [Accumulator() for _ in range(folds)]
        self._size = 0

    def to(self, size: int) -> list[Moments]:
        """Grow to `size` rows; the moments of the folds that hold any."""
        folds = len(self._running)
        for fold, accumulator in enumerate(self._running):
            first = self._size + (fold - self._size) % folds
            index = self._order[first:size:folds]
            self._data.gather(index, accumulator, self._sides, self._labels)
        self._size = size
        return [Moments.of(accumulator) for accumulator in self._running if accumulator.count]


def teach(data: Pair, order: Index, noisy: Array, grid: Grid) -> dict[int, Taught]:
    """Fit the teachers and baselines of every number of labels.

    Parameters
    ----------
    data
        The rows.
    order
        Rows in the order in which their labels become known.
    noisy
        (rows, levels · k) training labels.
    grid
        Settings.

    Returns
    -------
    n → `Taught`, in the order of the grid.
    """
    chosen = "auto" in grid.ridges_strong
    given = any(ridge != "auto" for ridge in grid.ridges_strong)
    growths = {name: Growth(data, order, [name], noisy) for name in data.teachers}
    strong = Growth(data, order, ["strong"], noisy, folds_of(grid))
    found = {}
    for n in sorted(grid.n):
        folds, index = strong.to(n), order[:n]
        sides = {name: growth.to(n)[0] for name, growth in growths.items()}
        every = total(folds)
        fits = {
            name: _Side(name, data, index, noisy[index], moments, grid.levels)
            for name, moments in {**sides, "strong": every}.items()
        }
        found[n] = Taught(
            noisy[index],
            {(t, ridge): fits[t].fit(ridge) for t in sides for ridge in grid.ridges_weak},
            {ridge: fits["strong"].fit(ridge) for ridge in grid.ridges_strong},
            Normal.of(every) if grid.ceiling == "all" and given else None,
            [Normal.of(fold) for fold in folds] if grid.ceiling == "all" and chosen else [],
            {name: side.design for name, side in fits.items()} if chosen else {},
        )
    return {n: found[n] for n in grid.n}


class _Side:
    """One feature block of the labeled rows, from which its models are fitted."""

    def __init__(
        self, name: str, data: Pair, index: Index, targets: Array, moments: Moments, levels: int
    ) -> None:
        self._name, self._data, self._index = name, data, index
        self._targets, self._moments, self._levels = targets, moments, levels
        self._design: Design | None = None

    @property
    def design(self) -> Design:
        """The rows, gathered when first needed."""
        if self._design is None:
            self._design = Design.from_rows(self._data.side(self._name)[self._index])
        return self._design

    def fit(self, ridge: Ridge) -> Fitted:
        """Fit by the moments where n exceeds the width and they are surely of full rank."""
        if ridge == "auto":
            groups = np.split(self._targets, self._levels, axis=1)
            ridges = tuple(choose_loo(self.design, y) for y in groups)
            probes = [self.design.fit(y, λ) for y, λ in zip(groups, ridges, strict=True)]
            return Fitted(LinearProbe.stack(probes), ridges)
        probe = None
        if len(self._index) > self._moments.width(self._name):
            probe = fit_surely(self._moments, ridge, features=self._name)
        if probe is None:
            probe = self.design.fit(self._targets, ridge)
        return Fitted(probe, (ridge,) * self._levels)
