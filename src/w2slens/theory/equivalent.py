"""The two-stage deterministic equivalent: any ridge, any n and N, and distribution shift.

ℓ, u and t are the labeled, unlabeled and test populations. Teacher, from κ_w (`fixed_point`) and
``R_w = (Σ^ℓ_ww + κ_w)⁻¹``: mean ``m_w = R_w c^ℓ_w``, covariance ``C_w = (τ_w²/n) R_wΣ^ℓ_wwR_w``,
``τ_w² = [κ_w² b_wᵀR_wΣ^ℓ_wwR_w b_w + ρ^ℓ_w + σ²]/(1 − df2_w/n)``. Student, from κ_s, R_s on u and
``A = R_sΣ^u_sw``::

    Q    = Σ^u_ww − Σ^u_ws R_s(Σ^u_ss + 2κ_s)R_s Σ^u_sw
    τ_s² = [m_wᵀQm_w + tr(QC_w)]/(1 − df2_s/N)
    R_w2s = (Am_w)ᵀΣ^t_ss(Am_w) − 2(Am_w)ᵀc^t_s + E_t‖f*‖² + tr(AᵀΣ^t_ssAC_w)
            + (τ_s²/N)·tr(Σ^t_ssR_sΣ^u_ssR_s)

The stages are in `fits` and `student`. It is asymptotic: its error is of the order 1/n. At the pole
of a ridgeless fit, on as many rows as dimensions, the risk is nan; one row more or less the
expectation is infinite too, though the equivalent is not.

An unpenalised intercept leaves n − 1 centred rows, and its own error is τ²/n; the student copies
the teacher's and adds τ_s²/N.
"""

from collections.abc import Mapping

import numpy as np

from w2slens._core.types import Array
from w2slens.models.risks import Models, Risks, ceiling_rows
from w2slens.theory.fits import Fit, Parts
from w2slens.theory.mixtures import MixedCeiling
from w2slens.theory.problem import Problem
from w2slens.theory.question import Question
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.side import Side
from w2slens.theory.student import Relay, Student

CEILING_SITES = 256  # sample sizes of the ceiling taken together, so that they stay in cache


def equivalent(asked: Question) -> Risks:
    """Evaluate the equivalents over n × N."""
    problem, pool, tested, n, N = asked.problem, asked.pool, asked.tested, asked.n, asked.N
    rows, pools = np.array(n, float), np.array(N, float)
    strong_fit = asked.ridge_strong, asked.intercept
    pseudo = Sites.of(pools, *strong_fit)
    teacher = Fit(problem.weak, problem.noise, Sites.of(rows, asked.ridge_weak, asked.intercept))
    baseline = Fit(problem.strong, problem.noise, Sites.of(rows, *strong_fit))
    student = Student.of(Relay.of(problem, pool), pseudo)
    seen = tested.strong.along(pool.strong)
    strong = _across(baseline.risk(tested.strong.along(problem.strong)), len(N))
    if asked.ceiling == "labels":
        top = strong
    elif asked.ceiling == "pool":
        fitted = Fit(pool.strong, pool.noise, pseudo).risk(seen)
        top = np.tile(fitted[0], (len(n), 1)), np.tile(fitted[1], (len(n), 1))
    elif pool is problem:
        top = _ceiling(problem, seen, rows, pools, *strong_fit)
    else:
        top = MixedCeiling(problem, pool, tested, *strong_fit).risk(rows, pools)
    weak = _across(teacher.risk(tested.weak.along(problem.weak)), len(N))
    grid = Models(weak, student.risk(teacher, seen), strong, top)
    bias, variance = (Models(*parts) for parts in zip(*grid, strict=True))
    return Risks.of_parts(n, N, bias, variance, "equivalent")


class MeanRisks:
    """Risks of single cells, intercept included, averaged over trials with ridges of their own."""

    def __init__(self, problem: Problem, ceiling: str = "all", test: Problem | None = None) -> None:
        tested = test or problem
        self._problem, self._ceiling = problem, ceiling
        self._relay = Relay.of(problem, problem)
        self._weak = tested.weak.along(problem.weak)
        self._strong = tested.strong.along(problem.strong)

    def __call__(self, n: int, N: int, ridges: Mapping[str, Array]) -> dict[str, float]:
        """Evaluate one cell at (trials,) ridges λ of every model; nan without expectation."""
        noise, strong = self._problem.noise, self._problem.strong
        sizes = Models(n, N, n, ceiling_rows(self._ceiling, n, N))
        sites = Models(
            *(
                Sites(np.full(len(ridges[name]), float(rows)), np.asarray(ridges[name]), True)
                for name, rows in sizes._asdict().items()
            )
        )
        teacher = Fit(self._problem.weak, noise, sites.weak)
        bias, variance = Student.of(self._relay, sites.w2s).risk(teacher, self._strong)
        found = Models(
            teacher.risk(self._weak),
            (np.diag(bias), np.diag(variance)),
            Fit(strong, noise, sites.strong).risk(self._strong),
            Fit(strong, noise, sites.ceiling).risk(self._strong),
        )
        return {
            name: float(np.mean(np.maximum(b, 0.0) + v)) for name, (b, v) in found._asdict().items()
        }


def _across(parts: Parts, columns: int) -> Parts:
    """Repeat what does not depend on N, (n,), along it."""
    bias, variance = (np.repeat(part[:, None], columns, axis=1) for part in parts)
    return bias, variance


def _ceiling(
    problem: Problem, seen: Side, rows: Array, pools: Array, ridge: float, intercept: bool
) -> Parts:
    """Fits on n + N rows of one population, (len(rows), len(pools))."""
    sizes, places = np.unique(np.add.outer(rows, pools), return_inverse=True)
    κ = Shrinkage(problem.strong.spectrum, Sites.of(sizes, ridge, intercept)).kappa
    pieces = []
    for start in range(0, len(sizes), CEILING_SITES):
        some = slice(start, start + CEILING_SITES)
        known = Sites(sizes[some], np.full(len(κ[some]), ridge), intercept, κ[some])
        pieces.append(Fit(problem.strong, problem.noise, known).risk(seen))
    bias, variance = (np.concatenate(part)[places] for part in zip(*pieces, strict=True))
    shape = (len(rows), len(pools))
    return bias.reshape(shape), variance.reshape(shape)
