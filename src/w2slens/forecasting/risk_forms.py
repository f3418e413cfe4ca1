"""The four raw risks as quadratic forms of what is not known: f* and the noise.

With ``f* = zᵀβ`` for z = [φ_w ; φ_s] up to noise of variance σ², the two-stage equivalent makes
every risk ``R_j = βᵀM_jβ + c_jσ²``, where M_j and c_j follow from the moments of an unlabeled
pool, n, N and the ridges. Intercepts are fitted too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from w2slens._core.types import Array
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.pool_side import PoolSide
from w2slens.models.risks import Models
from w2slens.moments.products import product
from w2slens.moments.spectrum import Spectrum
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.student import Relay, Student


class Form(NamedTuple):
    """The raw risk ``βᵀMβ + cσ²``: M (r, r) over the axes that β is seen along, and c."""

    matrix: Array
    noise: float


class Outcomes(NamedTuple):
    """Raw risks of draws of f* and the noise, (draws,) each."""

    models: Models[Array]  # at the N that is asked about
    whole: Array  # of the student on the whole pool

    @classmethod
    def joined(cls, parts: "Sequence[Outcomes]") -> "Outcomes":
        """Concatenate draws."""
        models = (np.concatenate(draws) for draws in zip(*(p.models for p in parts), strict=True))
        return cls(Models(*models), np.concatenate([part.whole for part in parts]))


def quadratics(β: Array) -> Callable[[Array], Array]:
    """Return ``M ↦ βᵀMβ``, (draws,) summed over outputs, of (draws, r, k) draws in their type."""
    draws, r, k = β.shape
    flat = np.ascontiguousarray(β.transpose(1, 0, 2)).reshape(r, draws * k)

    def quadratic(matrix: Array) -> Array:
        moved = product(matrix.astype(flat.dtype, copy=False), flat)
        return np.asarray(np.einsum("rd,rd->d", flat, moved).reshape(draws, k).sum(axis=1))

    return quadratic


@dataclass(frozen=True, eq=False)
class Forms:
    """Forms of the raw risks: of the four models, and of the student on the whole pool.

    The latter is what leave-one-out sees, whatever N is asked about. `leaning` is
    ``(df1 − df2)/n`` of the teacher: the bias, in units of its raw risk, that a ridge costs where
    it is the best one.
    """

    models: Models[Form]
    whole: Form
    leaning: float

    @classmethod
    def of(
        cls,
        pool: Unlabeled,
        n: int,
        N: int,
        λ_w: float,
        λ: float,
        λ_s: float,
        axes: Array | None = None,
    ) -> "Forms":
        """Evaluate them at the ridges of the teacher, the student and the baseline.

        Along axes B (p, r), of coefficients a with β = Ba, or along the coordinates of z.

        Ridgeless fits take the noise that they learn from draws of n rows of the pool; the
        ceiling keeps the baseline's total ridge.
        """
        weak, strong, relay = _seen(pool, axes)
        teacher, baseline = _Fitted.of(weak, n, λ_w), _Fitted.of(strong, n, λ_s)
        top = _Fitted.gaussian(strong, n + N, λ_s * n / (n + N))
        whole = pool.moments.count
        students = {
            rows: _student(weak, strong, teacher, relay, _Stage.of(relay.eigen, rows, λ))
            for rows in {N, whole}
        }
        shrunk = teacher.fit.values * teacher.fit.resolvent[0]
        leaning = float(np.sum(shrunk - shrunk**2)) / (n - 1)
        models = Models(teacher.risk, students[N], baseline.risk, top.risk)
        return cls(models, students[whole], leaning)

    def risks(self, β: Array, noise: Array) -> Outcomes:
        """Evaluate (draws, r, k) coefficients and (draws,) noise levels."""
        quadratic = quadratics(β)

        def risk(form: Form) -> Array:
            return quadratic(form.matrix) + form.noise * noise

        models = Models(*map(risk, self.models))
        same = self.whole is self.models.w2s
        return Outcomes(models, models.w2s if same else risk(self.whole))


@dataclass(frozen=True, eq=False)
class _Features:
    """One side among z, whose coordinates are seen along the forms' axes."""

    pool: PoolSide
    second: Array  # S = E[zzᵀ], (r, r)
    cross: Array  # G: cross moments of z with the side's eigenvectors, (r, r_side)

    def form(self, fit: Shrinkage, c: float) -> Form:
        """Inflate what a fit misses of f* and of the noise: ``c·(S − G·(1−κ²R²)Λ⁻¹·Gᵀ)`` and c."""
        used = (1 - fit.kappa**2 * fit.resolvent[0] ** 2) / fit.values
        return Form(c * (self.second - (self.cross * used) @ self.cross.T), c)


def _seen(pool: Unlabeled, axes: Array | None) -> tuple[_Features, _Features, Relay]:
    """See both sides among z along some axes, and the way from one to the other."""
    weak, strong = pool.weak.spectrum, pool.strong.spectrum
    p_w = len(weak.vectors)
    B = np.eye(p_w + len(strong.vectors)) if axes is None else axes
    A_w, A_s = product(weak.vectors.T, B[:p_w]), product(strong.vectors.T, B[p_w:])
    X = np.sqrt(strong.values)[:, None] * pool.overlap * np.sqrt(weak.values)  # Σ_sw
    G_w = (weak.values[:, None] * A_w + product(X.T, A_s)).T
    G_s = (strong.values[:, None] * A_s + product(X, A_w)).T
    S = product(G_w, A_w) + product(G_s, A_s)
    relay = Relay(strong, X, np.diag(weak.values), True)
    return _Features(pool.weak, S, G_w), _Features(pool.strong, S, G_s), relay


@dataclass(frozen=True, eq=False)
class _Stage:
    """A fit to so many rows, and what it learns of noise: ``1 + df2/(free − df2)``.

    Ridgeless fits of Gaussian features are exact with one row less free than the equivalent has.
    """

    fit: Shrinkage
    inflation: float
    free: float

    @classmethod
    def of(cls, eigen: Spectrum, rows: int, ridge: float) -> "_Stage":
        fit = Shrinkage(eigen, Sites.of(rows, ridge, True))
        free = float(rows - 2)
        if ridge == 0 and free > eigen.rank:
            return cls(fit, free / (free - eigen.rank), free)
        return cls(fit, float(fit.inflation[0]), float(fit.sites.free[0]))


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A fit to noisy labels."""

    fit: Shrinkage  # along the side's axes
    form: Form  # of its risk without the error of the intercept
    covariance: Array  # (r, r) of the coefficients along the axes, in units of the raw risk

    @classmethod
    def gaussian(cls, side: _Features, rows: int, ridge: float) -> "_Fitted":
        """Take the features as Gaussian."""
        stage = _Stage.of(side.pool.spectrum, rows, ridge)
        variance = stage.fit.values * stage.fit.resolvent[0] ** 2
        return cls(stage.fit, side.form(stage.fit, stage.inflation), np.diag(variance / stage.free))

    @classmethod
    def of(cls, side: _Features, rows: int, ridge: float) -> "_Fitted":
        """Take the noise that a ridgeless fit learns from draws of the pool, where they show it."""
        if ridge or not side.pool.shows(rows):
            return cls.gaussian(side, rows, ridge)
        drawn, eigen = side.pool.drawn(rows), side.pool.spectrum
        fit, c = Shrinkage(eigen, Sites.of(rows, ridge, True)), 1 + drawn.share
        return cls(fit, side.form(fit, c), eigen.vectors.T @ drawn.inverse @ eigen.vectors / c)

    @property
    def mean_error(self) -> float:
        """Share of the raw risk that the error of the intercept adds."""
        return float(self.fit.sites.mean_error[0])

    @property
    def risk(self) -> Form:
        """The form with the error of the intercept."""
        share = 1 + self.mean_error
        return Form(self.form.matrix * share, self.form.noise * share)


def _student(
    weak: _Features, strong: _Features, teacher: _Fitted, relay: Relay, stage: _Stage
) -> Form:
    """Form of the W2S student; symbols as in `equivalent`, with m_w = Lβ and c_s = Gᵀβ."""
    s, X = stage.fit, relay.cross
    copied = (s.df2[0] / stage.free + s.sites.mean_error[0]) * stage.inflation
    passed = Student(relay, s).passed(float(copied))  # K + c·Q
    # tr((K + c·Q)·C_w) in units of τ_w², and the teacher's intercept, which the student copies
    inherited = float(np.sum(passed * teacher.covariance) + teacher.mean_error)
    L = teacher.fit.resolvent[0][:, None] * weak.cross.T
    H = L.T @ X.T @ (s.resolvent[0][:, None] * strong.cross.T)  # (Am_w)ᵀc_s
    M = L.T @ passed @ L - H - H.T + weak.second + inherited * teacher.form.matrix
    return Form(M, 1 + inherited * teacher.form.noise)
