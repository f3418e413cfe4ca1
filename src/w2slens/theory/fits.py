"""Fits of one feature block to noisy labels.

The teacher of the two-stage equivalent, and the strong baseline and ceiling likewise. Symbols as
in `equivalent`; everything is a sum along the eigenvectors of the training second moment, so that
many sample sizes cost a product of matrices.
"""

from functools import cached_property

import numpy as np

from w2slens._core.types import Array
from w2slens.theory.shrinkage import Shrinkage, Sites
from w2slens.theory.side import Side

Parts = tuple[Array, Array]
"""Bias and variance of a risk."""


class Fit:
    """Fits to labels of noise σ² on one side of the training population, at many sites."""

    def __init__(self, side: Side, noise: float, sites: Sites) -> None:
        self.shrinkage = s = Shrinkage(side.spectrum, sites)
        λ, R, n = s.values, s.resolvent, sites.free
        # τ² = [κ² bᵀRΣR b + ρ + σ²]/(1 − df2/n), b = Σ⁺c
        missed = s.kappa**2 * (R**2 @ side.energies)
        self.misfit: Array = (missed + side.error + noise) * s.inflation
        """(sites,) τ²: the test error on the training population, noise included."""
        self.cross = side.along_axes
        """(r, k) what teaches: the mean is ``m = R c``, c of the training population."""
        self.spread: Array = (self.misfit / np.maximum(n, 1.0))[:, None] * λ * R**2
        """(sites, r) diagonal of C."""

    @cached_property
    def mean(self) -> Array:
        """(sites, r, k) m along the eigenvectors."""
        return np.asarray(self.shrinkage.resolvent[:, :, None] * self.cross)

    def risk(self, test: Side) -> Parts:
        """(sites,) bias and variance of the excess risk on a population `along` the trained one."""
        R, c, T = self.shrinkage.resolvent, self.cross, test.gram
        if test.diagonal:
            squared = R**2 @ (np.sum(c**2, axis=1) * np.diag(T))
        else:
            squared = np.einsum("srk,rq,sqk->s", self.mean, T, self.mean, optimize=True)
        bias = squared - 2 * (R @ np.sum(c * test.target, axis=1)) + test.energy
        variance = self.spread @ np.diag(T) + self.misfit * self.shrinkage.sites.mean_error
        return np.where(self.shrinkage.defined, bias, np.nan), variance
