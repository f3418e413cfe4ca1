"""The four raw risks as quadratic forms of what is not known: f* and the noise.

With ``f* = zᵀβ`` for z = [φ_w ; φ_s] up to noise of variance σ², the two-stage equivalent makes
every risk ``R_j = βᵀM_jβ + c_jσ²``, where M_j and c_j follow from the moments of an unlabeled
pool, n, N and the ridges. Intercepts are fitted too.
"""

from dataclasses import dataclass, replace

import numpy as np

from w2slens._core.types import Array
from w2slens.forecasting.pool import Drawn, Unlabeled
from w2slens.moments.spectrum import Spectrum
from w2slens.theory.shrinkage import Shrinkage, Sites


@dataclass(frozen=True, eq=False)
class Forms:
    """Raw risks of weak, w2s, strong and ceiling, in that order, and of w2s on the whole pool.

    The last is what leave-one-out sees, whatever N is asked about.

    Attributes
    ----------
    matrices
        (5, p, p) M_j over the coordinates of z.
    noise
        (5,) c_j.
    leaning
        ``(df1 − df2)/n`` of the teacher: the bias, in units of its raw risk, that a ridge costs
        where it is the best one.
    """

    matrices: Array
    noise: Array
    leaning: float

    @classmethod
    def of(cls, pool: Unlabeled, n: int, N: int, λ_w: float, λ: float, λ_s: float) -> "Forms":
        """Evaluate them at the ridges of the teacher, the student and the baseline.

        Ridgeless fits take the noise that they learn from draws of n rows of the pool; the
        ceiling keeps the baseline's total ridge.
        """
        seen = _Seen(pool)
        weak, strong = pool.spectra
        teacher = _Fitted.of(seen.second, seen.weak, weak, n, λ_w, pool, "weak")
        baseline = _Fitted.of(seen.second, seen.strong, strong, n, λ_s, pool, "strong")
        top = _Fitted.of(seen.second, seen.strong, strong, n + N, λ_s * n / (n + N))
        student = _student(seen, teacher, _Learned.of(strong, N, λ))
        whole = student
        if pool.moments.count != N:
            whole = _student(seen, teacher, _Learned.of(strong, pool.moments.count, λ))
        found = [teacher.risk, student, baseline.risk, top.risk, whole]
        shrunk = weak.values * teacher.fit.resolvent[0]
        leaning = float(np.sum(shrunk - shrunk**2)) / (n - 1)
        return cls(np.stack([M for M, _ in found]), np.array([c for _, c in found]), leaning)

    def along(self, axes: Array) -> "Forms":
        """See the forms along axes B, (p, r): of coefficients a with β = Ba."""
        return replace(self, matrices=np.stack([axes.T @ M @ axes for M in self.matrices]))

    def risks(self, β: Array, noise: Array) -> Array:
        """Evaluate (draws, p, k) coefficients and (draws,) noise levels → (5, draws)."""
        draws, p, k = β.shape
        flat = np.ascontiguousarray(β.transpose(1, 0, 2)).reshape(p, draws * k)
        bias = [
            np.sum(flat * (M @ flat), axis=0).reshape(draws, k).sum(axis=1) for M in self.matrices
        ]
        return np.array(bias) + np.multiply.outer(self.noise, noise)


class _Seen:
    """Second moments S of z, and its cross moments with the axes of either side."""

    def __init__(self, pool: Unlabeled) -> None:
        weak, strong = pool.spectra
        moments, cross = pool.moments, pool.cross
        Σ_ww, Σ_ss = moments.covariance("weak"), moments.covariance("strong")
        self.second = np.block([[Σ_ww, cross.T], [cross, Σ_ss]])
        width = len(Σ_ww)
        self.weak = self.second[:, :width] @ weak.vectors
        self.strong = self.second[:, width:] @ strong.vectors
        self.cross = strong.vectors.T @ cross @ weak.vectors


@dataclass(frozen=True, eq=False)
class _Learned:
    """What a fit learns of noise: ``c = 1 + df2/(free − df2)``, and the rows that are free.

    Ridgeless fits of Gaussian features are exact with one row less than the equivalent has.
    """

    fit: Shrinkage
    inflation: float
    free: float

    @classmethod
    def of(cls, eigen: Spectrum, rows: int, ridge: float) -> "_Learned":
        fit = Shrinkage(eigen, Sites.of(rows, ridge, True))
        free = float(rows - 2)
        if ridge == 0 and free > eigen.rank:
            return cls(fit, free / (free - eigen.rank), free)
        return cls(fit, float(fit.inflation[0]), float(fit.sites.free[0]))


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A fit to noisy labels: its risk without the intercept's error is βᵀMβ + c·σ²."""

    learned: _Learned
    matrix: Array
    noise: float
    drawn: Drawn | None

    @classmethod
    def of(
        cls,
        S: Array,
        G: Array,
        eigen: Spectrum,
        rows: int,
        ridge: float,
        pool: Unlabeled | None = None,
        side: str = "",
    ) -> "_Fitted":
        learned = _Learned.of(eigen, rows, ridge)
        drawn = None if pool is None or ridge else pool.drawn(side, rows)
        c = learned.inflation if drawn is None else 1 + drawn.share
        fit = learned.fit
        used = (1 - fit.kappa**2 * fit.resolvent[0] ** 2) / fit.values
        return cls(learned, c * (S - (G * used) @ G.T), c, drawn)

    @property
    def fit(self) -> Shrinkage:
        return self.learned.fit

    @property
    def risk(self) -> tuple[Array, float]:
        """M and c with the error of the intercept."""
        share = 1 + float(self.fit.sites.mean_error[0])
        return self.matrix * share, self.noise * share

    @property
    def covariance(self) -> Array:
        """(r, r) covariance of the coefficients along the axes, in units of the raw risk."""
        if self.drawn is None:
            variance = self.fit.values * self.fit.resolvent[0] ** 2
            return np.asarray(np.diag(variance / self.learned.free))
        V = self.fit.eigen.vectors
        return np.asarray(V.T @ self.drawn.inverse @ V / self.noise)


def _student(seen: _Seen, teacher: _Fitted, learned: _Learned) -> tuple[Array, float]:
    """M and c of the W2S student; symbols as in `equivalent`."""
    s, X = learned.fit, seen.cross
    μ, R = s.values, s.resolvent[0]
    K = X.T @ ((R**2 * μ)[:, None] * X)
    Q = np.diag(teacher.fit.values) - X.T @ (s.relayed[0][:, None] * X)
    copied = (s.df2[0] / learned.free + s.sites.mean_error[0]) * learned.inflation
    passed = K + copied * Q
    inherited = float(np.sum(passed * teacher.covariance) + teacher.fit.sites.mean_error[0])
    L = teacher.fit.resolvent[0][:, None] * seen.weak.T
    H = L.T @ X.T @ (R[:, None] * seen.strong.T)
    M = L.T @ passed @ L - H - H.T + seen.second + inherited * teacher.matrix
    return M, 1 + inherited * teacher.noise
