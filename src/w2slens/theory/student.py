"""The W2S student: what it makes of its teacher's coefficients, on average over its pool.

With A = R_sΣ_sw, K = AᵀΣ_ssA and Q as in `equivalent`, a student of N pseudo-labels turns teachers
whose coefficients have second moments B into predictions of mean square ``tr(KB) + c·tr(QB)``,
``c = df2_s/(N − df2_s)``: it keeps what its features express of them, and a finite pool copies a
part of what they lack. Without ridge ``tr(KC_w)`` counts d_sw shared dimensions of the teacher's
variance and ``tr(QC_w)`` the other d_w − d_sw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from w2slens._core.types import Array
from w2slens.moments.products import product
from w2slens.moments.spectrum import Spectrum
from w2slens.theory.few import few
from w2slens.theory.fits import Fit, Parts
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Filters, Shrinkage, Sites
from w2slens.theory.side import Side

TOLD = 2_000_000  # numbers of teachers' coefficients along the student's axes at a time


class Taught(NamedTuple):
    """Second moments B of teachers' coefficients, as far as a student of any size sees them."""

    squares: Array  # (teachers, r_s) diagonals of XBXᵀ
    total: Array  # (teachers,) tr(Σ_ww B)


@dataclass(frozen=True, eq=False)
class Relay:
    """The way from a teacher over a pool into the student's features, for every pool size."""

    eigen: Spectrum  # of Σ^u_ss
    cross: Array  # X: Σ^u_sw along `eigen` and the teacher's axes, (r_s, r_w)
    weak_gram: Array  # Σ^u_ww along the teacher's axes, (r_w, r_w)
    diagonal: bool = False  # whether it is known to be

    @classmethod
    def of(cls, labeled: Problem, pool: Problem) -> "Relay":
        """Take the moments of two populations, which may be one."""
        eigen, axes = pool.strong.spectrum, labeled.weak.spectrum.vectors
        cross = eigen.vectors.T @ pool.cross_gram @ axes
        if labeled is pool:
            return cls(eigen, cross, np.diag(labeled.weak.spectrum.values), True)
        return cls(eigen, cross, axes.T @ pool.weak_gram @ axes)

    def tell(self, R: Array, c: Array, target: Array) -> tuple[Taught, Array]:
        """See teachers of coefficients ``m = R c``, (teachers, r_w) R and (r_w, k) c.

        The second is the (teachers, r_s) diagonals of ``Xm·targetᵀ``. Of teachers that are
        combinations of others (`few`) nothing is done that is not done of those.
        """
        G, X = self.weak_gram, self.cross
        weights = np.sum(c**2, axis=1) * np.diag(G)
        total = R**2 @ weights
        if not self.diagonal:
            total = np.array([np.sum(m * (G @ m)) for m in (row[:, None] * c for row in R)])
        places, T = few(R * np.sqrt(weights))
        i, j = np.triu_indices(len(places))
        pairs = T[:, i] * T[:, j] * np.where(i == j, 1.0, 2.0)
        squares, linear = np.empty((2, len(R), len(X)))
        size = max(TOLD // (len(places) * max(c.shape)), 1)
        for start in range(0, len(X), size):
            some = slice(start, start + size)
            Y = X[some, None, :] * R[places]  # (rows, few, r_w), then (rows, few, k)
            Y = product(Y.reshape(-1, len(c)), c).reshape(len(Y), len(places), -1)
            squares[:, some] = pairs @ (Y @ Y.transpose(0, 2, 1))[:, i, j].T
            linear[:, some] = T @ np.einsum("rak,rk->ar", Y, target[some])
        return Taught(squares, total), linear

    def spread(self, variances: Array) -> Taught:
        """See teachers of independent coefficients, (teachers, r_w) variances."""
        return Taught(variances @ (self.cross**2).T, variances @ np.diag(self.weak_gram))


class Part(NamedTuple):
    """What students make of one part of their teachers, (teachers, sites) each."""

    tested: Array  # on the test population
    lacked: Array  # tr(QB)


class Heard(NamedTuple):
    """What students make of their teachers whatever the size of the pool, (teachers, sites) each.

    A student's risk is ``bias + inherited + own`` and, times what a finite pool copies of it,
    ``lacked``.
    """

    bias: Array  # (Am)ᵀΣ^t(Am) − 2(Am)ᵀc^t + E_t‖f*‖²
    inherited: Array  # tr(AᵀΣ^tA C)
    lacked: Array  # mᵀQm + tr(QC)
    own: Array  # (teachers, 1) error of the teacher's intercept, which the student copies


@dataclass(frozen=True, eq=False)
class Listening:
    """Students at many effective ridges κ_s, whatever pool and ridge lead to them."""

    relay: Relay  # from the teacher
    filters: Filters | Shrinkage  # of Σ^u_ss

    def kept(self, taught: Taught, variances: Array) -> Array:
        """``tr(AᵀΣAB)`` (teachers, sites) for diagonal Σ (r_s,); ``tr(KB)`` for that of Σ_ss."""
        return np.asarray((taught.squares * variances) @ self.filters.squared.T)

    def lacked(self, taught: Taught) -> Array:
        """``tr(QB)``, (teachers, sites)."""
        return taught.total[:, None] - taught.squares @ self.filters.relayed.T

    def hear(self, teacher: Fit, test: Side) -> Heard:
        """Listen to teachers at all their sites; tested on t `along` u."""
        means = self.hear_means(teacher.shrinkage.resolvent, teacher.cross, test)
        spreads = self.hear_spreads(teacher.spread, test)
        own = teacher.misfit * teacher.shrinkage.sites.mean_error
        return Heard(means.tested, spreads.tested, means.lacked + spreads.lacked, own[:, None])

    def hear_means(self, R: Array, c: Array, test: Side) -> Part:
        """Listen to coefficients that are sure: what students of them miss.

        Those of teachers with (teachers, r_w) filters R of (r_w, k) cross moments c: ``m = R c``.
        """
        relay = self.relay
        taught, linear = relay.tell(R, c, test.target)

        def seen(a: int) -> Array:
            Y = (relay.cross * R[a]) @ c
            return np.asarray(Y @ Y.T)

        squared = self._tested(taught, test, seen)
        linear = linear @ self.filters.resolvent.T
        return Part(squared - 2 * linear + test.energy, self.lacked(taught))

    def hear_spreads(self, variances: Array, test: Side) -> Part:
        """Listen to (teachers, r_w) variances of coefficients: what students inherit of them."""
        X, taught = self.relay.cross, self.relay.spread(variances)
        tested = self._tested(taught, test, lambda a: (X * variances[a]) @ X.T)
        return Part(tested, self.lacked(taught))

    def _tested(self, taught: Taught, test: Side, seen: Callable[[int], Array]) -> Array:
        """``tr(AᵀΣ^tAB)`` (teachers, sites); `seen` gives XBXᵀ of one teacher, needed for shift."""
        if test.diagonal:
            return self.kept(taught, np.diag(test.gram))
        R = self.filters.resolvent
        teachers = range(len(taught.total))
        return np.array([np.sum((R @ (test.gram * seen(a))) * R, axis=1) for a in teachers])


@dataclass(frozen=True, eq=False)
class Student:
    """Students at many pool sizes."""

    relay: Relay  # from the teacher
    shrinkage: Shrinkage  # of Σ^u_ss, at pool sizes N with λ_s

    @classmethod
    def of(cls, relay: Relay, sites: Sites) -> "Student":
        """Fit students at pool sizes N with λ_s."""
        return cls(relay, Shrinkage(relay.eigen, sites))

    @property
    def listening(self) -> Listening:
        """The same at their effective ridges."""
        return Listening(self.relay, self.shrinkage)

    def passed(self, copied: float) -> Array:
        """``K + c·Q`` (r_w, r_w) of the first site: what of the teacher's squares gets through."""
        s, X = self.shrinkage, self.relay.cross
        kept = s.values * s.resolvent[0] ** 2 - copied * s.relayed[0]
        return np.asarray(copied * self.relay.weak_gram + X.T @ (kept[:, None] * X))

    def risk(self, teacher: Fit, test: Side) -> Parts:
        """Bias and variance of the excess risk on t `along` u, (teacher sites, student sites).

        The variance has three parts: what a finite pool makes of the teacher's mean, the teacher's
        variance that the student inherits, and what the pool makes of the rest of it.
        """
        s = self.shrinkage
        heard = self.listening.hear(teacher, test)
        # τ_s² = [mᵀQm + tr(QC)]/(1 − df2/N), times tr(Σ^tRΣ^uR)/N and the intercept's 1/N
        extra = s.resolvent**2 @ (s.values * np.diag(test.gram)) / np.maximum(s.sites.free, 1.0)
        copied = heard.lacked * s.inflation * (extra + s.sites.mean_error)
        defined = teacher.shrinkage.defined[:, None] & s.defined
        return np.where(defined, heard.bias, np.nan), heard.inherited + copied + heard.own
