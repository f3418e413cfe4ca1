"""Rows in the order of a training set: those with labels, then the pool."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight

from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index


class Order(NamedTuple):
    """Places of the labeled rows and of the pool, and what they weigh."""

    labeled: Index
    pool: Index
    weights: Array | None  # (n + N,)
    apart: bool  # whether the pool is the rows without labels

    @classmethod
    def of(cls, known: NDArray[np.bool_], weights: Any, X: Any) -> "Order":
        """Take the rows without labels as the pool, if they are not fewer than the labeled ones.

        Few rows do not show how features vary: all rows are the pool then, whose labels nobody
        looks at. A row of no weight is not there.
        """
        heavy = np.ones(len(known)) if weights is None else _weights(weights, X)
        there = heavy > 0
        labeled, rest = np.flatnonzero(known & there), np.flatnonzero(~known & there)
        apart = len(rest) >= len(labeled)
        pool = rest if apart else np.flatnonzero(there)
        whole = np.concatenate([labeled, pool])
        return cls(labeled, pool, None if weights is None else heavy[whole], apart)

    @property
    def rows(self) -> Index:
        """Labeled rows, then the pool."""
        return np.concatenate([self.labeled, self.pool])

    @property
    def of_labels(self) -> Array | None:
        """(n,) weights."""
        return None if self.weights is None else self.weights[: len(self.labeled)]

    @property
    def of_pool(self) -> Array | None:
        """(N,) weights."""
        return None if self.weights is None else self.weights[len(self.labeled) :]


def _weights(weights: Any, X: Any) -> Array:
    found = np.asarray(_check_sample_weight(weights, X, dtype=np.float64))
    if (found < 0).any():
        raise InputError("sample_weight", f"is negative at row {int(np.argmax(found < 0))}")
    if not (found > 0).any():
        raise InputError("sample_weight", "is zero in every row")
    return found
