"""Of many rows the few that all are combinations of.

Filters ``1/(λ + κ)`` are smooth functions of log κ: a few dozen of them span those of every κ to
the last digits, so that what is linear in a filter is found for these alone.
"""

import numpy as np
from scipy import linalg

from w2slens._core.types import Array, Index

ROUNDING = 3e-15  # share of the length of a row that the few may miss


def few(rows: Array) -> tuple[Index, Array]:
    """Return the places of few rows of (a, r), and the (a, few) combinations that all rows are.

    By QR with pivoting of rows of unit length. A row that is not finite is a combination of none:
    its coefficients are nan.
    """
    size = np.sqrt(np.sum(rows**2, axis=1))
    known = np.flatnonzero(np.isfinite(size))
    size = np.where(size > 0, size, 1.0)
    if not len(known):
        return np.zeros(1, np.intp), np.full((len(rows), 1), np.nan)
    units = rows[known] / size[known, None]
    upper, order = linalg.qr(units.T, mode="r", pivoting=True, check_finite=False)
    upper[0, 0] = upper[0, 0] or 1.0  # all rows are zero then: none times the first
    heights = np.abs(np.diag(upper))
    count = max(int(np.sum(heights > ROUNDING * heights[0])), 1)
    rest = linalg.solve_triangular(upper[:count, :count], upper[:count, count:], check_finite=False)
    found = np.full((len(rows), count), np.nan)
    found[known[order[:count]]] = np.eye(count)
    found[known[order[count:]]] = rest.T
    places: Index = known[order[:count]]
    return places, found * size[:, None] / size[places]
