"""The n labeled rows, factored once: fits, leverages and exact leave-one-out.

Leave-one-out, leverages and the dual fit for n < p need rows, which moments have forgotten; the
labeled rows are few, so they stay in memory. A `Design` is one feature matrix with an unpenalised
intercept; a `LabeledBlock` is the teacher's and the student's over the same labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._linalg import EPS64, Array, cholesky_solver, rank_cutoff
from w2slens.moments import Moments
from w2slens.probe import LinearProbe


@dataclass(frozen=True, eq=False)
class Design:
    """Centred rows X̃ of one feature matrix, with ``X̃⁺_λ = (X̃ᵀX̃ + nλI)⁺X̃ᵀ``.

    Attributes
    ----------
    rows
        (n, p) centred features, float64.
    mean
        (p,) what was subtracted.
    precision
        Machine epsilon of the type that the rows came in.
    """

    rows: Array
    mean: Array
    precision: float = EPS64

    @classmethod
    def from_rows(cls, features: NDArray[Any]) -> "Design":
        """Centre features (n, p) of any real type."""
        eps = float(np.finfo(features.dtype).eps) if features.dtype.kind == "f" else EPS64
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        rows -= mean
        return cls(rows, mean, max(eps, EPS64))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def _cutoff(self, size: int, largest: float) -> float:
        offset = self.n * float(np.max(self.mean**2, initial=0.0))
        return rank_cutoff(size, largest, self.precision, offset)

    @cached_property
    def svd(self) -> tuple[Array, Array, Array]:
        """Thin SVD (U, s, Vᵀ) of the rows, cut at the rank."""
        U, s, Vt = linalg.svd(self.rows, full_matrices=False, check_finite=False)
        cutoff = self._cutoff(max(self.rows.shape), float(s[0]) ** 2 if len(s) else 0.0)
        r = int(np.sum(s**2 > cutoff))
        return U[:, :r], s[:r], Vt[:r]

    @property
    def rank(self) -> int:
        """Numerical rank of the centred rows, at most min(n − 1, p)."""
        return len(self.svd[1])

    @cached_property
    def gram(self) -> Array:
        """``X̃ᵀX̃`` (p, p) where n > p, else ``X̃X̃ᵀ`` (n, n)."""
        tall = self.n > self.rows.shape[1]
        return self.rows.T @ self.rows if tall else self.rows @ self.rows.T

    def fit(self, targets: Array, ridge: float) -> LinearProbe:
        """Fit (n, k) targets: minimise ``(1/n)‖y − f(x)‖² + ridge·‖coef‖²``.

        The normal equations (primal for n > p, dual below) with one step of refinement on the
        rows where they are clearly of full rank, else the SVD; ``ridge = 0`` gives the
        minimum-norm least-squares solution.
        """
        centre = targets.mean(axis=0)
        coef = self._normal_equations(targets - centre, ridge)
        if coef is None:
            U, s, Vt = self.svd
            coef = Vt.T @ ((s / (s**2 + self.n * ridge))[:, None] * (U.T @ (targets - centre)))
        return LinearProbe.centred(coef, self.mean, centre)

    def _normal_equations(self, y: Array, ridge: float) -> Array | None:
        X, K, shift = self.rows, self.gram, self.n * ridge
        if not K.any():
            return None
        cutoff = self._cutoff(len(K), float(np.max(np.diag(K))))
        if self.n > X.shape[1]:
            solve = cholesky_solver(K, shift, cutoff)
            if solve is None:
                return None
            coef = solve(X.T @ y)
            return np.asarray(coef + solve(X.T @ (y - X @ coef) - shift * coef))
        # The centred dual Gram has the constant vector in its kernel; lifting that direction
        # leaves the solution for centred targets unchanged.
        lifted = K + np.trace(K) / self.n**2
        solve = cholesky_solver(lifted, shift, cutoff)
        if solve is None:
            return None
        dual = solve(y)
        dual += solve(y - lifted @ dual - shift * dual)
        return np.asarray(X.T @ dual)

    def leverages(self, ridge: float = 0.0) -> Array:
        """(n,) ``h_i = 1/n + x̃ᵢᵀ(X̃ᵀX̃ + nλI)⁺x̃ᵢ``, intercept included."""
        U, s, _ = self.svd
        return 1 / self.n + (U**2) @ (s**2 / (s**2 + self.n * ridge))

    def influence(self, ridge: float = 0.0) -> Array:
        """(n, p) whose row i is ``(X̃ᵀX̃ + nλI)⁺x̃ᵢ``: how label i moves the coefficients."""
        U, s, Vt = self.svd
        return np.asarray((U * (s / (s**2 + self.n * ridge))) @ Vt)

    def loo_residuals(self, targets: Array, ridge: float = 0.0) -> Array:
        """Exact leave-one-out residuals ``y_i − f⁻ⁱ(x_i)`` without a refit.

        The refit that they equal holds the total penalty nλ fixed and drops row i from the means
        as well. With M = I − H they are ``[My]ᵢ / Mᵢᵢ``; where the ridgeless fit interpolates
        (rank n − 1), M vanishes and its limit M/λ is used.

        Parameters
        ----------
        targets
            (n, k).
        ridge
            λ ≥ 0.

        Returns
        -------
        (n, k); nan in a row whose left-out fit is not defined by the others (leverage 1).
        """
        (path,) = self.loo_path(targets, [ridge])
        return np.asarray(path)

    def loo_path(self, targets: Array, ridges: Sequence[float]) -> Array:
        """Leave-one-out residuals at several ridges → (len(ridges), n, k)."""
        U = self.svd[0]
        y = targets - targets.mean(axis=0)
        projected, squares = U.T @ y, U**2
        outside = y - U @ projected
        free = np.maximum(1 - 1 / self.n - squares.sum(axis=1), 0.0)
        return np.stack(
            [self._loo(U, projected, squares, outside, free, self.n * ridge) for ridge in ridges]
        )

    def _loo(
        self, U: Array, projected: Array, squares: Array, outside: Array, free: Array, shift: float
    ) -> Array:
        _, s, _ = self.svd
        interpolates = shift == 0.0 and len(s) == self.n - 1
        if interpolates:
            weight, outside, free = 1 / s**2, np.zeros_like(outside), np.zeros_like(free)
        else:
            weight = shift / (s**2 + shift) if shift else np.zeros_like(s)
        residual = outside + U @ (weight[:, None] * projected)
        diagonal = free + squares @ weight
        floor = 0.0 if interpolates else self.n * EPS64
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = residual / diagonal[:, None]
        return np.asarray(np.where(diagonal[:, None] > floor, exact, np.nan))


@dataclass(frozen=True, eq=False)
class LabeledBlock:
    """The labeled rows of a teacher–student pair.

    Attributes
    ----------
    weak, strong
        The two designs, over the same n rows.
    targets
        (n, k) labels.
    """

    weak: Design
    strong: Design
    targets: Array

    @classmethod
    def from_rows(cls, weak: NDArray[Any], strong: NDArray[Any], targets: Array) -> "LabeledBlock":
        """Build from features (n, p_w), (n, p_s) and targets (n, k)."""
        return cls(Design.from_rows(weak), Design.from_rows(strong), targets)

    def teacher(self, ridge: float = 0.0) -> LinearProbe:
        """Weak teacher: weak features fitted on the labels."""
        return self.weak.fit(self.targets, ridge)

    def baseline(self, ridge: float = 0.0) -> LinearProbe:
        """Strong baseline: strong features fitted on the same labels."""
        return self.strong.fit(self.targets, ridge)

    def loo_w2s(self, pool: Moments, ridge_weak: float, ridges: Sequence[float]) -> Array:
        """Exact leave-one-out predictions of the W2S student, at several student ridges.

        Without label i the teacher is ``θ_w − Gx̃ᵢeᵢ``; the student is linear in the teacher,
        ``θ_s = Aθ_w`` with ``A = (Σ_ss + λ_s)⁻¹Σ_sw`` of the pool, so no refit is needed.

        Parameters
        ----------
        pool
            Moments of the unlabeled pool with blocks ``weak`` and ``strong``.
        ridge_weak
            The teacher's λ_w (total penalty nλ_w held fixed).
        ridges
            Values of λ_s.

        Returns
        -------
        (len(ridges), n, k) scores of row i by the student that never saw label i.
        """
        n, y = self.weak.n, self.targets
        errors = self.weak.loo_residuals(y, ridge_weak)
        step = self.weak.influence(ridge_weak)
        theta = step.T @ (y - y.mean(axis=0))
        eigen, V = pool.spectrum("strong"), pool.spectrum("strong").vectors
        shift = pool.centre("weak") - self.weak.mean
        offsets = self.strong.mean - pool.centre("strong")
        scores = self.strong.rows @ V + offsets @ V
        to_weak = V.T @ pool.cross("strong", "weak")
        base = y.mean(axis=0) - errors / n + shift @ theta - (step @ shift)[:, None] * errors
        pulled, moved = to_weak @ theta, scores * (step @ to_weak.T)
        shrunk = [1 / (eigen.values + pool.count * ridge) for ridge in ridges]
        return np.stack(
            [base + (scores * w) @ pulled - (moved @ w)[:, None] * errors for w in shrunk]
        )
