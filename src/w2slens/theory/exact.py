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
    variance = Risks(n, N, tau * d_w, w2s, strong, top)
    bias = Risks(
        n,
        N,
        weak=_limit(problem.rho_w, variance.weak),
        w2s=_limit(problem.w2s_bias, variance.w2s),
        strong=_limit(problem.rho_s, variance.strong),
        ceiling=_limit(problem.rho_s, variance.ceiling),
    )
    return Risks(
        n,
        N,
        weak=bias.weak + variance.weak,
        w2s=bias.w2s + variance.w2s,
        strong=bias.strong + variance.strong,
        ceiling=bias.ceiling + variance.ceiling,
        bias=bias,
        variance=variance,
        method="exact",
    )


def _limit(value: float, variance: Array) -> Array:
    """Spread a constant over the grid, nan where the model is not given."""
    return np.where(np.isnan(variance), np.nan, value)


def _per_row(value: float, rows: Array, dimension: int, ridge: float) -> Array:
    """``value/(rows − dimension − 1)``; nan where undefined or where the fit has a ridge."""
    free = rows - dimension - 1
    defined = (free > 0) & (ridge == 0)
    return np.asarray(np.divide(value, free, out=np.full(rows.shape, np.nan), where=defined))
