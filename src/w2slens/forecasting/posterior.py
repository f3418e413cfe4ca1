"""What n labels say of f*: a Gaussian process with unknown hyperparameters.

``y − ȳ = zᵀβ + ε`` for centred z = [φ_w ; φ_s]. f* is a sum of a part along the teacher's
principal directions, one along the student's, and one that either can express of what the other
knows; energy falls along a side's directions i as λᵢ^γ. How the energy is divided, γ and the share
of the signal are not known: all combinations of a small grid count by their
evidence, the scale integrated out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.forecasting.pool import Unlabeled
from w2slens.moments.spectrum import Spectrum

DECAYS = (0.5, 1.0, 1.5)  # γ: energy along a side's principal directions falls as λ^γ

DIVISIONS = (
    (1 / 3, 1 / 3, 1 / 3),
    (0.02, 0.02, 0.96),
    (0.1, 0.1, 0.8),
    (0.1, 0.45, 0.45),
    (0.45, 0.1, 0.45),
    (0.8, 0.1, 0.1),
    (0.1, 0.8, 0.1),
    (0.45, 0.45, 0.1),
)
"""Shares of the energy: along the teacher's directions, along the student's, common to both."""

SIGNALS = (0.02, 0.05, 0.1, 0.18, 0.27, 0.36, 0.45, 0.55, 0.65, 0.75, 0.85, 0.93)
"""Shares of the variance of the labels that f* explains."""

DIRECTIONS = 256  # of a side, along which f* is sought; what lies beyond counts as noise
EXPLAINED = 1e-12  # share of the labels' variance below which what f* leaves of it is rounding
CHUNK = 20_000_000  # numbers drawn at a time at most, so that memory stays bounded
NEGLIGIBLE = 1e-3  # combinations with a smaller share of the best one's evidence are left out


@dataclass(frozen=True, eq=False)
class _Guess:
    """One combination: in coordinates a of prior variance η, ``β = B T a`` and noise ηg."""

    log: float  # evidence
    root: Array  # symmetric root of TTᵀ, the prior covariance along B over η, (r, r)
    axes: Array  # T, (r, r)
    mode: Array  # (r, k) posterior mean of a
    precision: Array  # (r,) posterior precision of a, times ηg
    noise: float  # g
    quadratic: float  # what the labels leave unexplained, over g: its ratio to χ² is η


class Belief:
    """Posterior of f* and of the noise, from (n, p) features z, their (n, k) labels and a pool."""

    def __init__(self, rows: Array, labels: Array, pool: Unlabeled) -> None:
        spectra = pool.weak.spectrum, pool.strong.spectrum
        B = linalg.block_diag(*(eigen.whitening[:DIRECTIONS].T for eigen in spectra))
        C = pool.overlap[:DIRECTIONS, :DIRECTIONS]
        left = (rows - rows.mean(axis=0)) @ B
        guesses = list(_guesses(left, labels - labels.mean(axis=0), spectra, C))
        best = max(guess.log for guess in guesses)
        kept = [guess for guess in guesses if guess.log > best + np.log(NEGLIGIBLE)]
        weights = np.exp([guess.log - best for guess in kept])
        self._guesses, self._weights = kept, weights / weights.sum()
        self.axes: Array = B
        """B, (p, r): directions of unit variance along which f* is sought."""
        self._left, self._free = left, (len(labels) - 1) * labels.shape[1]

    def moments(self) -> tuple[Array, float]:
        """``E[aaᵀ]`` along `axes`, summed over outputs, (r, r), and the mean noise."""
        second, noise = np.zeros_like(self._guesses[0].axes), 0.0
        for guess, weight in zip(self._guesses, self._weights, strict=True):
            k = guess.mode.shape[1]
            scale = guess.quadratic / max(self._free - 2, 1)  # the mean of quadratic/χ²
            T, spread = guess.axes, k * scale * guess.noise / guess.precision
            mean = T @ guess.mode
            second += weight * (mean @ mean.T + (T * spread) @ T.T)
            noise += weight * scale * guess.noise * k
        return second, float(noise)

    def draw(self, count: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield (draws, r, k) coefficients along `axes` and (draws,) noise; `count` in all.

        A draw of the posterior is one of the prior, corrected by the labels as it would explain
        them (Matheron's rule): it moves with the data alone, whatever the eigenvectors are called
        that rounding may turn.
        """
        shares = rng.multinomial(count, self._weights)
        largest = max(CHUNK // self._guesses[0].mode.size, 1)
        pieces = [
            (guess, min(largest, share - start))
            for guess, share in zip(self._guesses, shares.tolist(), strict=True)
            for start in range(0, share, largest)
        ]
        for guess, draws in pieces:
            scale = guess.quadratic / rng.chisquare(self._free, draws)
            k = guess.mode.shape[1]
            ahead = guess.root @ rng.standard_normal((len(guess.root), draws * k))
            noise = guess.noise**0.5 * rng.standard_normal((len(self._left), draws * k))
            T, surprise = guess.axes, self._left.T @ (self._left @ ahead + noise)
            ahead -= T @ ((T.T @ surprise) / guess.precision[:, None])
            spread = ahead.reshape(-1, draws, k) * np.sqrt(scale)[:, None]
            along = (T @ guess.mode)[:, None, :] + spread
            yield along.transpose(1, 0, 2), scale * guess.noise * k


def _guesses(Z: Array, y: Array, spectra: tuple[Spectrum, Spectrum], C: Array) -> Iterator[_Guess]:
    """Yield all combinations for (n, r) rows along the axes and (n, k) labels, both centred."""
    gram, seen, total = Z.T @ Z, Z.T @ y, float(np.sum(y**2))
    n, k = y.shape
    for γ in DECAYS:
        own_w, own_s = (_decay(eigen, γ) for eigen in spectra)
        common_w, common_s = C.T @ (own_s[:, None] * C), C @ (own_w[:, None] * C.T)
        for q_w, q_s, q in DIVISIONS:
            root = linalg.block_diag(
                _root(q_w * np.diag(own_w) + q / 2 * _unit(common_w)),
                _root(q_s * np.diag(own_s) + q / 2 * _unit(common_s)),
            )
            values, U = linalg.eigh(root @ gram @ root, driver="evd", check_finite=False)
            values, T = np.maximum(values, 0.0), root @ U
            a = T.T @ seen
            for share in SIGNALS:
                g = (1 - share) / share
                missed = total - float(np.sum(a**2 / (values + g)[:, None]))
                quadratic = max(missed, EXPLAINED * total) / g
                volume = float(np.sum(np.log1p(values / g)) + (n - 1) * np.log(g))
                log = -0.5 * k * volume - 0.5 * (n - 1) * k * np.log(quadratic)
                mode = a / (values + g)[:, None]
                yield _Guess(log, root, T, mode, values + g, g, quadratic)


def _decay(eigen: Spectrum, γ: float) -> Array:
    energy = eigen.values[:DIRECTIONS] ** γ
    return np.asarray(energy / energy.sum())


def _unit(matrix: Array) -> Array:
    return np.asarray(matrix / max(float(np.trace(matrix)), 1e-300))


def _root(matrix: Array) -> Array:
    values, vectors = linalg.eigh(matrix, driver="evd", check_finite=False)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
