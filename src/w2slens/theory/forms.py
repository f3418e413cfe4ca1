"""The four raw risks as quadratic forms of what is not known: f* and the noise.

With ``f* = zᵀβ`` for z = [φ_w ; φ_s] up to noise of variance σ², the two-stage equivalent makes
every risk ``R_j = βᵀM_jβ + c_jσ²``, where M_j and c_j follow from the moments of an unlabeled
pool, n, N and the ridges. Intercepts are fitted too.
"""

from dataclasses import dataclass, replace

import numpy as np

from w2slens._linalg import Array, Spectrum
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.unlabeled import Drawn, Unlabeled


@dataclass(frozen=True, eq=False)
class Forms:
    """Raw risks of weak, w2s, strong and ceiling, in that order.

    Attributes
    ----------
    matrices
        (4, p, p) M_j over the coordinates of z.
    noise
        (4,) c_j.
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
        student = _student(seen, teacher, Shrinkage(strong, Sites.of(N, λ, True)))
        found = [teacher.risk, student, baseline.risk, top.risk]
        shrunk = weak.values * teacher.fit.resolvent[0]
        leaning = float(np.sum(shrunk - shrunk**2)) / (n - 1)
        return cls(np.stack([M for M, _ in found]), np.array([c for _, c in found]), leaning)

    def along(self, axes: Array) -> "Forms":
        """See the forms along axes B, (p, r): of coefficients a with β = Ba."""
        return replace(self, matrices=np.stack([axes.T @ M @ axes for M in self.matrices]))

    def risks(self, β: Array, noise: Array) -> Array:
        """Evaluate (draws, p, k) coefficients and (draws,) noise levels → (4, draws)."""
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
class _Fitted:
    """A fit to noisy labels: its risk without the intercept's error is βᵀMβ + c·σ²."""

    fit: Shrinkage
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
        fit = Shrinkage(eigen, Sites.of(rows, ridge, True))
        drawn = None if pool is None or ridge else pool.drawn(side, rows)
        spare = rows - 2 - eigen.rank
        if drawn is not None:
            c = 1 + drawn.share
        elif ridge == 0 and spare > 0:
            c = 1 + eigen.rank / spare
        else:
            c = float(fit.inflation[0])
        used = (1 - fit.kappa**2 * fit.resolvent[0] ** 2) / fit.values
        return cls(fit, c * (S - (G * used) @ G.T), c, drawn)

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
            return np.asarray(np.diag(variance / self.fit.sites.free[0]))
        V = self.fit.eigen.vectors
        return np.asarray(V.T @ self.drawn.inverse @ V / self.noise)


def _student(seen: _Seen, teacher: _Fitted, s: Shrinkage) -> tuple[Array, float]:
    """M and c of the W2S student; symbols as in `equivalent`."""
    μ, R, X = s.values, s.resolvent[0], seen.cross
    K = X.T @ ((R**2 * μ)[:, None] * X)
    Q = np.diag(teacher.fit.values) - X.T @ (s.relayed[0][:, None] * X)
    copied = (s.df2[0] / s.sites.free[0] + s.sites.mean_error[0]) * s.inflation[0]
    passed = K + copied * Q
    inherited = float(np.sum(passed * teacher.covariance) + teacher.fit.sites.mean_error[0])
    L = teacher.fit.resolvent[0][:, None] * seen.weak.T
    H = L.T @ X.T @ (R[:, None] * seen.strong.T)
    M = L.T @ passed @ L - H - H.T + seen.second + inherited * teacher.matrix
    return M, 1 + inherited * teacher.noise
