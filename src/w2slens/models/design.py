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

from w2slens._core.types import Array
from w2slens.models.probe import LinearProbe
from w2slens.moments.products import gram
from w2slens.moments.solve import FORMED_DOUBT, cholesky_solver, doubtful
from w2slens.moments.spectrum import EPS64, singular

LEVERAGE_ROUNDING = 100.0
"""A leverage within this many n·eps of 1 is 1: the rounding of the sum that it is made of."""


@dataclass(frozen=True, eq=False)
class Design:
    """Centred rows X̃ of one feature matrix, with ``X̃⁺_λ = (X̃ᵀX̃ + nλI)⁺X̃ᵀ``.

    `rows`: (n, p) centred features, float64; `mean`: (p,) what was subtracted; `precision`: machine
    epsilon of the type that the rows came in.
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

    @cached_property
    def _factors(self) -> tuple[Array, Array, Array, int]:
        return singular(self.rows, self.raw, self.precision)

    @property
    def svd(self) -> tuple[Array, Array, Array]:
        """Thin SVD (U, s, Vᵀ) of the rows, without what is zero up to float64's rounding."""
        return self._factors[:3]

    @cached_property
    def raw(self) -> Array:
        """(p,) sums of squares of the columns before centring."""
        return np.asarray(np.sum(self.rows**2, axis=0) + self.n * self.mean**2)

    @property
    def rank(self) -> int:
        """Numerical rank of the centred rows, at most min(n − 1, p): what a ridgeless fit uses."""
        return self._factors[3]

    def _directions(self, ridge: float) -> tuple[Array, Array, Array]:
        """SVD of the directions that a fit uses: all with a ridge, the retained ones without."""
        U, s, Vt = self.svd
        r = len(s) if ridge else self.rank
        return U[:, :r], s[:r], Vt[:r]

    @cached_property
    def gram(self) -> Array:
        """``X̃ᵀX̃`` (p, p) where n > p, else ``X̃X̃ᵀ`` (n, n)."""
        tall = self.n > self.rows.shape[1]
        return gram(self.rows if tall else self.rows.T)

    def fit(self, targets: Array, ridge: float) -> LinearProbe:
        """Fit (n, k) targets: minimise ``(1/n)‖y − f(x)‖² + ridge·‖coef‖²``.

        The normal equations (primal for n > p, dual below) with one step of refinement on the
        rows where they are clearly of full rank, else the SVD; ``ridge = 0`` gives the
        minimum-norm least-squares solution.
        """
        centre = targets.mean(axis=0)
        try:
            coef = self._normal_equations(targets - centre, ridge)
        except linalg.LinAlgError:
            U, s, Vt = self._directions(ridge)
            coef = Vt.T @ ((s / (s**2 + self.n * ridge))[:, None] * (U.T @ (targets - centre)))
        return LinearProbe.centred(coef, self.mean, centre)

    def _normal_equations(self, y: Array, ridge: float) -> Array:
        """Solve where K is clearly of full rank, else raise LinAlgError."""
        X, K, shift = self.rows, self.gram, self.n * ridge
        precision = EPS64 if ridge else self.precision
        if self.n > X.shape[1]:
            solve = cholesky_solver(K, shift, doubtful(K, self.raw, precision))
            coef = solve(X.T @ y)
            return np.asarray(coef + solve(X.T @ (y - X @ coef) - shift * coef))
        # The centred dual Gram has the constant vector in its kernel; lifting that direction
        # leaves the solution for centred targets unchanged.
        lifted = K + np.trace(K) / self.n**2
        rounding = doubtful(lifted, np.full(1, self.raw.sum()), precision)
        solve = cholesky_solver(lifted, shift, max(rounding, FORMED_DOUBT * np.trace(K) / self.n))
        dual = solve(y)
        dual += solve(y - lifted @ dual - shift * dual)
        return np.asarray(X.T @ dual)

    def leverages(self, ridge: float = 0.0) -> Array:
        """(n,) ``h_i = 1/n + x̃ᵢᵀ(X̃ᵀX̃ + nλI)⁺x̃ᵢ``, intercept included."""
        U, s, _ = self._directions(ridge)
        return 1 / self.n + (U**2) @ (s**2 / (s**2 + self.n * ridge))

    def influence(self, ridge: float = 0.0) -> Array:
        """(n, p) whose row i is ``(X̃ᵀX̃ + nλI)⁺x̃ᵢ``: how label i moves the coefficients."""
        U, s, Vt = self._directions(ridge)
        return np.asarray((U * (s / (s**2 + self.n * ridge))) @ Vt)

    def loo_residuals(self, targets: Array, ridge: float = 0.0) -> Array:
        """Exact leave-one-out residuals ``y_i − f⁻ⁱ(x_i)`` without a refit.

        The refit that they equal holds the total penalty nλ fixed and drops row i from the means
        as well; at λ = 0 it is the minimum-norm fit. With M = I − H they are ``[My]ᵢ / Mᵢᵢ``;
        where a ridgeless fit passes through a row whatever its label (leverage 1), both vanish
        and the limit of M/λ takes their place.

        Takes and returns (n, k).
        """
        (path,) = self.loo_path(targets, [ridge])
        return np.asarray(path)

    def loo_path(self, targets: Array, ridges: Sequence[float]) -> Array:
        """Leave-one-out residuals at several ridges → (len(ridges), n, k)."""
        y = targets - targets.mean(axis=0)
        return np.stack([self._loo(y, ridge) for ridge in ridges])

    def _loo(self, y: Array, ridge: float) -> Array:
        U, s, _ = self._directions(ridge)
        shift, projected, squares = self.n * ridge, U.T @ y, U**2
        free = 1 - 1 / self.n - squares.sum(axis=1)
        outside = y - U @ projected
        pinned = (free <= LEVERAGE_ROUNDING * self.n * EPS64) | (len(s) == self.n - 1)
        free, outside = np.where(pinned, 0, free), np.where(pinned[:, None], 0, outside)
        weight = shift / (s**2 + shift) if shift else 1 / s**2
        residual, diagonal = U @ (weight[:, None] * projected), squares @ weight
        if shift == 0:
            residual, diagonal = residual * pinned[:, None], diagonal * pinned
        return np.asarray((outside + residual) / (free + diagonal)[:, None])
