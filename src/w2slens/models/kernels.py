"""A kernel K plus noise, ``K + g`` for several g: how labels are explained by it, and its solves.

Of few rows one tridiagonal matrix serves all g at once; of many rows a Cholesky factor of each g
that matters takes less time.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple, Protocol, Self

import numpy as np
from scipy import linalg
from scipy.linalg.lapack import dorgqr, dormqr, dpotri, dpotrs, dptsv, dsytrd, dsytrd_lwork

from w2slens._core.types import Array
from w2slens.moments.products import mirrored, product

EXPLAINED = 1e-12  # share of the labels' variance below which what f* leaves of it is rounding
NEGLIGIBLE = 1e-3  # combinations with a smaller share of the best one's evidence are left out
BLOCK = 32  # columns that LAPACK takes at a time where it is given the room
SIGNALS = (0.02, 0.05, 0.1, 0.18, 0.27, 0.36, 0.45, 0.55, 0.65, 0.75, 0.85, 0.93)
"""Shares of the variance of the labels that f* explains."""

NOISES = np.array([(1 - share) / share for share in SIGNALS])
"""g, noise over the variance of f*."""


class Rows(NamedTuple):
    """Labeled rows along the axes of a prior, and their labels, both centred; rotated if n > r."""

    rows: Array  # R, (m, r)
    labels: Array  # (m, k)
    rotation: Array | None  # (n, m) orthonormal columns: the rows are ``rotation · R``
    n: int
    unseen: float  # squares of the labels outside the rotation

    @classmethod
    def of(cls, rows: Array, labels: Array) -> "Rows":
        """Take centred rows (n, r) along the axes, and centred labels."""
        n, r = rows.shape
        if n <= r:
            return cls(rows, labels, None, n, 0.0)
        Q, R = linalg.qr(rows, mode="economic", check_finite=False)
        seen = Q.T @ labels
        return cls(R, seen, Q, n, max(float(np.sum(labels**2) - np.sum(seen**2)), 0.0))

    def rotated(self, right: Array) -> Array:
        """Bring (m, k) back to the rows as they came, (n, k)."""
        return right if self.rotation is None else product(self.rotation, right)


class Evidence(NamedTuple):
    """What the labels say of every noise: its evidence, and what it leaves unexplained."""

    logs: Array  # (noises,) −∞ where it was not looked at
    quadratics: Array  # (noises,) squares left, over g: their ratio to χ² is the scale of the prior


class Kernel(Protocol):
    """``K + g``, whose solves come in two steps: one for all g, one for each."""

    evidence: Evidence

    def dual(self, noise: float) -> Array:
        """Return ``(K + g)⁻¹y`` of the labels y, (m, k)."""

    def prepare(self, right: Array) -> Array:
        """Do what all g share of a solve for (m, k)."""

    def finish(self, noise: float, prepared: Array) -> Array:
        """Return ``(K + g)⁻¹ right``."""

    def diagonal(self, noise: float) -> Array:
        """(n,) diagonal of the inverse, seen from the rows as they came."""


class Tridiagonal(NamedTuple):
    """A kernel ``K = QTQᵀ``, Q by its reflections, and the labels along Q."""

    reflectors: Array  # (m − 1, m − 1) below the diagonal
    scales: Array  # (m − 1,)
    diagonal: Array  # (m,) of T
    beside: Array  # (max(m − 1, 1),)
    labels: Array  # (m, k) Qᵀy

    @classmethod
    def of(cls, kernel: Array, labels: Array) -> Self:
        """Reduce a kernel (m, m)."""
        m = len(kernel)
        room = int(dsytrd_lwork(m, lower=1)[0])
        packed, diagonal, beside, scales, _ = dsytrd(kernel, lower=1, lwork=room)
        along, reflectors = np.array(labels, order="F"), packed[1:, :-1]
        if m == 1:
            beside = np.zeros(1)  # LAPACK wants one
        else:
            room = BLOCK * labels.shape[1]
            along[1:] = dormqr("L", "T", reflectors, scales, along[1:], lwork=room)[0]
        return cls(reflectors, scales, diagonal, beside, along)

    def turn(self) -> Array:
        """Return Q, (m, m)."""
        whole, m = np.eye(len(self.diagonal)), len(self.diagonal)
        if m > 1:
            whole[1:, 1:] = dorgqr(self.reflectors, self.scales, lwork=BLOCK * (m - 1))[0]
        return whole


class Reduced:
    """By a tridiagonal matrix, a fifth of the work of eigenpairs."""

    def __init__(self, data: Rows, matrix: Tridiagonal, evidence: Evidence) -> None:
        self._data, self._matrix, self.evidence = data, matrix, evidence

    @classmethod
    def each(cls, data: Rows, kernels: Iterable[Array]) -> list[Self]:
        """Reduce kernels (m, m), and hear of all noises of all at once."""
        found = [Tridiagonal.of(kernel, data.labels) for kernel in kernels]
        d, e, z = (
            np.stack(each)
            for each in zip(*((one.diagonal, one.beside, one.labels) for one in found), strict=True)
        )
        pivots = d[:, :1] + NOISES
        reached = np.repeat(z[:, 0][:, None], len(NOISES), axis=1)
        left, volumes = np.sum(reached**2, axis=2) / pivots, np.log(pivots)
        for i in range(1, d.shape[1]):
            factor = e[:, i - 1, None] / pivots
            pivots = d[:, i, None] + NOISES - factor * e[:, i - 1, None]
            reached = z[:, i][:, None] - factor[:, :, None] * reached
            left += np.einsum("cgk,cgk->cg", reached, reached) / pivots
            volumes += np.log(pivots)
        heard = zip(*explained(data, left, volumes), strict=True)
        return [cls(data, one, Evidence(*each)) for one, each in zip(found, heard, strict=True)]

    @cached_property
    def _turn(self) -> Array:
        return self._matrix.turn()

    def dual(self, noise: float) -> Array:
        """Solve for the labels."""
        return self.finish(noise, self._matrix.labels)

    def prepare(self, right: Array) -> Array:
        """See it along Q."""
        return product(self._turn.T.astype(right.dtype), right)

    def finish(self, noise: float, prepared: Array) -> Array:
        """Solve along T, and go back."""
        solved = self._solved(noise, prepared)
        return product(self._turn, solved).astype(prepared.dtype, copy=False)

    def diagonal(self, noise: float) -> Array:
        """Sum products of rows of Q."""
        turn = self._data.rotated(self._turn)
        return np.asarray(np.sum(turn * self._solved(noise, turn.T).T, axis=1))

    def _solved(self, noise: float, right: Array) -> Array:
        return np.asarray(dptsv(self._matrix.diagonal + noise, self._matrix.beside, right)[2])


class Factored:
    """By Cholesky factors of the noises about the likeliest one.

    `start` is where to look first; on either side the search ends where the evidence is below a
    share of the best one's, here or, with `best` its logarithm, elsewhere. What is looked at is
    factored in `room`, (m, m) by columns, which the kernels of all candidates share: fresh memory
    costs as much as a third of a factor.
    """

    def __init__(
        self, data: Rows, kernel: Array, start: int, room: Array, share: float, best: float
    ) -> None:
        self._kernel, self._data = kernel, data
        self._duals: dict[float, Array] = {}
        self._inverses: dict[float, Array] = {}
        count = len(NOISES)
        left, volumes = np.full(count, np.nan), np.full(count, np.nan)
        logs = np.full(count, -np.inf)
        for steps in (range(start, count), range(start - 1, -1, -1)):
            for i in steps:
                left[i], volumes[i] = self._looked_at(float(NOISES[i]), room)
                logs[i] = explained(data, left, volumes).logs[i]
                best = max(best, float(logs[i]))
                if logs[i] < best + np.log(share):
                    break
        found = explained(data, left, volumes)
        self.evidence = found._replace(logs=np.where(np.isnan(found.logs), -np.inf, found.logs))

    def _looked_at(self, noise: float, room: Array) -> tuple[float, float]:
        labels, factor = self._data.labels, self._factored(noise, room)
        dual, _ = dpotrs(factor, labels, lower=1)
        self._duals[noise] = np.asarray(dual)
        return float(np.sum(labels * dual)), 2 * float(np.sum(np.log(np.diag(factor))))

    def _factored(self, noise: float, room: Array) -> Array:
        """Fill the lower triangle of room with the factor of a noise."""
        np.copyto(room, self._kernel)
        room[np.diag_indices_from(room)] += noise
        factor, _ = linalg.cho_factor(room, lower=True, overwrite_a=True, check_finite=False)
        return np.asarray(factor)

    def _inverse(self, noise: float) -> Array:
        """Invert once what is solved for often: a third of the solve for as many columns."""
        if noise not in self._inverses:
            factor = self._factored(noise, np.empty_like(self._kernel, order="F"))
            self._inverses[noise] = mirrored(dpotri(factor, lower=1, overwrite_c=1)[0])
        return self._inverses[noise]

    def dual(self, noise: float) -> Array:
        """Recall the labels' solve of a noise that was looked at."""
        return self._duals[noise]

    def prepare(self, right: Array) -> Array:
        """Share nothing."""
        return right

    def finish(self, noise: float, prepared: Array) -> Array:
        """Multiply by the inverse."""
        return product(self._inverse(noise).astype(prepared.dtype, copy=False), prepared)

    def diagonal(self, noise: float) -> Array:
        """Take the inverse's, seen from the rows."""
        inverse, Q = self._inverse(noise), self._data.rotation
        return np.diag(inverse) if Q is None else np.sum(Q * product(Q, inverse), axis=1)


def explained(data: Rows, left: Array, volumes: Array) -> Evidence:
    """Take (…, noises) ``yᵀ(K+g)⁻¹y`` and ``log det(K+g)`` over the rotated rows.

    Centring takes one row, and what the rotation leaves out is noise alone.
    """
    k, free = data.labels.shape[1], data.n - 1
    total = float(np.sum(data.labels**2)) + data.unseen
    quadratics = np.maximum(left + data.unseen / NOISES, EXPLAINED * total / NOISES)
    volumes = volumes + (free - len(data.rows)) * np.log(NOISES)
    return Evidence(-0.5 * k * volumes - 0.5 * free * k * np.log(quadratics), quadratics)
