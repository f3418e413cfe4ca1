"""Linear probes by cross-entropy on soft labels, to convergence.

The objective is ``(1/m) Σ CE(softmax(b + φW), q) + λ‖W‖²`` with an unpenalised intercept; two
classes share one logit, as in scikit-learn's ``LogisticRegression`` with ``C = 1/(2mλ)``. L-BFGS
works in the principal axes of the rows, each scaled by the largest curvature that it can have, so
that the same stopping rule serves every model: teacher, student, baseline and ceiling.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.features.chosen import Chosen
from w2slens.models.probe import LinearProbe
from w2slens.moments.products import product
from w2slens.moments.spectrum import EPS64, singular, spectrum
from w2slens.moments.stream import reduce

GRADIENT = 1e-6
"""A fit has converged when no component of its gradient, in scaled coordinates, exceeds this."""

STEPS = 5000
"""Most steps of one fit; a fit that needs more warns."""

CURVATURE = {2: 0.25}
"""Largest second derivative of the cross-entropy in its logits, by the number of classes."""

CURVATURE_SOFTMAX = 0.5
"""The same for more than two classes."""


@dataclass(frozen=True, eq=False)
class LogisticDesign(ABC):
    """Rows of one feature matrix in their principal axes, to be fitted to many labels."""

    axes: Array  # (p, r) orthonormal
    mean: Array  # (p,) what was subtracted

    @staticmethod
    def from_rows(features: NDArray[Any] | Chosen) -> "LogisticDesign":
        """Take features (m, p) of any real type: rotated in memory, or read again at every step."""
        if isinstance(features, Chosen):
            return OnDiskDesign.of(features)
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        rows -= mean
        if len(rows) > rows.shape[1]:
            axes = spectrum(product(rows.T, rows)).vectors
        else:
            axes = singular(rows, np.sum(rows**2, axis=0), EPS64)[2].T
        axes = np.ascontiguousarray(axes)
        return RotatedDesign(axes, mean, product(rows, axes))

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of rows."""

    @property
    @abstractmethod
    def variances(self) -> Array:
        """(r,) mean squares along the axes."""

    @abstractmethod
    def sums(self, W: Array, b: Array, labels: Array) -> tuple[float, Array, Array]:
        """Sum cross-entropies at weights along the axes, and their derivatives in W and b."""

    def fit(self, labels: Array, ridge: float) -> LinearProbe:
        """Fit soft labels (m, k) at λ > 0: a probe to k logits, of two of which the first is 0."""
        return self.path(labels, [ridge])[0]

    def path(self, labels: Array, ridges: Sequence[float]) -> list[LinearProbe]:
        """Fit at several ridges, each from where the last one ended; large ones first are fast."""
        k = labels.shape[1]
        logits = 1 if k == 2 else k
        coef, intercept = np.zeros((len(self.axes.T), logits)), _prior(labels)
        probes = []
        for ridge in ridges:
            coef, intercept = self._minimise(labels, ridge, coef, intercept)
            W, b = self.axes @ coef, intercept
            if k == 2:
                W, b = np.column_stack([np.zeros(len(W)), W]), np.append(0.0, b)
            probes.append(LinearProbe(W, b - self.mean @ W))
        return probes

    def _minimise(
        self, labels: Array, ridge: float, coef: Array, intercept: Array
    ) -> tuple[Array, Array]:
        m, r = self.count, self.axes.shape[1]
        curvature = CURVATURE.get(labels.shape[1], CURVATURE_SOFTMAX)
        scale = 1 / np.sqrt(curvature * self.variances + 2 * ridge)
        steps = np.vstack([np.repeat(scale[:, None], coef.shape[1], axis=1), np.ones(len(coef.T))])

        def objective(x: Array) -> tuple[float, Array]:
            θ = x.reshape(steps.shape) * steps
            W, b = θ[:r], θ[r]
            loss, pull, shift = self.sums(W, b, labels)
            gradient = np.vstack([pull / m + 2 * ridge * W, shift / m])
            return loss / m + ridge * float(np.sum(W**2)), (gradient * steps).ravel()

        start = np.vstack([coef, intercept]) / steps
        options = {"maxiter": STEPS, "maxfun": 2 * STEPS, "gtol": GRADIENT, "ftol": 0.0}
        from scipy import optimize  # loads slowly

        found = optimize.minimize(
            objective, start.ravel(), jac=True, method="L-BFGS-B", options=options
        )
        if found.nit >= STEPS:
            warnings.warn(f"a logistic fit did not converge in {STEPS} steps", stacklevel=4)
        θ = found.x.reshape(steps.shape) * steps
        return θ[:r], θ[r]


@dataclass(frozen=True, eq=False)
class RotatedDesign(LogisticDesign):
    """Rows in memory."""

    scores: Array  # (m, r) centred rows along the axes

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.scores)

    @property
    def variances(self) -> Array:
        """(r,) mean squares along the axes."""
        return np.asarray(np.mean(self.scores**2, axis=0))

    def sums(self, W: Array, b: Array, labels: Array) -> tuple[float, Array, Array]:
        """Sum over all rows at once."""
        loss, slope = _cross_entropy(self.scores @ W + b, labels)
        return loss, self.scores.T @ slope, slope.sum(axis=0)


@dataclass(frozen=True, eq=False)
class OnDiskDesign(LogisticDesign):
    """Rows that are read anew at every step of a fit."""

    rows: Chosen
    spread: Array  # (r,) the variances

    @classmethod
    def of(cls, rows: Chosen) -> "OnDiskDesign":
        """Find the axes in a pass."""
        moments = reduce({"rows": part} for _, part in rows.parts())
        eigen = spectrum(moments.cross("rows", "rows"))
        return cls(eigen.vectors, moments.mean, rows, eigen.values / moments.count)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def variances(self) -> Array:
        """(r,) mean squares along the axes."""
        return self.spread

    def sums(self, W: Array, b: Array, labels: Array) -> tuple[float, Array, Array]:
        """Sum over one piece after another."""
        turned, total = self.axes @ W, 0.0
        pull, shift = np.zeros_like(turned), np.zeros_like(b)
        for places, rows in self.rows.parts():
            centred = rows - self.mean
            loss, slope = _cross_entropy(centred @ turned + b, labels[places])
            total += loss
            pull += centred.T @ slope
            shift += slope.sum(axis=0)
        return total, self.axes.T @ pull, shift


def probabilities(logits: Array) -> Array:
    """Softmax of (rows, k) logits."""
    return np.asarray(scipy.special.softmax(logits, axis=1))


def cross_entropies(logits: Array, labels: Array) -> Array:
    """(rows,) cross-entropies in nats of (rows, k) logits against soft labels."""
    return np.asarray(-np.sum(labels * scipy.special.log_softmax(logits, axis=1), axis=1))


def _prior(labels: Array) -> Array:
    """Logits of the mean label, of whose classes none is quite absent."""
    share = np.maximum(labels.mean(axis=0), 1 / (2 * len(labels)))
    logs = np.log(share)
    return np.asarray(logs[1:] - logs[:1] if len(share) == 2 else logs - logs.mean())


def _cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Sum of cross-entropies, and its derivative in the logits (one for two classes)."""
    if logits.shape[1] == 1:
        z, q = logits[:, 0], labels[:, 1]
        p = scipy.special.expit(z)
        return float(np.sum(np.logaddexp(0, z) - q * z)), (p - q)[:, None]
    logs = scipy.special.log_softmax(logits, axis=1)
    return float(-np.sum(labels * logs)), np.exp(logs) - labels
