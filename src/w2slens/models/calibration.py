"""Scores of classes as probabilities: a softmax whose temperature serves the labels best.

Least squares shrinks: its scores name the right class and are too flat as probabilities. One number
mends that, ``softmax(τ·scores)``, and exact leave-one-out scores tell it without a held-out row.
"""

import numpy as np

from w2slens._core.types import Array
from w2slens.models.logistic import cross_entropies, probabilities

TEMPERATURES = np.geomspace(0.5, 100.0, 61)
"""Candidates τ."""


def temperature(held_out: Array, targets: Array, weights: Array | None = None) -> float:
    """Return τ of least cross-entropy of (n, k) leave-one-out scores to one-hot labels, in nats."""
    losses = [
        float(np.average(cross_entropies(τ * held_out, targets), weights=weights))
        for τ in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibrated(scores: Array, τ: float) -> Array:
    """(rows, k) probabilities."""
    return probabilities(τ * scores)
