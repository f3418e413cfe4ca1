"""Features cut to their leading principal components."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens import _check
from w2slens._errors import InputError
from w2slens._linalg import product
from w2slens.dimension import SideDimensions
from w2slens.moments import PANEL_ROWS, Moments

Components = int | float | None
"""A number of components, a share of the variance below 1, or all coordinates."""


def principal(features: NDArray[Any], components: Components, argument: str) -> NDArray[Any]:
    """Project features on their leading principal components.

    Parameters
    ----------
    features
        (rows, p) of any real type.
    components
        How many, or the share of the variance (energy) that they hold at least; None keeps the
        features as they are.
    argument
        Name of the setting, for errors.

    Returns
    -------
    (rows, components) centred scores, float64; or the features.

    Raises
    ------
    InputError
        If there are not so many components.
    """
    if components is None:
        return features
    moments = Moments.from_rows(features=features)
    eigen = moments.spectrum("features")
    kept = _number(components, eigen.values, argument)
    axes, mean = eigen.vectors[:, :kept], moments.centre("features")
    scores = np.empty((len(features), kept))
    for start in range(0, len(features), PANEL_ROWS):
        panel = slice(start, start + PANEL_ROWS)
        scores[panel] = product(features[panel] - mean, axes)
    return scores


def _number(components: int | float, values: NDArray[np.float64], argument: str) -> int:
    """Resolve a number or a share of the variance."""
    if isinstance(components, float) and components < 1:
        wanted = _check.share(components, argument)
        return SideDimensions(len(values), values, wanted).energy_rank
    kept = _check.whole(components, argument)
    if kept > len(values):
        raise InputError(argument, f"is {kept}; the features have rank {len(values)}")
    return kept
