"""Rows hashed to groups, and trials that take whole groups: nothing is gathered row by row.

The group of a row depends on its number alone, so every pass over the rows, in whatever chunks and
on whatever machine, sees the same groups. A trial puts the groups into random order: the test rows
are those of the first groups, labels come from the front of the rest, pools from the back.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Index

GROUPS = 200
"""Groups that the rows are hashed to."""

HASHED = 2**20
"""Rows hashed at a time."""


def hashed(first: int, stop: int, numbers: Index | None = None) -> NDArray[np.uint8]:
    """Return the groups of the rows from `first` up to `stop`; rows of one number go together.

    The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
    number generators", 2014).
    """
    own = np.arange(first, stop) if numbers is None else numbers[first:stop]
    bits = own.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return (bits % np.uint64(GROUPS)).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Partition:
    """The group of every row."""

    codes: NDArray[np.uint8]  # (rows,)

    @classmethod
    def of(cls, rows: int, numbers: Index | None = None) -> "Partition":
        """Hash rows by their places, or by a number each that keeps some together."""
        parts = [
            hashed(first, min(first + HASHED, rows), numbers) for first in range(0, rows, HASHED)
        ]
        return cls(np.concatenate(parts))

    @cached_property
    def counts(self) -> Index:
        """(groups,) rows of each group."""
        return np.asarray(np.bincount(self.codes, minlength=GROUPS), np.intp)

    def rows(self, group: int) -> Index:
        """Return the rows of a group, ascending."""
        return np.flatnonzero(self.codes == group)


class Part(NamedTuple):
    """What a pool is made of."""

    groups: Index  # whole groups
    rows: Index  # rows of one group more


@dataclass(frozen=True, eq=False)
class GroupSplit:
    """One trial's disjoint rows, as `Split` has them, by groups."""

    partition: Partition
    order: Index  # groups in the order of the trial
    size: int  # test rows
    seed: tuple[int, int]  # of the run and the trial

    @classmethod
    def draw(cls, partition: Partition, test: int, seed: int, trial: int) -> "GroupSplit":
        """Permute the groups with a generator that depends on the seed and the trial only."""
        order = np.random.default_rng([seed, trial]).permutation(GROUPS)
        return cls(partition, order, test, (seed, trial))

    @cached_property
    def _held(self) -> int:
        """Count the groups of which test rows are taken."""
        ends = np.cumsum(self.partition.counts[self.order])
        return int(np.searchsorted(ends, self.size)) + 1

    @cached_property
    def test(self) -> Index:
        """Rows held out; what the last of their groups holds beyond is not used."""
        *whole, last = (int(group) for group in self.order[: self._held])
        found = np.concatenate([np.zeros(0, np.intp), *map(self.partition.rows, whole)])
        more = self._shuffled(last)[: self.size - len(found)]
        return np.sort(np.concatenate([found, more]))

    def labels(self, n: int) -> Index:
        """Rows whose labels the teacher and the baseline see."""
        found = np.zeros(0, np.intp)
        for group in self.order[self._held :]:
            if len(found) >= n:
                break
            found = np.concatenate([found, self._shuffled(int(group))])
        return found[:n]

    def pool(self, N: int) -> Index:
        """Rows that the teacher pseudo-labels; those of a smaller pool come first."""
        groups, rows = self.parts(N)
        whole = [self._shuffled(int(group))[::-1] for group in groups]
        return np.concatenate([np.zeros(0, np.intp), *whole, rows])

    def parts(self, N: int) -> Part:
        """Return the groups that a pool takes whole, and its rows of the next one."""
        back = self.order[self._held :][::-1]
        ends = np.cumsum(self.partition.counts[back])
        whole = int(np.searchsorted(ends, N, side="right"))
        missing = N - (int(ends[whole - 1]) if whole else 0)
        if not missing:
            return Part(back[:whole], np.zeros(0, np.intp))
        return Part(back[:whole], self._shuffled(int(back[whole]))[::-1][:missing])

    def _shuffled(self, group: int) -> Index:
        """Put the rows of a group into the random order of this trial."""
        rng = np.random.default_rng([*self.seed, group])
        return rng.permutation(self.partition.rows(group))
