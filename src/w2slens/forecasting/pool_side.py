"""One side of the pool: its second moments, and what fits to few of its rows learn of noise."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.features.ondisk import Matrix, gathered
from w2slens.moments import Moments, Spectrum
from w2slens.moments.spectrum import WHITENED, spectrum

SUBSETS = 20  # draws of labeled rows by which leverages are measured
SPARE = 5
"""A ridgeless fit to this many rows more than dimensions, or fewer, is left to theory: what it
learns has no variance to speak of, and 20 draws do not show it."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Mean over draws of n rows of the noise that a ridgeless fit to them learns.

    Gaussian features make ``E[(X̃ᵀX̃)⁻¹] = Σ⁻¹/(n−d−2)``; rows of real features have heavier
    leverages, and a fit to few of them learns more noise. No label is needed to see it.
    """

    inverse: Array  # (p, p) mean of (X̃ᵀX̃)⁻¹, scaled so that tr(Σ·inverse), Σ the pool's, is share
    share: float  # mean of tr(Σ(X̃ᵀX̃)⁻¹), Σ of the rows that were not drawn: variance over σ²


@dataclass(frozen=True, eq=False)
class PoolSide:
    """The weak or the strong features of the rows without labels."""

    rows: Matrix  # (N, p)
    name: str  # "weak" or "strong"
    moments: Moments  # of the rows, under that name, and of others beside them
    _drawn: dict[int, Drawn] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Eigenpairs of Σ."""
        eigen = self.moments.spectrum(self.name)
        return replace(eigen, all_values=eigen.all_values / self.moments.count)

    @property
    def gram(self) -> Array:
        """Σ, (p, p)."""
        return self.moments.covariance(self.name)

    def shows(self, n: int) -> bool:
        """Whether draws of n rows show what a ridgeless fit learns.

        They must exceed the dimensions enough, and leave enough other rows; else the formula for
        Gaussian features stands.
        """
        rank = self.spectrum.rank
        return n > rank + SPARE and self.moments.count >= n + rank

    def drawn(self, n: int) -> Drawn:
        """Draw n rows again and again, where that `shows` something."""
        if n not in self._drawn:
            self._drawn[n] = self._draw(n)
        return self._drawn[n]

    def _draw(self, n: int) -> Drawn:
        m, eigen, mean = self.moments, self.spectrum, self.moments.centre(self.name)
        rng = np.random.default_rng(0)
        W, rest = eigen.whitening, m.count - n
        inverse, share = np.zeros((eigen.rank, eigen.rank)), 0.0
        draws = [np.sort(rng.choice(m.count, n, replace=False)) for _ in range(SUBSETS)]
        for drawn in gathered(self.rows, draws):
            X = (drawn - mean) @ W.T
            centre = X.mean(axis=0)
            gram = X.T @ X - n * np.outer(centre, centre)
            others = (m.count * np.eye(eigen.rank) - X.T @ X) / rest
            shift = -n / rest * centre
            # A feature may not vary over the rows of a draw; a fit then leaves it alone.
            white = spectrum(gram, np.sum(X**2, axis=0), WHITENED, n - 1).whitening
            found = white.T @ white
            share += np.sum(found * (others - np.outer(shift, shift))) / SUBSETS
            inverse += found / SUBSETS
        # Over rows that were drawn themselves the noise seems smaller than over others.
        inverse *= share / np.trace(inverse)
        return Drawn(W.T @ inverse @ W, float(share))
