"""The bounds of arXiv 2502.05075, as stated and coded by its authors, for reproduction.

They use d_s/N and σ²/(n−d_w−1) where the exact risks have d_s/(N−d_s−1) and (σ²+ρ_w)/(n−d_w−1),
and fall below the true risk for small n or N: prefer the exact method.
"""

from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Array
from w2slens.models.risks import Risks
from w2slens.theory.problem import Problem


@dataclass(frozen=True, eq=False)
class Bounds:
    """The authors' risks, and their lower bounds of PGR and OPR, over n × N."""

    risks: Risks
    pgr: Array
    opr: Array

    @classmethod
    def of(cls, problem: Problem, n: tuple[int, ...], N: tuple[int, ...]) -> "Bounds":
        """Evaluate all of them for a population."""
        return cls(bounds(problem, n, N), pgr_bound(problem, n, N), opr_bound(problem, n, N))


def bounds(problem: Problem, n: tuple[int, ...], N: tuple[int, ...]) -> Risks:
    """Evaluate the authors' expressions for the four risks over n × N (ridgeless)."""
    rows, pool = np.meshgrid(np.array(n, float), np.array(N, float), indexing="ij")
    noise, rho_w, rho_s = problem.noise, problem.rho_w, problem.rho_s
    free = np.where(rows > problem.d_w + 1, rows - problem.d_w - 1, np.nan)
    return Risks(
        n,
        N,
        weak=noise * problem.d_w / rows + rho_w,
        w2s=noise * _inherited(problem, pool) / free + rho_w + rho_s,
        strong=noise * problem.d_s / rows + rho_s,
        ceiling=noise * problem.d_s / (rows + pool) + rho_s,
        method="bounds",
    )


def pgr_bound(problem: Problem, n: tuple[int, ...], N: tuple[int, ...]) -> Array:
    """Lower bound of PGR: ``1 − [n/(n−d_w−1)]·A/d_w − (n/d_w)(ρ/σ²)``, ρ = ρ_w + ρ_s."""
    variance, misfit = _losses(problem, n, N, problem.d_w)
    return np.asarray(1 - variance - misfit)


def opr_bound(problem: Problem, n: tuple[int, ...], N: tuple[int, ...]) -> Array:
    """Lower bound of OPR: ``1/([n/(n−d_w−1)]·A/d_s + (n/d_s)(ρ/σ²))``, ρ = ρ_w + ρ_s."""
    variance, misfit = _losses(problem, n, N, problem.d_s)
    return np.asarray(1 / (variance + misfit))


def _losses(
    problem: Problem, n: tuple[int, ...], N: tuple[int, ...], dimension: int
) -> tuple[Array, Array]:
    """Evaluate ``[n/(n−d_w−1)]·A/d`` and ``(n/d)(ρ/σ²)`` for one of the two dimensions d."""
    rows, pool = np.meshgrid(np.array(n, float), np.array(N, float), indexing="ij")
    inflation = np.where(rows > problem.d_w + 1, rows / (rows - problem.d_w - 1), np.nan)
    rho = problem.rho_w + problem.rho_s
    endless = 0.0 if rho == 0 else float("inf")
    ratio = rho / problem.noise if problem.noise > 0 else endless
    return inflation * _inherited(problem, pool) / dimension, rows / dimension * ratio


def _inherited(problem: Problem, pool: Array) -> Array:
    """Evaluate ``A = d_sw + (d_w − d_sw)·d_s/N``."""
    return problem.d_sw + (problem.d_w - problem.d_sw) * problem.d_s / pool
