"""The effective ridge κ of a fit: what a finite sample adds to the ridge that was asked for.

κ is the root of ``n = Σ λᵢ/(λᵢ+κ) + nλ/κ``: at λ = 0 it is 0 where n reaches the rank, and below
the interpolation threshold it is what n rows leave unseen.
"""

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from w2slens._core.types import Array

SITES = 4096  # sample sizes solved together, so that memory stays bounded
MARGIN = 1e-6  # the logarithms of a bracket are moved so far apart: an end may be the root itself
FEW = 12  # sites whose roots are found one by one
SHARE = 1e-12  # relative error of a root that is small; `NEAR` is what counts
NEAR = 1e-8  # error of log κ from which one step of Newton's method reaches the last digit


def effective_ridge(eigenvalues: Array, rows: Array, ridges: Array) -> Array:
    """Solve for κ: (r,) positive eigenvalues, (sites,) rows n > 0 and ridges λ ≥ 0 → (sites,).

    With x = 1/κ the left side ``Σ λᵢx/(λᵢx+1) + nλx`` is concave and increasing in x, and at most
    ``(Σλᵢ + nλ)x``; it is at least nλx, and at least r times the share of the smallest eigenvalue.
    So the root is bracketed; it is found in log x.
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

    def surplus(log_x: Array, n: Array, shift: Array) -> Array:
        x = np.exp(log_x)
        return np.asarray(np.sum(1 - 1 / (1 + np.multiply.outer(x, λ)), axis=-1) + shift * x - n)

    low = np.log(n / (λ.sum() + shift))
    high = np.full(len(n), np.inf)
    high[ridges > 0] = -np.log(ridges[ridges > 0])
    below = n < len(λ)
    high[below] = np.minimum(high[below], np.log(n[below] / ((len(λ) - n[below]) * λ.min())))
    ends = low - MARGIN, np.maximum(low, high) + MARGIN
    x = np.exp(_roots(surplus, *ends, n, shift))
    shrunk = 1 / (1 + np.multiply.outer(x, λ))
    x += (n - np.sum(1 - shrunk, axis=1) - shift * x) / (shrunk**2 @ λ + shift)
    κ[open_] = 1 / x
    return κ


def _roots(surplus: Callable[..., Array], low: Array, high: Array, n: Array, shift: Array) -> Array:
    """Find roots in brackets: few one by one, many at once, which costs as much as twenty."""
    from scipy.optimize import brentq, elementwise  # load slowly

    if len(n) <= FEW:
        sites = zip(low.tolist(), high.tolist(), zip(n, shift, strict=True), strict=True)
        with suppress(ValueError):  # where rounding leaves no change of sign
            found = [brentq(surplus, a, b, args, NEAR, SHARE) for a, b, args in sites]
            return np.array(found)
    tolerances = {"xatol": NEAR, "xrtol": 0}
    root = elementwise.find_root(surplus, (low, high), args=(n, shift), tolerances=tolerances)
    return np.asarray(root.x)
