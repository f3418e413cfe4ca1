"""Raw risks of several teachers on the same labels, told apart better than one by one.

Teachers that are fitted to the same labels err on the same rows: most of the noise of their
leave-one-out risks is common, and theory says how the risks differ if no teacher lacks more of f*
than another, ``R_k = c_kσ̃²``. Departures from that are teachers' own: few and large, or many and
small, which the teachers together show.
"""

import numpy as np

from w2slens._core.types import Array

SCALES = (0.005, 0.04, 0.32)
"""Standard deviations of departures in units of the mean risk: which share of the teachers has
which is not known."""

CHAINS, SWEEPS, BURN_IN = 256, 64, 24
"""Gibbs samplers side by side, their sweeps, and how many first ones are dropped."""

JITTER = 1e-4  # added to the covariance, over its mean variance: two teachers may be the same


def pooled_risks(risks: Array, theory: Array, covariance: Array) -> Array:
    """Shrink risks towards ``c·σ̃²``, σ̃² and the size of departures unknown.

    From (K,) risks as estimated for each teacher alone, their (K, K) covariance and (K,) c of
    `theory`, take (K,) posterior means; a single teacher's risk is unchanged.
    """
    K, level = len(risks), float(risks.mean())
    variance = float(np.trace(covariance)) / K
    if K == 1 or variance == 0:
        return risks
    rng = np.random.default_rng(0)
    P = np.linalg.inv(covariance + JITTER * variance * np.eye(K))
    map_ = np.vstack([theory, np.eye(K)])  # (σ̃², δ) → risks, transposed
    precision, right = map_ @ P @ map_.T, map_ @ P @ risks
    scales = np.array(SCALES) * level
    which, total, places = np.zeros((CHAINS, K), int), np.zeros(K), np.arange(1, K + 1)
    for sweep in range(SWEEPS):
        A = np.repeat(precision[None], CHAINS, axis=0)
        A[:, places, places] += 1 / scales[which] ** 2
        inverse = np.linalg.inv(A)
        mean = inverse @ right
        draws = np.linalg.cholesky(inverse) @ rng.standard_normal((CHAINS, K + 1, 1))
        δ = (mean + draws[:, :, 0])[:, 1:]
        counts = np.sum(which[:, :, None] == np.arange(len(scales)), axis=1)  # (chains, scales)
        shares = rng.standard_gamma(1.0 + counts)
        shares /= shares.sum(axis=1, keepdims=True)  # Dirichlet
        log = np.log(shares + 1e-300) - np.log(scales)
        log = log[:, None, :] - 0.5 * (δ[:, :, None] / scales) ** 2
        odds = np.exp(log - log.max(axis=2, keepdims=True))
        odds /= odds.sum(axis=2, keepdims=True)
        which = np.sum(rng.random((CHAINS, K, 1)) > np.cumsum(odds, axis=2), axis=2)
        which = np.minimum(which, len(scales) - 1)
        if sweep >= BURN_IN:
            total += (mean @ map_).mean(axis=0)
    return np.asarray(total / (SWEEPS - BURN_IN))
