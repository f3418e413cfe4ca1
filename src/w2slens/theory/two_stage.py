"""The two stages of the equivalent: a teacher fitted to labels, a student fitted to the teacher.

Symbols as in `equivalent`. All but the last factors of a cell are sums along the eigenvectors of
Σ^ℓ_ww and Σ^u_ss, so that a grid costs two products of matrices.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.moments.spectrum import Spectrum
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Shrinkage, Sites, side_of

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
