"""Exact expected risks of ridgeless fits for Gaussian features, at finite n and N.

With ``τ_w = (σ²+ρ_w)/(n−d_w−1)`` and ``c = d_s/(N−d_s−1)``::

    R_w   = ρ_w + τ_w·d_w
    R_s   = ρ_s + (σ²+ρ_s)·d_s/(n−d_s−1)          R_c: the same with the ceiling's rows for n
    R_w2s = ‖f*−Π_sΠ_w f*‖² + c·‖(I−Π_s)Π_w f*‖² + τ_w·[d_sw + c·(d_w−d_sw)]

An unpenalised intercept is one more shared dimension for the denominators and 1 − 2/n of one for
the numerators: its error is the mean's, ``(σ²+ρ)(n−2)/(n(n−d−2))``, and every student copies it.

A model is defined where its sample exceeds its dimension by more than one (the student's teacher
included), and where its ridge is zero; elsewhere it is nan, alone.
"""

import numpy as np

from w2slens._core.types import Array
from w2slens.models.risks import Models, Risks
from w2slens.theory.question import Question


def exact(asked: Question) -> Risks:
    """Evaluate the exact risks over n × N."""
    problem, one = asked.problem, int(asked.intercept)
    rows, pool, top_rows = asked.sizes
    d_w, d_s, d_sw = problem.d_w, problem.d_s, problem.d_sw

    def share(size: Array, dimension: float) -> Array:
        """Count the dimensions whose noise enters, intercept included."""
        return dimension + one * (1 - 2 / size)

    tau = _per_row(problem.noise + problem.rho_w, rows, d_w + one, asked.ridge_weak)
    c, strong, top = (
        share(size, d_s) * _per_row(1.0, size, d_s + one, asked.ridge_strong)
        for size in (pool, rows, top_rows)
    )
    error = problem.noise + problem.rho_s
    variance = Models(
        weak=tau * share(rows, d_w),
        w2s=c * problem.unlearnable + tau * (share(rows, d_sw) + c * (d_w - d_sw)),
        strong=error * strong,
        ceiling=error * top,
    )
    limits = np.array([problem.rho_w, problem.w2s_bias, problem.rho_s, problem.rho_s])
    bias = Models(*np.where(np.isnan(variance), np.nan, limits[:, None, None]))
    return Risks.of_parts(asked.n, asked.N, bias, variance, "exact")


def inherited(d_w: int, d_s: int, d_sw: float, N: Array) -> tuple[float, Array]:
    """Shares of the teacher's variance that a ridgeless student inherits over a pool of N.

    ``d_sw/d_w``, what lies in the shared directions, stays; of the rest a finite pool copies
    ``d_s/(N−d_s−1)·(d_w−d_sw)/d_w``, the shape of N, nan where N ≤ d_s + 1.
    """
    return d_sw / d_w, _per_row(d_s * (d_w - d_sw) / d_w, np.asarray(N, float), d_s, 0.0)


def _per_row(value: float, rows: Array, dimension: int, ridge: float) -> Array:
    """``value/(rows − dimension − 1)``; nan where undefined or where the fit has a ridge."""
    free = rows - dimension - 1
    defined = (free > 0) & (ridge == 0)
    return np.asarray(np.divide(value, free, out=np.full(rows.shape, np.nan), where=defined))
