"""The effective ridge κ of a fit: what a finite sample adds to the ridge that was asked for.

κ is the root of ``n = Σ λᵢ/(λᵢ+κ) + nλ/κ``: at λ = 0 it is 0 where n reaches the rank, and below
the interpolation threshold it is what n rows leave unseen.
"""

import numpy as np

from w2slens._core.types import Array

SITES = 4096  # sample sizes solved together, so that memory stays bounded
MARGIN = 1e-6  # the logarithms of a bracket are moved so far apart: an end may be the root itself
STEP = 0.25  # of log x in the table that Newton's method starts from: five steps are left
NEAR = 1e-8  # relative step of Newton's method after which the last digit is reached
STEPS = 30  # at most, where rounding keeps them from becoming smaller


def effective_ridge(eigenvalues: Array, rows: Array, ridges: Array) -> Array:
    """Solve for κ: (r,) positive eigenvalues, (sites,) rows n > 0 and ridges λ ≥ 0 → (sites,).

    With x = 1/κ the left side ``Σ λᵢx/(λᵢx+1) + nλx`` is concave and increasing in x, and at most
    ``(Σλᵢ + nλ)x``; it is at least nλx, and at least r times the share of the smallest eigenvalue.
    So the root is bracketed, and Newton's method reaches it from below without passing it.
    """
    pieces = range(0, len(rows), SITES)
    found = [_solve(eigenvalues, rows[i : i + SITES], ridges[i : i + SITES]) for i in pieces]
    return np.concatenate(found) if found else np.zeros(0)


def _solve(λ: Array, n: Array, ridges: Array) -> Array:
    κ = np.zeros(len(n))
    open_ = (ridges > 0) | (n < len(λ))
    if not open_.any():
        return κ
    n, ridges = n[open_], ridges[open_]
    shift = n * ridges
    low = np.log(n / (λ.sum() + shift)) - MARGIN
    high = np.full(len(n), np.inf)
    high[ridges > 0] = -np.log(ridges[ridges > 0])
    below = n < len(λ)
    high[below] = np.minimum(high[below], np.log(n[below] / ((len(λ) - n[below]) * λ.min())))
    x = _below(λ, n, shift, low, float(high.max()) + MARGIN)
    for _ in range(STEPS):
        shrunk = 1 / (1 + np.multiply.outer(x, λ))
        step = (n - x * (shrunk @ λ + shift)) / (shrunk**2 @ λ + shift)
        x += step
        if np.all(np.abs(step) <= NEAR * x):
            break
    κ[open_] = 1 / x
    return κ


def _below(λ: Array, n: Array, shift: Array, low: Array, most: float) -> Array:
    """(sites,) x at or below the roots: the last of one table for all sites that is, or exp low."""
    table = np.exp(np.arange(low.min(), most + STEP, STEP))
    known = table * (1 / (1 + np.multiply.outer(table, λ)) @ λ)
    passed = np.sum(known + np.multiply.outer(shift, table) < n[:, None], axis=1)
    return np.asarray(np.maximum(table[np.maximum(passed - 1, 0)], np.exp(low)))
