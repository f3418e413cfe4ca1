"""Fits of one feature block to noisy labels, and the populations that they are tested on.

The teacher of the two-stage equivalent, and the strong baseline and ceiling likewise. Symbols as
in `equivalent`; everything is a sum along the eigenvectors of the training second moment, so that
many sample sizes cost a product of matrices.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.side import Side

Parts = tuple[Array, Array]
"""Bias and variance of a risk."""


class Fit:
    """Fits of one feature block to noisy labels, at many sites.

    `side`: the training population's; `noise`: σ²; `sites`: where it is evaluated.
    """

    def __init__(self, side: Side, noise: float, sites: Sites) -> None:
        self.shrinkage = s = Shrinkage(side.spectrum, sites)
        λ, R, n = s.values, s.resolvent, sites.free
        c = side.spectrum.vectors.T @ side.target
        # τ² = [κ² bᵀRΣR b + ρ + σ²]/(1 − df2/n), b = Σ⁺c
        missed = s.kappa**2 * (R**2 @ (np.sum(c**2, axis=1) / λ))
        self.misfit: Array = (missed + side.error + noise) * s.inflation
        """(sites,) τ²: the test error on the training population, noise included."""
        self.mean: Array = R[:, :, None] * c
        """(sites, r, k) m along the eigenvectors."""
        self.spread: Array = (self.misfit / np.maximum(n, 1.0))[:, None] * λ * R**2
        """(sites, r) diagonal of C."""

    def risk(self, test: "Tested") -> Parts:
        """(sites,) bias and variance of the excess risk on a test population."""
        m, T = self.mean, test.gram
        if test.diagonal:
            squared = np.sum(m**2, axis=2) @ np.diag(T)
        else:
            squared = np.einsum("srk,rq,sqk->s", m, T, m, optimize=True)
        bias = squared - 2 * np.einsum("srk,rk->s", m, test.target) + test.energy
        variance = self.spread @ np.diag(T) + self.misfit * self.shrinkage.sites.mean_error
        return np.where(self.shrinkage.defined, bias, np.nan), variance


@dataclass(frozen=True, eq=False)
class Tested:
    """A test population seen by one feature block, along given axes."""

    gram: Array  # Σ^t, (r, r)
    target: Array  # c^t, (r, k)
    energy: float  # E_t‖f*‖²

    @cached_property
    def diagonal(self) -> bool:
        """Whether the axes are those of the test population too: no shift."""
        return not np.count_nonzero(self.gram - np.diag(np.diag(self.gram)))

    @classmethod
    def of(cls, tested: Side, trained: Side) -> "Tested":
        """See a population along the eigenvectors of the one that the fits were trained on."""
        eigen = trained.spectrum
        V, own = eigen.vectors, tested is trained
        turned = np.diag(eigen.values) if own else V.T @ tested.gram @ V
        return cls(turned, V.T @ tested.target, tested.energy)
