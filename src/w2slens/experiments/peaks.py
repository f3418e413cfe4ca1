"""Interpolation peaks: untuned fits on about as many rows as dimensions, which say little."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

PEAK_INFLATION = 3.0
"""A ridgeless fit is at its interpolation peak where n/(n−d−1), or d/(d−n) below it, exceeds this:
its variance is then at least three times what its dimension accounts for."""


def at_peak(n: int, dimension: int, ridge: float) -> bool:
    """Whether a fit of `dimension` coordinates (plus intercept) on n rows sits on its peak."""
    if ridge > 0:
        return False
    if n > dimension + 1:
        return n / (n - dimension - 1) > PEAK_INFLATION
    return n >= dimension or dimension / (dimension - n) > PEAK_INFLATION


def peaks(cell: Mapping[str, NDArray[Any]], d_w: int, d_s: int) -> list[str]:
    """Name the models of one cell whose risk an untuned fit near n ≈ d (N ≈ d) inflates."""
    n, N = int(cell["n"][0]), int(cell["N"][0])
    models = (("weak", n, d_w), ("w2s", N, d_s), ("strong", n, d_s))
    return [
        name for name, size, d in models if at_peak(size, d, float(cell[f"ridge_{name}"].max()))
    ]
