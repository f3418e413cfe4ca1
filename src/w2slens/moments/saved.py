"""Sums of rows as plain arrays by name, for files, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens.moments.accumulate import Sums

SAVED = ("names", "widths", "count", "mean", "scatter", "precision")
"""Arrays of a file of moments."""


def to_arrays(sums: Sums) -> dict[str, NDArray[Any]]:
    """Name the fields of moments; blocks become names and widths."""
    blocks, *rest = sums
    fields = (*zip(*blocks, strict=True), *rest)
    return dict(zip(SAVED, map(np.asarray, fields), strict=True))


def to_sums(arrays: Mapping[str, NDArray[Any]]) -> Sums:
    """Undo `to_arrays`; ValueError where it is nothing of the kind."""
    names, widths, count, mean, scatter, precision = (arrays[name] for name in SAVED)
    blocks = tuple((str(n), int(w)) for n, w in zip(names, widths, strict=True))
    p = sum(width for _, width in blocks)
    if mean.shape != (p,) or scatter.shape != (p, p) or int(count) < 0:
        raise ValueError(f"blocks of {p} coordinates, a scatter of shape {scatter.shape}")
    check.finite(mean, "mean")
    check.finite(scatter, "scatter")
    coarsest = np.broadcast_to(precision, len(blocks)) if precision.size else ()
    return blocks, int(count), mean, scatter, tuple(map(float, coarsest))
