"""What a ridge and a finite sample do to one feature block, along its eigenvectors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2slens._core.types import Array
from w2slens.moments.spectrum import Spectrum
from w2slens.theory.fixed_point import effective_ridge


@dataclass(frozen=True, eq=False)
class Sites:
    """Sample sizes with their ridges: where a fit is evaluated."""

    rows: Array  # (sites,)
    ridges: Array  # (sites,) λ ≥ 0
    intercept: bool = False  # whether an unpenalised one is fitted too
    kappa: Array | None = None  # (sites,) effective ridges, where they are known already

    @classmethod
    def of(cls, rows: ArrayLike, ridge: float, intercept: bool = False) -> "Sites":
        """Take one sample size, or several, at one ridge."""
        sizes = np.atleast_1d(np.asarray(rows, float))
        return cls(sizes, np.full(len(sizes), ridge), intercept)

    @property
    def free(self) -> Array:
        """(sites,) rows that the centring leaves."""
        return self.rows - int(self.intercept)

    @property
    def mean_error(self) -> Array:
        """(sites,) share of τ² that the error of the intercept is."""
        return int(self.intercept) / self.rows


class _Filtered:
    """Filters ``λᵢ/(λᵢ+κ)`` along (r,) eigenvalues λᵢ, at many κ."""

    values: Array
    kappa: Array

    @cached_property
    def resolvent(self) -> Array:
        """(sites, r) ``1/(λᵢ+κ)``."""
        return 1 / np.add.outer(self.kappa, self.values)

    @cached_property
    def squared(self) -> Array:
        """(sites, r) ``1/(λᵢ+κ)²``."""
        return self.resolvent**2

    @cached_property
    def df1(self) -> Array:
        """(sites,) ``Σ λᵢ/(λᵢ+κ)``."""
        return np.asarray(self.resolvent @ self.values)

    @cached_property
    def df2(self) -> Array:
        """(sites,) ``Σ (λᵢ/(λᵢ+κ))²``."""
        return np.asarray(np.sum((self.values * self.resolvent) ** 2, axis=1))

    @cached_property
    def relayed(self) -> Array:
        """(sites, r) ``(λᵢ+2κ)/(λᵢ+κ)²``: what of Σ⁻¹ a fit makes use of, of what it is taught."""
        return (self.values + 2 * self.kappa[:, None]) * self.squared


@dataclass(frozen=True, eq=False)
class Filters(_Filtered):
    """Filters at effective ridges that are given, whatever sample and ridge lead to them."""

    values: Array  # (r,) λᵢ
    kappa: Array  # (sites,) κ


@dataclass(frozen=True, eq=False)
class Shrinkage(_Filtered):
    """One feature block at all sites, along the eigenvectors of its second moment Σ."""

    eigen: Spectrum
    sites: Sites

    @cached_property
    def values(self) -> Array:  # type: ignore[override]
        """(r,) λᵢ."""
        return self.eigen.values

    @cached_property
    def kappa(self) -> Array:  # type: ignore[override]
        """(sites,) κ."""
        if self.sites.kappa is not None:
            return self.sites.kappa
        n = np.maximum(self.sites.free, 1.0)
        total = self.sites.rows * self.sites.ridges
        return effective_ridge(self.values, n, total / n)

    @cached_property
    def copied(self) -> Array:
        """(sites,) ``df2/(n−df2)``: what a finite sample copies of what the features lack."""
        return np.asarray(self.df2 / np.maximum(self.sites.free - self.df2, 1.0))

    @cached_property
    def defined(self) -> NDArray[np.bool_]:
        """(sites,) whether a fit has a risk: False at the pole, ridgeless on as many as r rows."""
        n = self.sites.free
        pole = (self.sites.ridges == 0) & (n == len(self.values))
        return np.asarray((n >= 1) & (n > self.df2) & ~pole)

    @cached_property
    def inflation(self) -> Array:
        """(sites,) ``1/(1 − df2/n)``, nan where not defined."""
        margin = np.where(self.defined, 1 - self.df2 / np.maximum(self.sites.free, 1.0), np.nan)
        return np.asarray(1 / margin)
