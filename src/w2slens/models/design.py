"""The n labeled rows: fits, leverages and exact leave-one-out.

Leave-one-out, leverages and the dual fit for n < p need rows, which moments have forgotten; the
labeled rows are few, so they stay in memory. A `Design` is one feature matrix with an unpenalised
intercept; a `LabeledBlock` is the teacher's and the student's over the same labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.models.centred import EVERY, Centred
from w2slens.models.probe import LinearProbe
from w2slens.moments.products import product
from w2slens.moments.solve import FORMED_DOUBT, cholesky_solver, doubtful
from w2slens.moments.spectrum import EPS64

KEPT = 1000
"""Influences of more rows are large and seldom asked for again: they are not kept."""

TALL = 2
"""Rows a column from which on ridges are compared in float32, if leave-one-out leaves them room:"""
ROOM = 1e-2
"""at least so much of 1 beside every leverage, and this share of the labels' squares squared."""

LEVERAGE_ROUNDING = 100.0
"""A leverage within this many n·eps of 1 is 1: the rounding of the sum that it is made of."""


@dataclass(frozen=True, eq=False)
class Design(Centred):
    """Labeled rows X̃ of one feature matrix, with ``X̃⁺_λ = (X̃ᵀX̃ + nλI)⁺X̃ᵀ``."""

    _influences: dict[tuple[float, str], Array] = field(
        default_factory=dict, init=False, repr=False
    )
    _compared: dict[float, Array] = field(default_factory=dict, init=False, repr=False)
    """Ridges that were compared, and (n,) leverages there in float32."""

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
            U, s, Vt = self.directions(ridge)
            coef = Vt.T @ ((s / (s**2 + self.n * ridge))[:, None] * (U.T @ (targets - centre)))
        return LinearProbe.centred(coef, self.mean, centre)

    def _normal_equations(self, y: Array, ridge: float) -> Array:
        """Solve where K is clearly of full rank, else raise LinAlgError."""
        K, shift = self.gram, self.n * ridge
        precision = EPS64 if ridge else self.precision
        if self.n > self.source.shape[1]:
            solve = cholesky_solver(K, shift, doubtful(K, self.raw, precision))
            coef = solve(self.back(y))
            return np.asarray(coef + solve(self.back(y - self.times(coef)) - shift * coef))
        # The centred dual Gram has the constant vector in its kernel; lifting that direction
        # leaves the solution for centred targets unchanged.
        lifted = K + np.trace(K) / self.n**2
        rounding = doubtful(lifted, np.full(1, self.raw.sum()), precision)
        solve = cholesky_solver(lifted, shift, max(rounding, FORMED_DOUBT * np.trace(K) / self.n))
        dual = solve(y)
        dual += solve(y - lifted @ dual - shift * dual)
        return self.back(dual)

    def leverages(self, ridge: float = 0.0, digits: type = np.float64) -> Array:
        """(n,) ``h_i = 1/n + x̃ᵢᵀ(X̃ᵀX̃ + nλI)⁺x̃ᵢ``, intercept included."""
        if digits == np.float32 and ridge in self._compared:
            return self._compared[ridge]
        r = self.used(ridge)
        squares = self.values[:r] ** 2
        kept = squares / (squares + self.n * ridge)
        inner = [U[:, :r] ** 2 @ kept for _, U in self.left(EVERY, digits)]
        return np.asarray(1 / self.n + np.concatenate(inner))

    def influence(self, ridge: float = 0.0, some: slice = EVERY) -> Array:
        """(n, p) whose row i is ``(X̃ᵀX̃ + nλI)⁺x̃ᵢ``: how label i moves the coefficients."""
        key = ridge, str(some)
        if key not in self._influences:
            r, (_, s, Vt, _) = self.used(ridge), self.factors
            U = np.concatenate([U for _, U in self.left(some)])[:, :r]
            found = product(U * (s[:r] / (s[:r] ** 2 + self.n * ridge)), Vt[:r])
            if some == EVERY and self.n > KEPT:
                return found
            self._influences[key] = found
        return self._influences[key]

    def loo_residuals(self, targets: Array, ridge: float = 0.0, some: slice = EVERY) -> Array:
        """Exact leave-one-out residuals ``y_i − f⁻ⁱ(x_i)`` without a refit.

        The refit that they equal holds the total penalty nλ fixed and drops row i from the means
        as well; at λ = 0 it is the minimum-norm fit. With M = I − H they are ``[My]ᵢ / Mᵢᵢ``;
        where a ridgeless fit passes through a row whatever its label (leverage 1), both vanish
        and the limit of M/λ takes their place.

        Takes (n, k), and returns those of some rows.
        """
        (path,) = self.loo_path(targets, [ridge], some)
        return np.asarray(path)

    def loo_path(self, targets: Array, ridges: Sequence[float], some: slice = EVERY) -> Array:
        """Leave-one-out residuals of some rows at several ridges → (len(ridges), m, k)."""
        y, shifts = targets - targets.mean(axis=0), self.n * np.asarray(ridges, float)
        found = np.empty((len(shifts), *y[some].shape))
        for places in (np.flatnonzero(shifts > 0), np.flatnonzero(shifts == 0)):
            if len(places):
                found[places] = self._left_out(y, shifts[places], some)
        return found

    def loo_losses(
        self, targets: Array, ridges: Sequence[float], *, factored: bool = True
    ) -> Array:
        """(len(ridges),) sums of squared leave-one-out residuals of (n, k) targets.

        In float32 where that decides nothing: with many rows, none of which has a leverage near 1,
        and labels that no fit explains nearly. A design that is not to be factored for anything
        else need not be in all digits.
        """
        if self.n >= TALL * self.source.shape[1]:
            known = None if factored else self.coarse
            if known is None and self.factors[0] is None:
                known = self.values, self.factors[2].T
            y = targets - targets.mean(axis=0)
            losses = known and self._rough_losses(y, np.asarray(ridges), *known)
            if losses is not None:
                return losses
        return np.asarray(np.sum(self.loo_path(targets, ridges) ** 2, axis=(1, 2)))

    def _rough_losses(self, y: Array, ridges: Array, s: Array, V: Array) -> Array | None:
        """Do it in float32, unless that is too coarse."""
        shrunk = s[:, None] ** 2 / np.add.outer(s**2, self.n * ridges)
        projected = product(V.T, self.back(y)) / s[:, None]
        inner = (shrunk[:, :, None] * projected[:, None, :]).reshape(len(s), -1)
        each = V / s, inner, shrunk
        basis, rough, weights = (one.astype(np.float32, copy=False) for one in each)
        losses = np.zeros(len(ridges))
        leverages = np.empty((len(ridges), self.n), dtype=np.float32)
        for some, rows in self.parts():
            U = product(rows.astype(np.float32), basis)
            fitted = product(U, rough).reshape(len(U), len(ridges), -1)
            left = y[some, None, :] - fitted
            leverages[:, some] = product(U * U, weights).T + 1 / self.n
            free = 1 - leverages[:, some].T
            if not free.min() > ROOM:
                return None
            losses += np.sum((left / free[:, :, None]) ** 2, axis=(0, 2))
        if losses.min() <= ROOM**2 * np.sum(y**2):
            return None
        self._compared.update(zip(ridges.tolist(), leverages, strict=True))
        return losses

    def _left_out(self, y: Array, shifts: Array, some: slice) -> Array:
        """(q, m, k) ``[My]ᵢ / Mᵢᵢ`` at total ridges nλ, all positive or all 0."""
        projected = self.projected(y)
        parts = [self._left_out_of(U, y[where], projected, shifts) for where, U in self.left(some)]
        return np.concatenate(parts, axis=1)

    def _left_out_of(self, U: Array, y: Array, projected: Array, shifts: Array) -> Array:
        """Do it for some rows, (m, r) and (m, k)."""
        n, r, whole = self.n, self.used(float(shifts[0])), bool(shifts[0])
        U, s, projected = U[:, :r], self.values[:r], projected[:r]
        squares = U**2
        free, outside = 1 - 1 / n - squares.sum(axis=1), y - U @ projected
        pinned = (free <= LEVERAGE_ROUNDING * n * EPS64) | (r == n - 1)
        free, outside = np.where(pinned, 0, free), np.where(pinned[:, None], 0, outside)
        weights = shifts / np.add.outer(s**2, shifts) if whole else 1 / s[:, None] ** 2
        inner = (weights[:, :, None] * projected[:, None, :]).reshape(r, -1)
        residual = product(U, inner).reshape(len(U), len(shifts), -1)
        diagonal = product(squares, weights)
        if not whole:  # what a ridgeless fit leaves is outside, but for rows that it passes through
            residual, diagonal = residual * pinned[:, None, None], diagonal * pinned[:, None]
        left = (outside[:, None, :] + residual) / (free[:, None] + diagonal)[:, :, None]
        return np.asarray(left.transpose(1, 0, 2))
