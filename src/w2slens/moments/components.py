"""Principal components: features cut to the directions that hold most of their variance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.moments import Moments
from w2slens.moments.products import product
from w2slens.moments.spectrum import Spectrum, holding

Components = int | float | None
"""A number of components, a share of the variance below 1, or all coordinates."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Leading principal components of some rows."""

    centre: Array  # (p,)
    vectors: Array  # (p, kept)

    @classmethod
    def of(cls, moments: Moments, name: str, components: int | float, argument: str) -> "Axes":
        """Take so many of a block of moments, or as hold a share of its variance."""
        eigen = moments.spectrum(name)
        return cls(moments.centre(name), leading(eigen, components, argument))

    def scores(self, features: NDArray[Any]) -> Array:
        """(rows, kept) coordinates of (rows, p) features, panel by panel."""
        found = np.empty((len(features), self.vectors.shape[1]))
        for start in range(0, len(features), PANEL_ROWS):
            panel = slice(start, start + PANEL_ROWS)
            found[panel] = product(features[panel] - self.centre, self.vectors)
        return found

    def share(self, moments: Moments, name: str) -> float:
        """Share of the variance of a block's rows about this centre that these directions hold."""
        step = moments.centre(name) - self.centre
        along = np.sum(self.vectors * (moments.covariance(name) @ self.vectors))
        held = along + np.sum((step @ self.vectors) ** 2)
        return float(held / (np.trace(moments.covariance(name)) + np.sum(step**2)))


def principal(features: NDArray[Any], components: Components, argument: str) -> NDArray[Any]:
    """Project features (rows, p) on their leading principal components: centred float64 scores.

    `components` says how many, or the share of the variance (energy) that they hold at least; None
    keeps the features as they are. `argument` is the name of that setting, for errors.
    """
    if components is None:
        return features
    moments = Moments.from_rows(features=features)
    return Axes.of(moments, "features", components, argument).scores(features)


def leading(eigen: Spectrum, components: int | float, argument: str) -> Array:
    """Return (p, kept) leading axes: so many, or as hold a share of the variance."""
    if isinstance(components, float) and components < 1:
        kept = holding(eigen.values, check.share(components, argument))
    else:
        kept = check.whole(components, argument)
    if kept > eigen.rank:
        raise InputError(argument, f"is {kept}; the features have rank {eigen.rank}")
    return eigen.vectors[:, :kept]
