"""An f* with chosen approximation errors, in the canonical coordinates of two subspaces.

Pairs (u_i, v_i) of unit variance and correlation r_i, the wider side with further u_i or v_i of
its own (r = 0). A part α·u_i + β·v_i of f* leaves the error β²(1−r_i²) off the weak subspace and
α²(1−r_i²) off the strong one; a part g outside both leaves g² off either.
"""

import math
from collections.abc import Callable

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments.spectrum import EPS64
from w2slens.theory.canonical import TINY


def target_coefficients(
    r: Array, sizes: tuple[int, int], rho_w: float, rho_s: float, signal: float | None
) -> tuple[Array, Array, float]:
    """Solve for f* with ``‖f*−Π_w f*‖² = ρ_w``, ``‖f*−Π_s f*‖² = ρ_s``, ``E f*² = signal``.

    The errors go to the least correlated direction of either side; signal beyond what they imply
    along the first pair if r_1 = 1, else by moving errors into it, where the same errors carry
    the most signal. By default it is the least, plus 1 if r_1 = 1.

    The correlations r are (min(d_w, d_s),), largest first, the sizes (d_w, d_s); f* is given by
    (d_w,) α, (d_s,) β and the size g of the part outside both subspaces.
    """
    for name, value in (("rho_w", rho_w), ("rho_s", rho_s)):
        check.non_negative(value, name)
    if signal is not None:
        check.non_negative(signal, "signal")
    e_w, e_s, outside = _parts(float(r[-1]), sizes, rho_w, rho_s)
    r_w, r_s = (np.concatenate([r, np.zeros(d - len(r))]) for d in sizes)

    def placed(t: float) -> tuple[Array, Array]:
        """Leave the share 1 − t of either error where r is least, put t in the first pair."""
        return _coefficients(r_w, e_s, t), _coefficients(r_s, e_w, t)

    def size(t: float) -> float:
        α, β = placed(t)
        return float(α @ α + β @ β + 2 * r @ (α[: len(r)] * β[: len(r)])) + outside

    shared = bool(r[0] == 1)
    least, most = size(0.0), math.inf if shared else size(1.0)
    signal = least + shared if signal is None else signal
    if not least * (1 - TINY) <= signal <= most * (1 + TINY):
        limit = "" if shared else f" and at most {most:.6g} (no canonical correlation is 1)"
        raise InputError(
            "signal",
            f"is {signal}; with these errors and correlations it must be at least "
            f"{least:.6g}{limit}",
        )
    α, β = placed(0.0 if shared else _root(size, signal))
    if shared:
        α[0] += math.sqrt(max(signal - least, 0.0))
    return α, β, math.sqrt(outside)


def _parts(
    r: float, sizes: tuple[int, int], rho_w: float, rho_s: float
) -> tuple[float, float, float]:
    """Split the errors into the weak side's own, the strong side's own, and the common one.

    The correlation is the least of the canonical ones.
    """
    d_w, d_s = sizes
    slack = TINY * max(rho_w, rho_s)
    if r < 1 or d_w == d_s:
        if r == 1 and abs(rho_w - rho_s) > slack:
            raise InputError("rho_s", f"is {rho_s}; for equal subspaces it must be rho_w = {rho_w}")
        return (rho_w, rho_s, 0.0) if r < 1 else (0.0, 0.0, rho_w)
    if d_w < d_s and rho_s > rho_w + slack:
        raise InputError(
            "rho_s",
            f"is {rho_s}; the student's space contains the teacher's, so it cannot exceed "
            f"rho_w = {rho_w}",
        )
    if d_w > d_s and rho_w > rho_s + slack:
        raise InputError(
            "rho_w",
            f"is {rho_w}; the teacher's space contains the student's, so it cannot exceed "
            f"rho_s = {rho_s}",
        )
    common = min(rho_w, rho_s)
    return (rho_w - common, 0.0, common) if d_w < d_s else (0.0, rho_s - common, common)


def _coefficients(r: Array, error: float, t: float) -> Array:
    """Coefficients in one side's coordinates that leave an error off the other side."""
    squares = np.zeros(len(r))
    for i, share in ((-1, 1 - t), (0, t)):
        if share * error > 0:
            squares[i] += share * error / (1 - r[i] ** 2)
    return np.asarray(np.sqrt(squares))


def _root(size: Callable[[float], float], signal: float) -> float:
    """Solve ``size(t) = signal`` on [0, 1], where size grows."""
    if size(0.0) >= signal:
        return 0.0
    if size(1.0) <= signal:
        return 1.0
    from scipy.optimize import brentq  # loads slowly

    return float(brentq(lambda t: size(t) - signal, 0.0, 1.0, xtol=EPS64**2, rtol=4 * EPS64))
