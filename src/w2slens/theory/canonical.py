"""The canonical instance of given dimensions: isotropic blocks of coordinates.

Write f* = v + α·a + β·b + g: v shared, a a private weak direction, b a private strong one, g
outside both. A private direction is a free coordinate where there is one; else, where d_sw has a
fraction r², it is the part of the partially correlated pair (w, s = r·w + √(1−r²)·u) that the
other side lacks.
"""

import math

import numpy as np

from w2slens._core.errors import InputError
from w2slens._core.types import Array

TINY = 1e-12
"""Relative size below which a difference of approximation errors is rounding."""


def canonical_moments(
    d_w: int, d_s: int, d_sw: float, rho_w: float, rho_s: float, signal: float | None
) -> tuple[Array, Array, Array, float]:
    """Return (Σ_sw, c_w, c_s, least signal) of the canonical instance, whose Σ_ww = Σ_ss = I.

    Raises
    ------
    InputError
        If the geometry cannot have these approximation errors, or the signal is too small.
    """
    shared, r = int(d_sw), math.sqrt(d_sw - int(d_sw))
    cross = np.zeros((d_s, d_w))
    cross[range(shared), range(shared)] = 1.0
    if r:
        cross[shared, shared] = r
    # Correlation of each side's private direction with the other side's space; None: no such.
    taken = shared + (1 if r else 0)
    weak_r = 0.0 if d_w > taken else (r or None)
    strong_r = 0.0 if d_s > taken else (r or None)
    alpha, beta = _parts(weak_r, strong_r, rho_w, rho_s)
    c_w, c_s = np.zeros((d_w, 1)), np.zeros((d_s, 1))
    if weak_r is not None:
        c_w[-1] = alpha
    if strong_r is not None:
        c_s[-1] += beta * math.sqrt(1 - strong_r**2)
    if weak_r:  # the weak private direction is correlated with the strong partner
        c_s[shared] += weak_r * alpha
    outside = rho_w - beta**2
    least = alpha**2 + beta**2 + outside
    if signal is not None:
        if signal < least * (1 - TINY):
            raise InputError("signal", f"is {signal}; these errors imply at least {least:.6g}")
        if shared == 0 and signal > least * (1 + TINY):
            raise InputError(
                "signal", f"is {signal}; without a shared direction it can only be {least:.6g}"
            )
        if shared:
            c_w[0] += math.sqrt(max(signal - least, 0.0))
            c_s[0] += math.sqrt(max(signal - least, 0.0))
    return cross, c_w, c_s, least


def _parts(
    weak_r: float | None, strong_r: float | None, rho_w: float, rho_s: float
) -> tuple[float, float]:
    """Solve for (α, β) such that the residuals on either side are ρ_w and ρ_s."""
    slack = TINY * max(rho_w, rho_s)
    if weak_r is None and strong_r is None:
        if abs(rho_w - rho_s) > slack:
            raise InputError("rho_s", f"is {rho_s}; for equal subspaces it must be rho_w = {rho_w}")
        return 0.0, 0.0
    if weak_r is None:
        if rho_s > rho_w + slack:
            raise InputError(
                "rho_s",
                f"is {rho_s}; the student's space contains the teacher's (d_sw = d_w), so it "
                f"cannot exceed rho_w = {rho_w}",
            )
        assert strong_r is not None
        return 0.0, math.sqrt(max(rho_w - rho_s, 0.0) / (1 - strong_r**2))
    if strong_r is None:
        if rho_w > rho_s + slack:
            raise InputError(
                "rho_w",
                f"is {rho_w}; the teacher's space contains the student's (d_sw = d_s), so it "
                f"cannot exceed rho_s = {rho_s}",
            )
        return math.sqrt(max(rho_s - rho_w, 0.0) / (1 - weak_r**2)), 0.0
    beta = math.sqrt(rho_w)
    if weak_r and strong_r:
        return (math.sqrt(rho_s) + weak_r * beta) / math.sqrt(1 - weak_r**2), beta
    rest = rho_s - (strong_r * beta) ** 2
    if rest < -slack:
        raise InputError(
            "rho_s", f"is {rho_s}; this d_sw and rho_w leave at least {rho_s - rest:.6g}"
        )
    return math.sqrt(max(rest, 0.0) / (1 - weak_r**2)), beta
