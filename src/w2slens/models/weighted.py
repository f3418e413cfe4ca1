"""Weighted rows as unweighted ones: all sums of squares of the rows, turned, are weighted ones.

Scaled by √w, whose mean square is 1, the rows have a column √w where unweighted ones have the
intercept's ones. The reflection Q that takes one to the other (Householder's) changes no sum of
squares: means, scatters, fits and the evidence of ``Q·diag(√w)·z`` are the weighted ones of z, and
noise of variance σ²/w is of variance σ² there. What leaves rows out leaves out turned ones: an
orthogonal turn of the rows is what makes generalised cross-validation of leave-one-out, too.

Source: Golub, Heath and Wahba, "Generalized cross-validation", 1979, section 2.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array

ALIKE = 1e-9
"""Weights that differ by a smaller share are equal."""


class Turn(NamedTuple):
    """The map ``Q·diag(√w)``, ``Q = I − 2·v·vᵀ/vᵀv`` with ``v = √w − 1``."""

    root: Array  # (n,) √w, of mean square 1

    @classmethod
    def of(cls, weights: Array) -> "Turn | None":
        """Take (n,) positive weights, of which only the ratios count; None where all are equal."""
        if np.ptp(weights) <= ALIKE * weights.max():
            return None
        return cls(np.sqrt(weights / weights.mean()))

    def turned(self, rows: NDArray[Any]) -> Array:
        """Turn (n, k) rows."""
        return self._reflected(self.root[:, None] * rows)

    def back(self, rows: Array) -> Array:
        """Undo it."""
        return self._reflected(rows) / self.root[:, None]

    def _reflected(self, rows: Array) -> Array:
        v = self.root - 1
        return np.asarray(rows - np.multiply.outer(v * (2 / float(v @ v)), v @ rows))
