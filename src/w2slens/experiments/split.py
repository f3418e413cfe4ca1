"""Which rows a trial uses for what; a cell's rows do not depend on the rest of the grid."""

from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Index


@dataclass(frozen=True, eq=False)
class Split:
    """One trial's disjoint rows."""

    test: Index  # (M,) rows held out first
    rest: Index  # the others in random order: labels from the front, pools from the back

    @classmethod
    def draw(
        cls, rows: int, test: int, seed: int, trial: int, groups: Index | None = None
    ) -> "Split":
        """Permute the rows with a generator that depends on the seed and the trial only.

        With `groups` (rows,), a number a row, no group is on both sides of the test block: groups
        are held out in random order, and what the last of them holds beyond `test` is not used.
        """
        rng = np.random.default_rng([seed, trial])
        order = rng.permutation(rows)
        if groups is None:
            return cls(order[:test], order[test:])
        ranks = rng.permutation(int(groups.max()) + 1)[groups[order]]
        by_group = order[np.argsort(ranks, kind="stable")]
        held = np.sort(ranks) <= np.sort(ranks)[test - 1]
        return cls(rng.permutation(by_group[held])[:test], rng.permutation(by_group[~held]))

    def labels(self, n: int) -> Index:
        """Rows whose labels the teacher and the baseline see."""
        return self.rest[:n]

    def pool(self, N: int) -> Index:
        """Rows that the teacher pseudo-labels; those of a smaller pool come first."""
        return self.rest[::-1][:N]
