"""The n labeled rows, factored once: fits, leverages and exact leave-one-out.

Leave-one-out, leverages and the dual fit for n < p need rows, which moments have forgotten; the
labeled rows are few, so they stay in memory. A `Design` is one feature matrix with an unpenalised
intercept; a `LabeledBlock` is the teacher's and the student's over the same labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.models.probe import LinearProbe
from w2slens.moments.products import gram, product
from w2slens.moments.solve import FORMED_DOUBT, cholesky_solver, doubtful
from w2slens.moments.spectrum import EPS64, singular, spectrum

JUDGES = 1000
"""Rows whose leave-one-out errors choose a W2S student's ridge: of more, only so many are."""

EVERY = slice(None)

TALL = 2
"""Rows a column from which on the rows are factored by their Gram matrix, if it is well enough
conditioned: where its smallest eigenvalue is this share of their mean, and no digit is missed."""
WELL = 1e-5

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
    judges: slice = field(default_factory=lambda: EVERY)
    """Rows whose errors choose a student's ridge."""
    _influences: dict[tuple[float, int | None], Array] = field(
        default_factory=dict, init=False, repr=False
    )

    @classmethod
    def from_rows(cls, features: NDArray[Any], *, shuffled: bool = False) -> "Design":
        """Centre features (n, p) of any real type; `shuffled` says that their order is random."""
        eps = float(np.finfo(features.dtype).eps) if features.dtype.kind == "f" else EPS64
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        rows -= mean
        n = len(rows)
        judges = EVERY
        if n > JUDGES:  # of rows in random order the first, which smaller designs have too
            judges = slice(JUDGES) if shuffled else slice(0, None, -(-n // JUDGES))
        return cls(rows, mean, max(eps, EPS64), judges)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @cached_property
    def _factors(self) -> tuple[Array | None, Array, Array, int]:
        """SVD and rank; without U, which takes a product of all rows, where the Gram serves."""
        n, p = self.rows.shape
        if n >= TALL * p:
            eigen = spectrum(self.gram, self.raw, self.precision)
            if eigen.rank == p and eigen.values[-1] > WELL * eigen.values.mean():
                return None, np.sqrt(eigen.values), eigen.vectors.T, p
        return singular(self.rows, self.raw, self.precision)

    @property
    def svd(self) -> tuple[Array, Array, Array]:
        """Thin SVD (U, s, Vᵀ) of the rows, without what is zero up to float64's rounding."""
        return self._left, *self._factors[1:3]

    @property
    def values(self) -> Array:
        """(r,) singular values of the rows."""
        return self._factors[1]

    @cached_property
    def _left(self) -> Array:
        U, s, Vt, _ = self._factors
        return product(self.rows, Vt.T) / s if U is None else U

    @cached_property
    def _judged(self) -> Array:
        """U of the judges alone."""
        U, s, Vt, _ = self._factors
        if U is None and self.judges != EVERY:
            return np.asarray(product(self.rows[self.judges], Vt.T) / s)
        return self._left[self.judges]

    @cached_property
    def raw(self) -> Array:
        """(p,) sums of squares of the columns before centring."""
        n, p = self.rows.shape
        squares = np.diag(self.gram) if n > p else np.einsum("ij,ij->j", self.rows, self.rows)
        return np.asarray(squares + n * self.mean**2)

    @property
    def rank(self) -> int:
        """Numerical rank of the centred rows, at most min(n − 1, p): what a ridgeless fit uses."""
        return self._factors[3]

    def _used(self, ridge: float) -> int:
        """Count the directions that a fit uses: all with a ridge, the retained ones without."""
        return len(self.values) if ridge else self.rank

    def _directions(self, ridge: float) -> tuple[Array, Array, Array]:
        """SVD of the directions that a fit uses."""
        (U, s, Vt), r = self.svd, self._used(ridge)
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

    def influence(self, ridge: float = 0.0, some: slice = EVERY) -> Array:
        """(n, p) whose row i is ``(X̃ᵀX̃ + nλI)⁺x̃ᵢ``: how label i moves the coefficients."""
        key = (ridge, some.stop if some.step is None else -some.step)
        if key not in self._influences:
            r, (_, s, Vt, _) = self._used(ridge), self._factors
            U = (self._judged if some == self.judges else self._left[some])[:, :r]
            found = product(U * (s[:r] / (s[:r] ** 2 + self.n * ridge)), Vt[:r])
            if some == EVERY and self.n > JUDGES:  # seldom asked for, and large
                return found
            self._influences[key] = found
        return self._influences[key]

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
        y, shifts = targets - targets.mean(axis=0), self.n * np.asarray(ridges, float)
        found = np.empty((len(shifts), *y.shape))
        for places in (np.flatnonzero(shifts > 0), np.flatnonzero(shifts == 0)):
            if len(places):
                found[places] = self._left_out(y, shifts[places])
        return found

    def _left_out(self, y: Array, shifts: Array) -> Array:
        """(q, n, k) ``[My]ᵢ / Mᵢᵢ`` at total ridges nλ, all positive or all 0."""
        n, k = y.shape
        U, s, _ = self._directions(float(shifts[0]))
        squares, projected = U**2, U.T @ y
        free, outside = 1 - 1 / n - squares.sum(axis=1), y - U @ projected
        pinned = (free <= LEVERAGE_ROUNDING * n * EPS64) | (len(s) == n - 1)
        free, outside = np.where(pinned, 0, free), np.where(pinned[:, None], 0, outside)
        whole = bool(shifts[0])
        weights = shifts / np.add.outer(s**2, shifts) if whole else 1 / s[:, None] ** 2
        inner = (weights[:, :, None] * projected[:, None, :]).reshape(len(s), -1)
        residual = product(U, inner).reshape(n, len(shifts), k)
        diagonal = product(squares, weights)
        if not whole:  # what a ridgeless fit leaves is outside, but for rows that it passes through
            residual, diagonal = residual * pinned[:, None, None], diagonal * pinned[:, None]
        left = (outside[:, None, :] + residual) / (free[:, None] + diagonal)[:, :, None]
        return np.asarray(left.transpose(1, 0, 2))
