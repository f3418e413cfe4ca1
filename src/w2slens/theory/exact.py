"""Exact expected risks of ridgeless fits for Gaussian features, at finite n and N.

With ``τ_w = (σ²+ρ_w)/(n−d_w−1)`` and ``c = d_s/(N−d_s−1)``::

    R_w   = ρ_w + τ_w·d_w
    R_s   = ρ_s + (σ²+ρ_s)·d_s/(n−d_s−1)          R_c: the same with the ceiling's rows for n
    R_w2s = ‖f*−Π_sΠ_w f*‖² + c·‖(I−Π_s)Π_w f*‖² + τ_w·[d_sw + c·(d_w−d_sw)]

A model is defined where its sample exceeds its dimension by more than one (the student's teacher
included), and where its ridge is zero; elsewhere it is nan, alone.
"""

import numpy as np

from w2slens._linalg import Array
from w2slens.risk import Risks
from w2slens.theory.problem import Problem


def exact(
    problem: Problem,
    n: tuple[int, ...],
    N: tuple[int, ...],
    *,
    ridge_weak: float = 0.0,
    ridge_strong: float = 0.0,
    intercept: bool = False,
    ceiling: str = "all",
) -> Risks:
    """Evaluate the exact risks over n × N; parameters as in `w2slens.predict`."""
    one = int(intercept)
    d_w, d_s, d_sw = problem.d_w + one, problem.d_s + one, problem.d_sw + one
    rows, pool = np.meshgrid(np.array(n, float), np.array(N, float), indexing="ij")
    tau = _per_row(problem.noise + problem.rho_w, rows, d_w, ridge_weak)
    c = _per_row(d_s, pool, d_s, ridge_strong)
    strong = _per_row((problem.noise + problem.rho_s) * d_s, rows, d_s, ridge_strong)
    top_rows = {"all": rows + pool, "pool": pool, "labels": rows}[ceiling]
    top = _per_row((problem.noise + problem.rho_s) * d_s, top_rows, d_s, ridge_strong)
    w2s = c * problem.unlearnable + tau * (d_sw + c * (d_w - d_sw))
    variances = (tau * d_w, w2s, strong, top)
    limits = (problem.rho_w, problem.w2s_bias, problem.rho_s, problem.rho_s)
    biases = tuple(limit + 0 * v for limit, v in zip(limits, variances, strict=True))
    totals = tuple(b + v for b, v in zip(biases, variances, strict=True))
    bias, variance = Risks(n, N, *biases), Risks(n, N, *variances)
    return Risks(n, N, *totals, bias=bias, variance=variance, method="exact")


def _per_row(value: float, rows: Array, dimension: int, ridge: float) -> Array:
    """``value/(rows − dimension − 1)``; nan where undefined or where the fit has a ridge."""
    free = rows - dimension - 1
    defined = (free > 0) & (ridge == 0)
    return np.asarray(np.divide(value, free, out=np.full(rows.shape, np.nan), where=defined))
