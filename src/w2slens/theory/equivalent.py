"""The two-stage deterministic equivalent: any ridge, any n and N, and distribution shift.

ℓ, u and t are the labeled, unlabeled and test populations. Teacher, from κ_w (`fixed_point`) and
``R_w = (Σ^ℓ_ww + κ_w)⁻¹``: mean ``m_w = R_w c^ℓ_w``, covariance ``C_w = (τ_w²/n) R_wΣ^ℓ_wwR_w``,
``τ_w² = [κ_w² b_wᵀR_wΣ^ℓ_wwR_w b_w + ρ^ℓ_w + σ²]/(1 − df2_w/n)``. Student, from κ_s, R_s on u and
``A = R_sΣ^u_sw``::

    Q    = Σ^u_ww − Σ^u_ws R_s(Σ^u_ss + 2κ_s)R_s Σ^u_sw
    τ_s² = [m_wᵀQm_w + tr(QC_w)]/(1 − df2_s/N)
    R_w2s = (Am_w)ᵀΣ^t_ss(Am_w) − 2(Am_w)ᵀc^t_s + E_t‖f*‖² + tr(AᵀΣ^t_ssAC_w)
            + (τ_s²/N)·tr(Σ^t_ssR_sΣ^u_ssR_s)

Both stages are in `stages`. It is asymptotic: its error is of the order 1/n. At the pole
of a ridgeless fit, on as many rows as dimensions, the risk is nan; one row more or less the
expectation is infinite too, though the equivalent is not.

An unpenalised intercept leaves n − 1 centred rows, and its own error is τ²/n; the student copies
the teacher's and adds τ_s²/N.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from w2slens._core.types import Array
from w2slens.models.risks import Risks, ceiling_rows
from w2slens.theory.mixtures import MixedCeiling
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Sites
from w2slens.theory.two_stage import Fit, Parts, Relay, Tested, student_risk

CEILING_SITES = 2048
"""Sample sizes of the ceiling taken together, so that memory stays bounded."""


def equivalent(
    problem: Problem,
    n: tuple[int, ...],
    N: tuple[int, ...],
    *,
    ridge_weak: float = 0.0,
    ridge_strong: float = 0.0,
    intercept: bool = False,
    ceiling: str = "all",
    unlabeled: Problem | None = None,
    test: Problem | None = None,
) -> Risks:
    """Evaluate the equivalents over n × N; parameters as in `w2slens.predict`."""
    pool, tested = unlabeled or problem, test or problem
    rows, pools = np.array(n, float), np.array(N, float)
    labeled = {
        side: Sites.of(rows, ridge, intercept)
        for side, ridge in (("weak", ridge_weak), ("strong", ridge_strong))
    }
    unlabeled_sites = Sites.of(pools, ridge_strong, intercept)
    teacher = Fit.on(problem, "weak", labeled["weak"])
    student = student_risk(teacher, Relay.of(problem, pool, tested), unlabeled_sites)
    weak = teacher.risk(Tested.of(tested, "weak", problem))
    strong = Fit.on(problem, "strong", labeled["strong"]).risk(Tested.of(tested, "strong", problem))
    grid = {
        "weak": _spread_rows(weak, len(N)),
        "w2s": student,
        "strong": _spread_rows(strong, len(N)),
    }
    if ceiling == "labels":
        grid["ceiling"] = grid["strong"]
    elif ceiling == "pool":
        top = Fit.on(pool, "strong", unlabeled_sites).risk(Tested.of(tested, "strong", pool))
        grid["ceiling"] = np.tile(top[0], (len(n), 1)), np.tile(top[1], (len(n), 1))
    elif pool is problem:
        grid["ceiling"] = _ceiling(problem, tested, rows, pools, ridge_strong, intercept)
    else:
        mixed = MixedCeiling(problem, pool, tested, ridge_strong, intercept)
        grid["ceiling"] = mixed.risk(rows, pools)
    bias: dict[str, Any] = {name: parts[0] for name, parts in grid.items()}
    variance: dict[str, Any] = {name: parts[1] for name, parts in grid.items()}
    total: dict[str, Any] = {name: bias[name] + variance[name] for name in grid}
    total |= {"bias": Risks(n, N, **bias), "variance": Risks(n, N, **variance)}
    return Risks(n, N, **total, method="equivalent")


class MeanRisks:
    """Risks of single cells, intercept included, averaged over trials with ridges of their own.

    Parameters
    ----------
    problem, ceiling, test
        As in `w2slens.predict`.
    """

    def __init__(self, problem: Problem, ceiling: str = "all", test: Problem | None = None) -> None:
        tested = test or problem
        self._problem, self._ceiling = problem, ceiling
        self._relay = Relay.of(problem, problem, tested)
        self._weak = Tested.of(tested, "weak", problem)

    def __call__(self, n: int, N: int, ridges: Mapping[str, Array]) -> dict[str, float]:
        """Evaluate one cell at (trials,) ridges λ of every model; nan without expectation."""
        problem, strong = self._problem, self._relay.test
        top = ceiling_rows(self._ceiling, n, N)
        sites = {
            name: Sites(np.full(len(ridges[name]), float(rows)), np.asarray(ridges[name]), True)
            for name, rows in (("weak", n), ("w2s", N), ("strong", n), ("ceiling", top))
        }
        teacher = Fit.on(problem, "weak", sites["weak"])
        bias, variance = student_risk(teacher, self._relay, sites["w2s"])
        found = {
            "weak": teacher.risk(self._weak),
            "w2s": (np.diag(bias), np.diag(variance)),
            "strong": Fit.on(problem, "strong", sites["strong"]).risk(strong),
            "ceiling": Fit.on(problem, "strong", sites["ceiling"]).risk(strong),
        }
        return {name: float(np.mean(parts[0] + parts[1])) for name, parts in found.items()}


def _spread_rows(parts: Parts, columns: int) -> Parts:
    bias, variance = (np.repeat(part[:, None], columns, axis=1) for part in parts)
    return bias, variance


def _ceiling(
    problem: Problem, tested: Problem, rows: Array, pools: Array, ridge: float, intercept: bool
) -> Parts:
    """Fits on n + N rows of one population, (len(rows), len(pools))."""
    sizes, places = np.unique(np.add.outer(rows, pools), return_inverse=True)
    seen = Tested.of(tested, "strong", problem)
    pieces = [
        Fit.on(problem, "strong", Sites.of(some, ridge, intercept)).risk(seen)
        for some in np.array_split(sizes, -(-len(sizes) // CEILING_SITES))
    ]
    bias, variance = (np.concatenate(part)[places] for part in zip(*pieces, strict=True))
    shape = (len(rows), len(pools))
    return bias.reshape(shape), variance.reshape(shape)
