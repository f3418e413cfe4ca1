"""The two-stage deterministic equivalent: any ridge, any n and N, and distribution shift.

ℓ, u and t are the labeled, unlabeled and test populations. Teacher, from κ_w (`fixed_point`) and
``R_w = (Σ^ℓ_ww + κ_w)⁻¹``: mean ``m_w = R_w c^ℓ_w``, covariance ``C_w = (τ_w²/n) R_wΣ^ℓ_wwR_w``,
``τ_w² = [κ_w² b_wᵀR_wΣ^ℓ_wwR_w b_w + ρ^ℓ_w + σ²]/(1 − df2_w/n)``. Student, from κ_s, R_s on u and
``A = R_sΣ^u_sw``::

    Q    = Σ^u_ww − Σ^u_ws R_s(Σ^u_ss + 2κ_s)R_s Σ^u_sw
    τ_s² = [m_wᵀQm_w + tr(QC_w)]/(1 − df2_s/N)
    R_w2s = (Am_w)ᵀΣ^t_ss(Am_w) − 2(Am_w)ᵀc^t_s + E_t‖f*‖² + tr(AᵀΣ^t_ssAC_w)
            + (τ_s²/N)·tr(Σ^t_ssR_sΣ^u_ssR_s)

All but the last factors of a cell are sums along the eigenvectors of Σ^ℓ_ww and Σ^u_ss, so that a
grid costs two products of matrices. It is asymptotic: its error is of the order 1/n. At the pole
of a ridgeless fit, on as many rows as dimensions, the risk is nan; one row more or less the
expectation is infinite too, though the equivalent is not.

An unpenalised intercept leaves n − 1 centred rows, and its own error is τ²/n; the student copies
the teacher's and adds τ_s²/N.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from w2slens._linalg import Array, Spectrum
from w2slens.risk import Risks
from w2slens.theory.ceilings import ceiling_rows
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Shrinkage, Sites, side_of

CEILING_SITES = 2048
"""Sample sizes of the ceiling taken together, so that memory stays bounded."""

Parts = tuple[Array, Array]
"""Bias and variance of a risk."""


class Fit:
    """Fits of one feature block to noisy labels, at many sites.

    Parameters
    ----------
    eigen
        Retained eigenpairs of the training second moment Σ^ℓ.
    target
        c^ℓ = E[φ f*], (p, k).
    signal
        E‖f*‖² on the training population.
    noise
        σ².
    sites
        Where.
    """

    def __init__(
        self, eigen: Spectrum, target: Array, signal: float, noise: float, sites: Sites
    ) -> None:
        self.shrinkage = s = Shrinkage(eigen, sites)
        λ, R, n = s.values, s.resolvent, sites.free
        c = eigen.vectors.T @ target
        rho = max(signal - float(np.sum(c**2 / λ[:, None])), 0.0)
        missed = s.kappa**2 * (R**2 @ (np.sum(c**2, axis=1) / λ))
        self.misfit: Array = (missed + rho + noise) * s.inflation
        """(sites,) τ²: the test error on the training population, noise included."""
        self.mean: Array = R[:, :, None] * c
        """(sites, r, k) m along the eigenvectors."""
        self.spread: Array = (self.misfit / np.maximum(n, 1.0))[:, None] * λ * R**2
        """(sites, r) diagonal of C."""

    @classmethod
    def on(cls, problem: Problem, side: str, sites: Sites) -> "Fit":
        """Fit the weak or the strong features of a population."""
        eigen, target = side_of(problem, side)
        return cls(eigen, target, problem.signal, problem.noise, sites)

    def risk(self, test: "Tested") -> Parts:
        """(sites,) bias and variance of the excess risk on a test population."""
        m, T = self.mean, test.gram
        if test.diagonal:
            squared = np.sum(m**2, axis=2) @ np.diag(T)
        else:
            squared = np.einsum("srk,rq,sqk->s", m, T, m, optimize=True)
        bias = squared - 2 * np.einsum("srk,rk->s", m, test.target) + test.signal
        finite = 0 * self.misfit
        variance = self.spread @ np.diag(T) + self.misfit * self.shrinkage.sites.mean_error
        return bias + finite, variance


@dataclass(frozen=True, eq=False)
class Tested:
    """A test population seen by one feature block, along given axes.

    Attributes
    ----------
    gram
        Σ^t, (r, r).
    target
        c^t, (r, k).
    signal
        E_t‖f*‖².
    """

    gram: Array
    target: Array
    signal: float

    @cached_property
    def diagonal(self) -> bool:
        """Whether the axes are those of the test population too: no shift."""
        return not np.count_nonzero(self.gram - np.diag(np.diag(self.gram)))

    @classmethod
    def of(cls, tested: Problem, side: str, trained: Problem) -> "Tested":
        """See a population along the eigenvectors of the one that the fits were trained on."""
        eigen, _ = side_of(trained, side)
        V, target = eigen.vectors, side_of(tested, side)[1]
        gram = tested.weak_gram if side == "weak" else tested.strong_gram
        own = tested is trained
        turned = np.diag(eigen.values) if own else V.T @ gram @ V
        return cls(turned, V.T @ target, tested.signal)


@dataclass(frozen=True, eq=False)
class Relay:
    """The way from a teacher of ℓ over the pool u to the test population t, for every sample size.

    Attributes
    ----------
    eigen
        Of Σ^u_ss.
    cross
        X: Σ^u_sw along `eigen` and the teacher's axes, (r_s, r_w).
    weak_gram
        Σ^u_ww along the teacher's axes.
    test
        t along `eigen`.
    """

    eigen: Spectrum
    cross: Array
    weak_gram: Array
    test: Tested

    @classmethod
    def of(cls, labeled: Problem, pool: Problem, tested: Problem) -> "Relay":
        """Take the moments of three populations, which may be one."""
        eigen, axes = pool.strong_spectrum, labeled.weak_spectrum.vectors
        cross = eigen.vectors.T @ pool.cross_gram @ axes
        return cls(eigen, cross, axes.T @ pool.weak_gram @ axes, Tested.of(tested, "strong", pool))


def student_risk(teacher: Fit, relay: Relay, sites: Sites) -> Parts:
    """Bias and variance of the W2S student's excess risk, (teacher sites, student sites).

    The variance has three parts: what a finite pool makes of the teacher's mean, the teacher's
    variance that the student inherits, and what the pool makes of the rest of it.

    Parameters
    ----------
    teacher
        Fitted on ℓ.
    relay
        To the pool and the test population.
    sites
        Pool sizes N with λ_s.
    """
    s, test, X = Shrinkage(relay.eigen, sites), relay.test, relay.cross
    μ, R = s.values, s.resolvent
    m = teacher.mean.transpose(1, 0, 2)  # (r_w, teacher sites, k)
    Y = np.einsum("rw,wak->rak", X, m, optimize=True)
    inside = np.einsum("rak->ra", Y**2).T, teacher.spread @ (X**2).T
    totals = (
        np.einsum("wak,wv,vak->a", m, relay.weak_gram, m, optimize=True),
        teacher.spread @ np.diag(relay.weak_gram),
    )
    extra = (R**2 @ (μ * np.diag(test.gram))) / np.maximum(sites.free, 1.0)
    sums = []
    for squares, total, factors in zip(inside, totals, (Y, None), strict=True):
        misfit = (total[:, None] - squares @ s.relayed.T) * s.inflation
        kept = _quadratic(test, X, teacher.spread, factors, R, squares)
        sums.append((kept, misfit * (extra + sites.mean_error)))
    linear = np.einsum("rak,rk->ar", Y, test.target) @ R.T
    own = (teacher.misfit * teacher.shrinkage.sites.mean_error)[:, None]
    (mean, copied), (inherited, shed) = sums
    finite = 0 * (own + s.inflation)
    return mean - 2 * linear + test.signal + finite, copied + inherited + shed + own


def _quadratic(
    test: Tested, X: Array, spread: Array, Y: Array | None, R: Array, squares: Array
) -> Array:
    """``Σ_ij R_i R_j T_ij B_ij`` over (teacher sites, student sites).

    B is YYᵀ, or without Y ``X diag(spread) Xᵀ``; where T is diagonal only B's diagonal, `squares`,
    is needed.
    """
    if test.diagonal:
        return np.asarray(squares @ (R**2 * np.diag(test.gram)).T)
    found = np.empty((len(squares), len(R)))
    for site in range(len(squares)):
        B = (X * spread[site]) @ X.T if Y is None else Y[:, site] @ Y[:, site].T
        found[site] = np.sum((R @ (test.gram * B)) * R, axis=1)
    return found


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
    else:
        grid["ceiling"] = _ceiling(problem, pool, tested, rows, pools, ridge_strong, intercept)
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
    problem: Problem,
    pool: Problem,
    tested: Problem,
    rows: Array,
    pools: Array,
    ridge: float,
    intercept: bool,
) -> Parts:
    """Fits on n + N rows of the mixture of both populations, (len(rows), len(pools))."""
    if pool is problem:
        sizes, places = np.unique(np.add.outer(rows, pools), return_inverse=True)
        seen = Tested.of(tested, "strong", problem)
        pieces = [
            Fit.on(problem, "strong", Sites.of(some, ridge, intercept)).risk(seen)
            for some in np.array_split(sizes, -(-len(sizes) // CEILING_SITES))
        ]
        bias, variance = (np.concatenate(part)[places] for part in zip(*pieces, strict=True))
        shape = (len(rows), len(pools))
        return bias.reshape(shape), variance.reshape(shape)
    found = np.empty((2, len(rows), len(pools)))
    for i, n in enumerate(rows):
        for j, N in enumerate(pools):
            both = mixture(problem, pool, N / (n + N))
            fit = Fit.on(both, "strong", Sites.of(n + N, ridge, intercept))
            bias, variance = fit.risk(Tested.of(tested, "strong", both))
            found[:, i, j] = bias[0], variance[0]
    return found[0], found[1]


def mixture(first: Problem, second: Problem, share: float) -> Problem:
    """Return the population of which `share` comes from `second`; the noise is the first's."""
    names = ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target", "signal")
    mixed = {
        name: (1 - share) * getattr(first, name) + share * getattr(second, name) for name in names
    }
    return replace(first, **mixed)
