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
from w2slens.theory.fixed_point import effective_ridge
from w2slens.theory.problem import Problem

CEILING_SITES = 2048
"""Sample sizes of the ceiling taken together, so that memory stays bounded."""

Parts = tuple[Array, Array]
"""Bias and variance of a risk."""


def side_of(problem: Problem, side: str) -> tuple[Spectrum, Array]:
    """Return the spectrum and the cross moment with f* of the weak or the strong features."""
    if side == "weak":
        return problem.weak_spectrum, problem.weak_target
    return problem.strong_spectrum, problem.strong_target


@dataclass(frozen=True, eq=False)
class Sites:
    """Sample sizes with their ridges: where a fit is evaluated.

    Attributes
    ----------
    rows
        (sites,) numbers of rows.
    ridges
        (sites,) λ ≥ 0.
    intercept
        Whether an unpenalised intercept is fitted too.
    """

    rows: Array
    ridges: Array
    intercept: bool = False

    @property
    def free(self) -> Array:
        """(sites,) rows that the centring leaves."""
        return self.rows - int(self.intercept)

    @property
    def mean_error(self) -> Array:
        """(sites,) share of τ² that the error of the intercept is."""
        return int(self.intercept) / self.rows

    def finite(self, rank: int) -> Array:
        """(sites,) 1, or nan where a ridgeless fit of this rank has a pole."""
        undefined = (self.ridges == 0) & (self.free == rank)
        return np.where(undefined | (self.free < 1), np.nan, 1.0)


@dataclass(frozen=True, eq=False)
class Shrinkage:
    """One feature block at all sites, along the eigenvectors of its second moment.

    Attributes
    ----------
    eigen
        Of Σ.
    sites
        Where.
    """

    eigen: Spectrum
    sites: Sites

    @property
    def values(self) -> Array:
        """(r,) λᵢ."""
        return self.eigen.values

    @cached_property
    def kappa(self) -> Array:
        """(sites,) κ."""
        n = np.maximum(self.sites.free, 1.0)
        total = self.sites.rows * self.sites.ridges
        return effective_ridge(self.values, n, total / n)

    @cached_property
    def resolvent(self) -> Array:
        """(sites, r) ``1/(λᵢ+κ)``."""
        return 1 / np.add.outer(self.kappa, self.values)

    @cached_property
    def df2(self) -> Array:
        """(sites,) ``Σ (λᵢ/(λᵢ+κ))²``."""
        return np.asarray(np.sum((self.values * self.resolvent) ** 2, axis=1))

    @cached_property
    def inflation(self) -> Array:
        """(sites,) ``1/(1 − df2/n)``, nan at the pole."""
        n = self.sites.free
        margin = np.where(n > self.df2, 1 - self.df2 / np.maximum(n, 1.0), np.nan)
        return np.asarray(self.sites.finite(len(self.values)) / margin)


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


def student_risk(
    teacher: Fit, weak_axes: Array, pool: Problem, sites: Sites, test: Tested
) -> Parts:
    """Bias and variance of the W2S student's excess risk, (teacher sites, student sites).

    The variance has three parts: what a finite pool makes of the teacher's mean, the teacher's
    variance that the student inherits, and what the pool makes of the rest of it.

    Parameters
    ----------
    teacher
        Fitted on ℓ, along `weak_axes` (p_w, r_w).
    pool
        The unlabeled population u.
    sites
        Pool sizes N with λ_s.
    test
        t along the eigenvectors of Σ^u_ss.
    """
    s = Shrinkage(pool.strong_spectrum, sites)
    μ, R, N = s.values, s.resolvent, sites.free
    X = pool.strong_spectrum.vectors.T @ pool.cross_gram @ weak_axes
    U = weak_axes.T @ pool.weak_gram @ weak_axes
    a, k = teacher.mean.shape[0], teacher.mean.shape[2]
    m = teacher.mean.transpose(1, 0, 2).reshape(len(weak_axes.T), a * k)
    Y = (X @ m).reshape(len(X), a, k)
    lost = μ + 2 * s.kappa[:, None]
    lost = lost * R**2  # (N sites, r_s): what of (Σ_ss)⁻¹ the student makes use of
    inside = np.einsum("rak->ra", Y**2).T, teacher.spread @ (X**2).T
    whole = np.einsum("ra,ra->a", m, U @ m) if k == 1 else _outputs(m, U @ m, a, k)
    totals = whole, teacher.spread @ np.diag(U)
    extra = (R**2 @ (μ * np.diag(test.gram))) / np.maximum(N, 1.0)
    sums = []
    for squares, total, factors in zip(inside, totals, (Y, None), strict=True):
        misfit = (total[:, None] - squares @ lost.T) * s.inflation
        kept = _quadratic(test, X, teacher.spread, factors, R, squares)
        sums.append((kept, misfit * (extra + sites.mean_error)))
    linear = np.einsum("rak,rk->ar", Y, test.target) @ R.T
    own = (teacher.misfit * teacher.shrinkage.sites.mean_error)[:, None]
    (mean, copied), (inherited, shed) = sums
    finite = 0 * (own + s.inflation)
    return mean - 2 * linear + test.signal + finite, copied + inherited + shed + own


def _outputs(left: Array, right: Array, sites: int, k: int) -> Array:
    """Sum products of (r, sites·k) columns over rows and outputs."""
    return np.asarray(np.sum((left * right).reshape(-1, sites, k), axis=(0, 2)))


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
    sites = {
        "weak": Sites(rows, np.full(len(rows), ridge_weak), intercept),
        "strong": Sites(rows, np.full(len(rows), ridge_strong), intercept),
        "pool": Sites(pools, np.full(len(pools), ridge_strong), intercept),
    }
    teacher = Fit.on(problem, "weak", sites["weak"])
    student = student_risk(
        teacher,
        problem.weak_spectrum.vectors,
        pool,
        sites["pool"],
        Tested.of(tested, "strong", pool),
    )
    weak = teacher.risk(Tested.of(tested, "weak", problem))
    strong = Fit.on(problem, "strong", sites["strong"]).risk(Tested.of(tested, "strong", problem))
    grid = {
        "weak": _spread_rows(weak, len(N)),
        "w2s": student,
        "strong": _spread_rows(strong, len(N)),
    }
    if ceiling == "labels":
        grid["ceiling"] = grid["strong"]
    elif ceiling == "pool":
        top = Fit.on(pool, "strong", sites["pool"]).risk(Tested.of(tested, "strong", pool))
        grid["ceiling"] = np.tile(top[0], (len(n), 1)), np.tile(top[1], (len(n), 1))
    else:
        grid["ceiling"] = _ceiling(problem, pool, tested, rows, pools, ridge_strong, intercept)
    bias: dict[str, Any] = {name: parts[0] for name, parts in grid.items()}
    variance: dict[str, Any] = {name: parts[1] for name, parts in grid.items()}
    total: dict[str, Any] = {name: bias[name] + variance[name] for name in grid}
    total |= {"bias": Risks(n, N, **bias), "variance": Risks(n, N, **variance)}
    return Risks(n, N, **total, method="equivalent")


def mean_risks(
    problem: Problem,
    n: int,
    N: int,
    ridges: Mapping[str, Array],
    *,
    ceiling: str = "all",
    test: Problem | None = None,
) -> dict[str, float]:
    """Average the risks of one cell, intercept included, over trials with ridges of their own.

    Parameters
    ----------
    problem, n, N, ceiling, test
        As in `w2slens.predict`.
    ridges
        Model → (trials,) λ.

    Returns
    -------
    Model → mean risk; nan where a trial has no finite expectation.
    """
    tested = test or problem
    top = {"all": n + N, "pool": N, "labels": n}[ceiling]
    sites = {
        name: Sites(np.full(len(ridges[name]), float(rows)), np.asarray(ridges[name]), True)
        for name, rows in (("weak", n), ("w2s", N), ("strong", n), ("ceiling", top))
    }
    weak, strong = (Tested.of(tested, side, problem) for side in ("weak", "strong"))
    teacher = Fit.on(problem, "weak", sites["weak"])
    axes = problem.weak_spectrum.vectors
    bias, variance = student_risk(teacher, axes, problem, sites["w2s"], strong)
    found = {
        "weak": teacher.risk(weak),
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
            Fit.on(problem, "strong", Sites(some, np.full(len(some), ridge), intercept)).risk(seen)
            for some in np.array_split(sizes, -(-len(sizes) // CEILING_SITES))
        ]
        bias, variance = (np.concatenate(part)[places] for part in zip(*pieces, strict=True))
        shape = (len(rows), len(pools))
        return bias.reshape(shape), variance.reshape(shape)
    found = np.empty((2, len(rows), len(pools)))
    for i, n in enumerate(rows):
        for j, N in enumerate(pools):
            both = mixture(problem, pool, N / (n + N))
            site = Sites(np.array([n + N]), np.array([ridge]), intercept)
            fit = Fit.on(both, "strong", site).risk(Tested.of(tested, "strong", both))
            found[:, i, j] = fit[0][0], fit[1][0]
    return found[0], found[1]


def mixture(first: Problem, second: Problem, share: float) -> Problem:
    """Return the population of which `share` comes from `second`; the noise is the first's."""
    names = ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target", "signal")
    mixed = {
        name: (1 - share) * getattr(first, name) + share * getattr(second, name) for name in names
    }
    return replace(first, **mixed)
