"""Risks of the posterior student over all sizes that a plan may ask for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from w2slens._core.types import Array
from w2slens.theory import Problem
from w2slens.theory.together import Together

SIZES = np.geomspace(4, 1e7, 17).round().astype(int)
"""Numbers of labels and of pseudo-labels at which theory is asked; between them, and beyond their
ends, risks are interpolated along logarithms."""

DIRECTIONS, MOST = 96, 6
"""Directions of a side, and combinations of hyperparameters, that a plan looks at."""


@dataclass(frozen=True, eq=False)
class PosteriorRisks:
    """Predicted risks of the student ``posterior``, every ridge chosen."""

    problem: Problem
    intercept: bool

    @cached_property
    def table(self) -> Array:
        """Risks at `SIZES` of labels and `SIZES` of pseudo-labels."""
        together = Together(self.problem, "auto", self.intercept, DIRECTIONS, MOST)
        return together.student(SIZES.tolist(), SIZES.tolist())

    @cached_property
    def _by_labels(self) -> PchipInterpolator:
        """Logarithms of the risks at all pool sizes, between numbers of labels."""
        logs = np.log(np.maximum(self.table, 1e-300))
        return PchipInterpolator(np.log(SIZES), logs, axis=0)

    def at(self, n: NDArray[np.intp], N: NDArray[np.intp]) -> Array:
        """(len(n), len(N)) risks."""
        rows, pools = (np.log(np.clip(each, SIZES[0], SIZES[-1])) for each in (n, N))
        by_pools = PchipInterpolator(np.log(SIZES), self._by_labels(rows), axis=1)
        return np.asarray(np.exp(by_pools(pools)))
