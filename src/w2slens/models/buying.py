"""Which rows of a pool to label next: those whose labels leave the least of f* unknown.

With V the posterior covariance of β and σ² the noise, a label of z takes
``Vz(Vz)ᵀ/(σ² + zᵀVz)`` from V, hence ``zᵀVQVz/(σ² + zᵀVz)`` from the mean variance of f* over a
pool of second moments Q. Rows are taken one by one, each the best beside those before.
"""

import numpy as np

from w2slens._core.types import Array, Index
from w2slens.moments.products import product


def worth_labeling(
    rows: Array, covariance: Array, second: Array, noise: float, count: int
) -> Index:
    """Choose so many of some rows, the most worth first.

    Parameters
    ----------
    rows
        (c, r) candidates along the axes of the posterior.
    covariance, second
        (r, r) V, and Q over the pool.
    noise
        σ² of one output, ≥ 0.
    count
        Rows to choose, at most c.

    Returns
    -------
    (count,) places among the candidates.
    """
    chosen: list[int] = []
    seen = product(rows, covariance)  # (c, r) Vz of every candidate
    left = np.ones(len(rows), dtype=bool)
    for _ in range(min(count, len(rows))):
        known = noise + np.maximum(np.sum(seen * rows, axis=1), 0.0)
        worth = np.sum(product(seen, second) * seen, axis=1) / np.maximum(known, 1e-300)
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        chosen.append(best)
        left[best] = False
        step = seen[best] / known[best] ** 0.5
        seen = seen - np.multiply.outer(rows @ step, step)
    return np.array(chosen, dtype=np.intp)
