"""The canonical instance of given dimensions: isotropic blocks of coordinates.

Write f* = v + α·a + β·b + g: v shared, a a private weak direction, b a private strong one, g
outside both. A private direction is a free coordinate where there is one; else, where d_sw has a
fraction r², it is the part of the partially correlated pair (w, s = r·w + √(1−r²)·u) that the
other side lacks.
"""

import math
from typing import NamedTuple

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array

TINY = 1e-12  # relative size below which a difference of correlations, errors, signals is rounding


class Canonical(NamedTuple):
    """Σ_sw, c_w, c_s of the canonical instance, whose Σ_ww = Σ_ss = I, and the least E f*²."""

    cross_gram: Array
    weak_target: Array
    strong_target: Array
    least_signal: float


def canonical_moments(
    d_w: int,
    d_s: int,
    d_sw: float,
    rho_w: float,
    rho_s: float,
    signal: float | None,
    ambient: int | None = None,
) -> Canonical:
    """Build the canonical instance, parameters as in `Problem.gaussian`, or refuse it."""
    _refuse_impossible(d_w, d_s, d_sw, ambient)
    for name, value in (("rho_w", rho_w), ("rho_s", rho_s)):
        check.non_negative(value, name)
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
    least = alpha**2 + rho_w  # α² + β² and what lies outside both, ρ_w − β²
    if signal is not None:
        free = _beyond(signal, least, shared)
        c_w[:1] += free
        c_s[:1] += free
    return Canonical(cross, c_w, c_s, least)


def _refuse_impossible(d_w: int, d_s: int, d_sw: float, ambient: int | None) -> None:
    sizes = (check.dimension(d_w, "d_w"), check.dimension(d_s, "d_s"))
    check.non_negative(d_sw, "d_sw")
    if d_sw > min(sizes):
        raise InputError("d_sw", f"is {d_sw}; at most min(d_w, d_s) = {min(sizes)} is possible")
    if ambient is not None and d_sw < sum(sizes) - check.whole(ambient, "ambient"):
        raise InputError(
            "d_sw",
            f"is {d_sw}; in {ambient} dimensions, subspaces of {d_w} and {d_s} overlap in at "
            f"least d_w + d_s − p = {sum(sizes) - ambient}",
        )


def _beyond(signal: float, least: float, shared: int) -> float:
    """Size of the shared part of f*, which holds the signal beyond the least."""
    if signal < least * (1 - TINY):
        raise InputError("signal", f"is {signal}; these errors imply at least {least:.6g}")
    if shared == 0 and signal > least * (1 + TINY):
        raise InputError(
            "signal", f"is {signal}; without a shared direction it can only be {least:.6g}"
        )
    return math.sqrt(max(signal - least, 0.0)) if shared else 0.0


def _parts(
    weak_r: float | None, strong_r: float | None, rho_w: float, rho_s: float
) -> tuple[float, float]:
    """Solve for (α, β) such that the residuals on either side are ρ_w and ρ_s.

    A side without a private direction leaves none of the other partly correlated.
    """
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
        return 0.0, math.sqrt(max(rho_w - rho_s, 0.0))
    if strong_r is None:
        if rho_w > rho_s + slack:
            raise InputError(
                "rho_w",
                f"is {rho_w}; the teacher's space contains the student's (d_sw = d_s), so it "
                f"cannot exceed rho_s = {rho_s}",
            )
        return math.sqrt(max(rho_s - rho_w, 0.0)), 0.0
    beta = math.sqrt(rho_w)
    if weak_r and strong_r:
        return (math.sqrt(rho_s) + weak_r * beta) / math.sqrt(1 - weak_r**2), beta
    rest = rho_s - (strong_r * beta) ** 2
    if rest < -slack:
        raise InputError(
            "rho_s", f"is {rho_s}; this d_sw and rho_w leave at least {rho_s - rest:.6g}"
        )
    return math.sqrt(max(rest, 0.0) / (1 - weak_r**2)), beta
