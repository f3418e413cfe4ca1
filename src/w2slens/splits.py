"""Which rows a trial uses for what; a cell's rows do not depend on the rest of the grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """One trial's disjoint rows.

    Attributes
    ----------
    test
        (M,) rows held out first.
    rest
        The other rows in random order: labels are prefixes from the front, pools from the back.
    """

    test: Index
    rest: Index

    @classmethod
    def draw(cls, rows: int, test: int, seed: int, trial: int) -> "Split":
        """Permute the rows with a generator that depends on the seed and the trial only."""
        order = np.random.default_rng([seed, trial]).permutation(rows)
        return cls(order[:test], order[test:])

    def labels(self, n: int) -> Index:
        """Rows whose labels the teacher and the baseline see."""
        return self.rest[:n]

    def pool(self, N: int) -> Index:
        """Rows that the teacher pseudo-labels; those of a smaller pool come first."""
        return self.rest[::-1][:N]
