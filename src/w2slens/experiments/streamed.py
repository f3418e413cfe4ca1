"""Rows that do not fit into memory: every group's moments in one pass, and single rows by number.

The labels are in memory; features stay on disk. A trial reads its test rows, its labeled rows and
the ends of its pools, together, in one pass; its pools are unions of groups.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index
from w2slens.experiments.given import held_out
from w2slens.experiments.partition import GROUPS, GroupSplit, Partition
from w2slens.experiments.rows import Rows
from w2slens.experiments.said import NOTHING, Said
from w2slens.experiments.settings import Settings
from w2slens.features.chosen import Chosen
from w2slens.features.ondisk import chunks
from w2slens.moments import Moments
from w2slens.moments.accumulate import Accumulator
from w2slens.moments.components import Axes
from w2slens.moments.grouped import GroupedMoments
from w2slens.moments.stream import beside, reduce, total

KEPT_BYTES = 2**29
"""Most bytes of the moments of all groups; beyond, every pool is a pass over the rows."""

LOGISTIC_BYTES = 2**30
"""Most bytes of float64 rows that a logistic probe keeps; beyond, every step of it is a pass."""

MOST_TEST = 20_000
"""Test rows, unless asked otherwise: the errors of the means fall little with more."""


@dataclass(frozen=True, eq=False)
class StreamedRows(Rows):
    """Rows of which the features stay on disk."""

    teachers: Mapping[str, Any]  # name → OnDisk
    strong: Any  # OnDisk
    partition: Partition = field(kw_only=True)
    _known: dict[str, Any] = field(default_factory=dict, kw_only=True, repr=False)

    @classmethod
    def of(cls, rows: Rows) -> "StreamedRows":
        """Take rows whose features were left where they are."""
        partition = Partition.of(rows.rows, rows.groups)
        return cls(
            rows.teachers,
            rows.strong,
            rows.targets,
            rows.truth,
            rows.classes,
            rows.groups,
            partition=partition,
        )

    @property
    def unused(self) -> int:
        """Most rows that a split leaves out: of one hashed group."""
        return int(self.partition.counts.max()) - 1

    def prepared(self, settings: Settings) -> tuple["StreamedRows", Settings]:
        """Cut the features to components as asked, and settle what depends on the rows."""
        test = settings.test
        test = min(held_out(test, self.rows), MOST_TEST) if test is None else test
        settings = replace(settings, test=held_out(test, self.rows))
        settings.check_rows(self.rows, self.unused)
        return self._cut(settings), settings

    def _cut(self, settings: Settings) -> Self:
        return replace(super()._cut(settings), _known={})

    def _summary(self, name: str) -> tuple[Moments, str]:
        return self._whole, name

    def _projected(self, side: Any, axes: Axes) -> Any:
        """Project one side as it is read."""
        return replace(side, centre=axes.centre, axes=axes.vectors)

    def trial(self, settings: Settings, number: int) -> tuple["StreamedRows", Any]:
        """Return the rows of one trial, those that it looks at one by one in memory."""
        split = GroupSplit.draw(self.partition, int(settings.test), settings.seed, number)
        ends = [split.parts(N).rows for N in settings.N]
        wanted = np.concatenate([split.test, split.labels(max(settings.n)), *ends])
        teachers = {name: side.holding(wanted) for name, side in self.teachers.items()}
        return replace(self, teachers=teachers, strong=self.strong.holding(wanted)), split

    def chosen(self, name: str, index: Index) -> NDArray[Any] | Chosen:
        """Take many rows of one side: into memory, if that is little."""
        side: Any = self.side(name)
        if 8 * len(index) * side.shape[1] > LOGISTIC_BYTES:
            return Chosen(side, index)
        return super().chosen(name, index)

    def facts(self, settings: Settings) -> dict[str, Any]:
        """Return what a result says of its rows."""
        return {**super().facts(settings), "streamed": True}

    def growth(
        self, split: Any, teachers: Sequence[str], labels: Array, said: Said = NOTHING
    ) -> "GroupGrowth":
        """Return the moments of the pools of a split, as of rows in memory.

        Features stay where the moments of all groups are kept: they were summed for all trials.
        """
        if self.apart == 1 and said.saves(self.widths(teachers), labels.shape[1]):
            return GroupGrowth(self, split, ["strong"], labels, said)
        return GroupGrowth(self, split, ["strong", *teachers], labels)

    def moments(self, teacher: str) -> Moments:
        """Summarise ``weak``, ``strong`` and ``label`` (f* if known) of all rows."""
        label = "label" if self.truth is None else "truth"
        found = self._whole.select("strong", teacher, label)
        named = zip(("strong", "weak", "label"), (width for _, width in found.blocks), strict=True)
        return replace(found, blocks=tuple(named))

    def chunks(self, rows: range | None = None) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        """Go through all rows once, or a range; each chunk's first row, and its blocks by name."""
        start = 0 if rows is None else rows.start
        for chunk in chunks({"strong": self.strong, **self.teachers}, rows):
            some = slice(start, start + len(chunk["strong"]))
            chunk["label"] = self.targets[some]
            if self.truth is not None:
                chunk["truth"] = self.truth[some]
            yield start, chunk
            start = some.stop

    @property
    def _whole(self) -> Moments:
        """Moments of all rows."""
        grouped = self.grouped
        if "whole" not in self._known:
            if grouped is None:
                self.knowing(self.summed())
            else:
                self._known["whole"] = grouped.union(range(GROUPS))
        return self._known["whole"]  # type: ignore[no-any-return]

    @property
    def width(self) -> int:
        """Coordinates of all sides and labels together."""
        labels = self.targets.shape[1] * (1 if self.truth is None else 2)
        sides = [self.strong, *self.teachers.values()]
        return int(labels + sum(side.shape[1] for side in sides))

    @property
    def apart(self) -> int:
        """How many groups are summed apart: 1 where all of them would take too much memory."""
        return GROUPS if 8 * self.width**2 * GROUPS <= KEPT_BYTES else 1

    def summed(self, rows: range | None = None) -> GroupedMoments:
        """Read all rows once, or a range of them, and sum them."""
        found = GroupedMoments(self.apart)
        for start, chunk in self.chunks(rows):
            stop = start + len(chunk["label"])
            found.add(chunk, self.partition.codes[start:stop])
        return found

    def knowing(self, sums: GroupedMoments) -> None:
        """Take what `summed` gives of all rows."""
        if self.apart > 1:
            self._known["grouped"] = sums
        else:
            self._known["whole"] = sums.union([0])

    @property
    def is_summed(self) -> bool:
        """Whether all rows have been read."""
        return bool(self._known)

    @property
    def grouped(self) -> GroupedMoments | None:
        """Moments of every group, made once; None where they would take too much memory."""
        if self.apart == 1:
            return None
        if "grouped" not in self._known:
            self.knowing(self.summed())
        return self._known["grouped"]  # type: ignore[no-any-return]


class GroupGrowth:
    """The moments of a growing pool of whole groups, and of some rows of the next.

    `labels` are those of the trial; every row of theirs is read once where they are not the rows'
    own, or where the groups' moments are not kept.
    """

    def __init__(
        self,
        rows: StreamedRows,
        split: GroupSplit,
        sides: Sequence[str],
        labels: Array,
        said: Said = NOTHING,
    ) -> None:
        self._rows, self._split, self._sides = rows, split, sides
        self._labels, self._said = labels, said
        self._whole: list[Moments] = []  # of the groups that pools take whole
        self._done = np.zeros(0, np.intp)

    def to(self, size: int) -> Moments:
        """Return the moments of `size` rows."""
        groups, ends = self._split.parts(size)
        new = np.setdiff1d(groups, self._done)
        if len(new):
            self._whole.append(self._summarised(new))
            self._done = groups
        if not len(ends):
            return total(self._whole)
        more = Accumulator()
        self._rows.gather(ends, more, self._sides, self._labels, self._said)
        for known in self._whole:  # in place: wide ones are large
            more.merge(*known.sums)
        return Moments.of(more, last=True)

    def _summarised(self, groups: Index) -> Moments:
        known, sides = self._rows.grouped, self._sides
        if known is None:
            return reduce(self._own(groups))
        found = known.union(groups)
        if self._labels is self._rows.targets:
            return found.select(*sides, "label")
        own = beside(found.select(*sides), "label", self._own(groups))
        return own.select(*sides, "label")

    def _own(self, groups: Index) -> Iterator[dict[str, NDArray[Any]]]:
        """Read the rows of some groups, with the trial's labels."""
        codes = self._rows.partition.codes
        for start, chunk in self._rows.chunks():
            own = np.isin(codes[start : start + len(chunk["label"])], groups)
            labels = self._labels[start : start + len(own)][own]
            features = {name: chunk[name][own] for name in self._sides}
            yield {**features, **self._said.of(chunk.__getitem__, own), "label": labels}
