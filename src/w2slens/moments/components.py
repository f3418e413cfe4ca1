"""Principal components: features cut to the directions that hold most of their variance."""

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


def principal(features: NDArray[Any], components: Components, argument: str) -> NDArray[Any]:
    """Project features (rows, p) on their leading principal components: centred float64 scores.

    `components` says how many, or the share of the variance (energy) that they hold at least; None
    keeps the features as they are. `argument` is the name of that setting, for errors.
    """
    if components is None:
        return features
    moments = Moments.from_rows(features=features)
    axes = leading(moments.spectrum("features"), components, argument)
    scores = np.empty((len(features), axes.shape[1]))
    for start in range(0, len(features), PANEL_ROWS):
        panel = slice(start, start + PANEL_ROWS)
        scores[panel] = product(features[panel] - moments.mean, axes)
    return scores


def leading(eigen: Spectrum, components: int | float, argument: str) -> Array:
    """Return (p, kept) leading axes: so many, or as hold a share of the variance."""
    if isinstance(components, float) and components < 1:
        kept = holding(eigen.values, check.share(components, argument))
    else:
        kept = check.whole(components, argument)
    if kept > eigen.rank:
        raise InputError(argument, f"is {kept}; the features have rank {eigen.rank}")
    return eigen.vectors[:, :kept]
