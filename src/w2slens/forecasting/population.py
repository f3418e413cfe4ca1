"""The population that n labels and a pool make likely: a `Problem` for what is asked next.

Every risk is a quadratic form of f*, so that its posterior mean needs no draw: it is the risk of a
population whose outputs are a root of ``E[f*f*ᵀ | labels]``. What the labels leave unexplained
counts as part of f* that neither side expresses: risks are raw.
"""

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.forecasting.pool import Unlabeled
from w2slens.models.posterior import Posterior
from w2slens.theory import Problem

KEPT = 1e-6
"""Share of the energy of f* up to which directions are left out: every one kept is an output."""


def likely_population(belief: Posterior, pool: Unlabeled, unit: float) -> Problem:
    """Describe the pool with the f* that the labels make likely, in squared units of the labels."""
    second, noise = belief.moments()
    weak, strong, C = pool.weak.spectrum, pool.strong.spectrum, pool.overlap
    half_w, half_s = np.sqrt(weak.values), np.sqrt(strong.values)
    d_w, d_s = (len(side.variances) for side in (belief.prior.weak, belief.prior.strong))
    # Correlations of both sides' axes with the directions of f*: z = [φ_w ; φ_s] whitened.
    seen_w = np.hstack([np.eye(weak.rank, d_w), C[:d_s].T])
    seen_s = np.hstack([C[:, :d_w], np.eye(strong.rank, d_s)])
    expressed = np.vstack([seen_w[:d_w], seen_s[:d_s]])
    outputs = _root(second, expressed)
    signal = float(np.sum(outputs * (expressed @ outputs))) + noise
    return Problem(
        np.diag(weak.values),
        np.diag(strong.values),
        half_s[:, None] * C * half_w,
        half_w[:, None] * (seen_w @ outputs) * unit,
        half_s[:, None] * (seen_s @ outputs) * unit,
        signal=signal * unit**2,
    )


def _root(second: Array, expressed: Array) -> Array:
    """(r, few) root of second moments, without the columns that hold a share `KEPT` of energy."""
    values, vectors = linalg.eigh(second, driver="evd", check_finite=False)
    columns = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, ::-1]
    energy = np.maximum(np.sum(columns * (expressed @ columns), axis=0), 0.0)
    rest = energy.sum() - np.cumsum(energy)
    return np.asarray(columns[:, : int(np.argmax(rest <= KEPT * energy.sum())) + 1])
