"""The effective ridge κ of a fit: what a finite sample adds to the ridge that was asked for.

κ is the root of ``n = Σ λᵢ/(λᵢ+κ) + nλ/κ``: at λ = 0 it is 0 where n reaches the rank, and below
the interpolation threshold it is what n rows leave unseen.
"""

import numpy as np

from w2slens._linalg import EPS64, Array

STEPS = 500
"""Newton's steps at most; a few dozen are needed."""

SITES = 4096
"""Sample sizes solved together, so that memory stays bounded."""


def effective_ridge(eigenvalues: Array, rows: Array, ridges: Array) -> Array:
    """Solve for κ at many sample sizes.

    Newton's method on ``Σ λᵢx/(λᵢx+1) + nλx = n`` in x = 1/κ: the left side is concave and
    increasing, so that the steps from x = 0 never overshoot.

    Parameters
    ----------
    eigenvalues
        (r,) positive eigenvalues of the second moment.
    rows, ridges
        (sites,) numbers of rows n > 0, and λ ≥ 0.

    Returns
    -------
    (sites,)
    """
    pieces = range(0, len(rows), SITES)
    found = [_solve(eigenvalues, rows[i : i + SITES], ridges[i : i + SITES]) for i in pieces]
    return np.concatenate(found) if found else np.zeros(0)


def _solve(λ: Array, n: Array, ridges: Array) -> Array:
    κ = np.zeros(len(n))
    open_ = (ridges > 0) | (n < len(λ))
    n, shift = n[open_], (n * ridges)[open_]
    x = np.zeros(len(n))
    for _ in range(STEPS):
        shrunk = 1 / (1 + np.multiply.outer(x, λ))
        missing = n - np.sum(1 - shrunk, axis=1) - shift * x
        step = missing / (shrunk**2 @ λ + shift)
        x += step
        if np.all(np.abs(step) <= 4 * EPS64 * x):
            break
    κ[open_] = 1 / x
    return κ
