"""A population in the few numbers that its risks depend on, whatever the sizes and ridges.

Along principal axes in which both sides are white, a fit of effective ridge κ keeps the share
``h_i = λ_i/(λ_i + κ)`` of direction i, and risks are sums of h and h² with weights. With C the
white cross moments (r_s, r_w) and b those of f*, a student that keeps shares g hears of its teacher

    s_j = Σ_k (Σ_i C_ji h_i b_ik)²      ℓ_j = Σ_k (Σ_i C_ji h_i b_ik)·b_jk      v_j = Σ_i C_ji² h_i²

in the sums ``Σ s_j g_j²``, ``Σ s_j g_j``, ``Σ ℓ_j g_j``, ``Σ v_j g_j²`` and ``Σ v_j g_j``. As
functions of log κ the shares are smooth: a few dozen orthonormal ones span them all, so that these
sums are small tables, whatever the width of the features and the number of outputs. There is one
population: labels, pool and test rows are alike.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments.products import product
from w2slens.theory.problem import Problem
from w2slens.theory.side import Side

SPANNED = 1e-11
"""Share of the length of h or h² that the few may miss."""

A_DECADE, BELOW, ABOVE = 8, 1e-4, 1e7
"""Effective ridges that the few are made for: how many a decade, from a part of the smallest
eigenvalue to a multiple of the largest."""

HEARD = 2_000_000  # numbers of teachers' coefficients along the student's axes at a time


class Axes(NamedTuple):
    """One side: eigenvalues, the energy of f* along each axis, and what it cannot express."""

    values: Array  # (r,)
    energies: Array  # (r,)
    error: float

    @classmethod
    def of(cls, side: Side) -> "Axes":
        """Describe the features of one model."""
        return cls(side.spectrum.values, side.energies, side.error)


@dataclass(frozen=True, eq=False)
class Outline:
    """What `w2slens.predict` needs of a population without shift.

    Attributes
    ----------
    weak, strong
        The two sides.
    signal, noise, d_sw, w2s_bias, unlearnable
        As of `Problem`.
    mean_filters
        (f, r_w): their products q with h say which combination of the few ``h·√e`` is.
    spread_filters
        (f', r_w): their products with h² say the same of h².
    student_filters
        (f_s, r_s): their products with g and g² say the same of g and g².
    squares
        (f(f+1)/2, f_s): s, times ``q_a q_b`` summed over a ≤ b, along the student's few.
    linear
        (f, f_s): the same of ℓ, times q.
    spreads
        (f', f_s): the same of v, times the products with h².
    """

    weak: Axes
    strong: Axes
    signal: float | None
    noise: float
    d_sw: float
    w2s_bias: float
    unlearnable: float
    mean_filters: Array
    spread_filters: Array
    student_filters: Array
    squares: Array
    linear: Array
    spreads: Array

    @classmethod
    def of(cls, problem: Problem) -> "Outline":
        """Outline a population."""
        weak, strong = Axes.of(problem.weak), Axes.of(problem.strong)
        C, b_w, b_s = white(problem)
        length = np.sqrt(weak.energies)
        h, g = _shares(weak.values), _shares(strong.values)
        means, spreads, student = _few(h * length), _few(h**2), _few(np.vstack([g, g**2]))
        # f*'s cross moments per unit of √e: what a filter along h·√e is a filter of
        unit = np.divide(b_w, length[:, None], out=np.zeros_like(b_w), where=length[:, None] > 0)
        squares, linear = _heard(C, means, unit, b_s, student)
        return cls(
            *(weak, strong, problem.signal, problem.noise),
            *(problem.d_sw, problem.w2s_bias, problem.unlearnable),
            *(means * length, spreads, student, squares, linear),
            product(product(spreads, (C**2).T), student.T),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers by name."""
        sides = {name: getattr(self, name)._asdict() for name in ("weak", "strong")}
        return asdict(self) | sides


def white(problem: Problem) -> tuple[Array, Array, Array]:
    """Return C (r_s, r_w), and cross moments of f* with the white axes of both sides, (r, k)."""
    W_w, W_s = problem.weak.spectrum.whitening, problem.strong.spectrum.whitening
    C = product(product(W_s, problem.cross_gram), W_w.T)
    return C, product(W_w, problem.weak_target), product(W_s, problem.strong_target)


def unexpressed(problem: Problem) -> float:
    """``E‖f*‖²`` that both sides together do not express: on the raw scale, noise or as good as."""
    C, b_w, b_s = white(problem)
    both = np.block([[np.eye(len(b_w)), C.T], [C, np.eye(len(b_s))]])
    target = np.vstack([b_w, b_s])
    coef, *_ = linalg.lstsq(both, target, cond=SPANNED, check_finite=False)
    return max(problem.energy - float(np.sum(coef * target)), 0.0)


def _shares(values: Array) -> Array:
    """(κ, r) ``λ/(λ+κ)`` at all effective ridges, 0 among them."""
    low, high = values[-1] * BELOW, values[0] * ABOVE
    κ = np.geomspace(low, high, int(np.log10(high / low) * A_DECADE) + 1)
    return np.asarray(values / np.add.outer(np.concatenate([[0.0], κ]), values))


def _few(rows: Array) -> Array:
    """(few, r) orthonormal rows that span others, each but for a small share of its length."""
    size = np.sqrt(np.sum(rows**2, axis=1))
    units = rows[size > 0] / size[size > 0, None]
    if not len(units):
        return np.zeros((0, rows.shape[1]))
    _, s, Vt = linalg.svd(units, full_matrices=False, check_finite=False)
    return np.asarray(Vt[s > SPANNED * s[0]])


def _heard(C: Array, means: Array, unit: Array, b_s: Array, student: Array) -> tuple[Array, Array]:
    """Products of s and ℓ with the student's filters, for teachers along `means`."""
    i, j = np.triu_indices(len(means))
    twice = np.where(i == j, 1.0, 2.0)[:, None]
    squares, linear = np.zeros((len(i), len(student))), np.zeros((len(means), len(student)))
    step = max(HEARD // max(len(means) * max(unit.shape), 1), 1)
    for start in range(0, len(C), step):
        some = slice(start, start + step)
        Y = product((C[some, None, :] * means).reshape(-1, len(unit)), unit)
        Y = Y.reshape(len(C[some]), len(means), unit.shape[1])  # (rows, few, k)
        squares += (Y @ Y.transpose(0, 2, 1))[:, i, j].T @ student[:, some].T
        linear += np.einsum("rak,rk->ar", Y, b_s[some]) @ student[:, some].T
    return squares * twice, linear
