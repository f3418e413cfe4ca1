"""One side of a population: second moments of its features, and what they express of f*."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.moments.products import product
from w2slens.moments.spectrum import Spectrum, is_diagonal, spectrum


@dataclass(frozen=True, eq=False)
class Side:
    """The weak or the strong features of a population."""

    gram: Array  # Σ = E[φφᵀ], (p, p)
    target: Array  # c = E[φ f*], (p, k)
    energy: float  # E‖f*‖²

    @cached_property
    def spectrum(self) -> Spectrum:
        """Retained eigenpairs of Σ."""
        return spectrum(self.gram)

    @property
    def dimension(self) -> int:
        """Intrinsic dimension: the rank of Σ."""
        return self.spectrum.rank

    @cached_property
    def coef(self) -> Array:
        """(p, k) ``Σ⁺c``: coefficients of Πf*."""
        return self.spectrum.solve(self.target)

    @cached_property
    def along_axes(self) -> Array:
        """(r, k) ``Vᵀc``: cross moments of f* with the principal axes."""
        return product(self.spectrum.vectors.T, self.target)

    @cached_property
    def energies(self) -> Array:
        """(r,) squares of f* along the principal axes."""
        return np.asarray(np.sum(self.along_axes**2, axis=1) / self.spectrum.values)

    @cached_property
    def expressed(self) -> float:
        """``‖Πf*‖²``."""
        return float(self.energies.sum())

    @cached_property
    def error(self) -> float:
        """``‖f* − Πf*‖²``: what no probe of these features can express."""
        return max(self.energy - self.expressed, 0.0)

    @cached_property
    def diagonal(self) -> bool:
        """Whether its axes are principal: seen along a training population's, there is no shift."""
        return is_diagonal(self.gram)

    def along(self, trained: "Side") -> "Side":
        """See it along the eigenvectors of the population that fits were trained on."""
        eigen = trained.spectrum
        if self is trained:
            return Side(np.diag(eigen.values), self.along_axes, self.energy)
        V = eigen.vectors
        return Side(V.T @ self.gram @ V, V.T @ self.target, self.energy)

    def mixed(self, other: "Side", share: float) -> "Side":
        """Return the population of which `share` comes from another, in the same coordinates."""
        return Side(
            (1 - share) * self.gram + share * other.gram,
            (1 - share) * self.target + share * other.target,
            (1 - share) * self.energy + share * other.energy,
        )
