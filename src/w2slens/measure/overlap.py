"""The correlation dimension d_sw: plug-in, debiased, and its jackknife interval.

d_sw is the sum of squared canonical correlations between the retained subspaces,
``tr(Σ_ss⁺ Σ_sw Σ_ww⁺ Σ_ws)``. It is not the "correlation dimension" of Grassberger and Procaccia,
which describes a fractal set.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.json import as_float
from w2slens._core.types import Array
from w2slens.moments import Moments, product
from w2slens.moments.accumulate import PANEL_ROWS

INTERVAL = 0.90
"""Coverage of the interval of d_sw."""

SAMPLE = 3000
"""Rows that are left out one by one: their spread tells that of all rows to a few percent."""

ALONE = 1e-6
"""Leverage short of 1 by less is 1."""

LIGHT = 0.5
"""Where no leverage is larger, float32 tells how far rows move the overlap, small as that is."""


Number = TypeVar("Number", float, Array)


class Sample(NamedTuple):
    """Some rows of both sides."""

    weak: NDArray[Any]  # (m, p_w)
    strong: NDArray[Any]  # (m, p_s)


@dataclass(frozen=True, eq=False)
class Correlation:
    """The correlation dimension of two feature maps on the same rows.

    Attributes
    ----------
    plug_in
        Σ of the squared sample canonical correlations: biased up.
    debiased
        Estimate without that bias, clipped to [0, min(d_w, d_s)]; nan where rows ≤ d_w + d_s + 1.
    unclipped
        The same before clipping: what to average over several measurements, since clipping biases
        an overlap near zero up.
    chance
        d_s·d_w/rows: what the plug-in shows for unrelated features.
    interval
        90% interval of the debiased estimate; nan where it cannot be given.
    canonical
        (min(d_w, d_s),) sample canonical correlations, largest first.
    """

    plug_in: float
    debiased: float
    unclipped: float
    chance: float
    interval: tuple[float, float]
    canonical: Array

    @classmethod
    def exact(cls, canonical: Array) -> "Correlation":
        """Describe a population, whose correlations are known."""
        canonical = np.minimum(canonical, 1.0)
        d_sw = float(np.sum(canonical**2))
        return cls(d_sw, d_sw, d_sw, 0.0, (d_sw, d_sw), canonical)

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Correlation":
        """Read what `to_dict` wrote; null is nan."""
        names = ("plug_in", "debiased", "unclipped", "chance")
        plug_in, debiased, unclipped, chance = (as_float(saved[name]) for name in names)
        low, high = (as_float(end) for end in saved["interval"])
        canonical = numbers(saved["canonical"], "canonical")
        if not 0 <= canonical.min(initial=0) <= canonical.max(initial=0) <= 1:
            raise InputError("canonical", "holds correlations outside [0, 1]")
        return cls(plug_in, debiased, unclipped, chance, (low, high), canonical)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types; undefined ones are nan."""
        lists = {"interval": list(self.interval), "canonical": self.canonical.tolist()}
        return vars(self) | lists


def sampled(rows: int) -> NDArray[np.intp]:
    """Return the places of a sample of so many rows, evenly spaced."""
    return np.unique(np.linspace(0, rows - 1, min(SAMPLE, rows)).astype(np.intp))


def numbers(saved: Any, argument: str) -> Array:
    """Read a list of finite numbers."""
    found = check.numeric(saved, argument).astype(np.float64)
    if found.ndim != 1:
        raise InputError(argument, f"has shape {found.shape}; a list of numbers is needed")
    check.finite(found, argument)
    return found


def correlate(whole: Moments, sample: Sample | None = None) -> Correlation:
    """Measure the overlap of blocks ``weak`` and ``strong`` of moments.

    Leaving out some of their rows one by one, a `sample` of them, gives the interval.
    """
    d_w, d_s, N = whole.spectrum("weak").rank, whole.spectrum("strong").rank, whole.count
    overlap = whitened_cross(whole)
    canonical = np.minimum(linalg.svdvals(overlap), 1.0)
    plug_in = float(np.sum(canonical**2))
    unclipped = debias(plug_in, d_w, d_s, N)
    reach = np.nan if sample is None else _reach(whole, sample, overlap, canonical)
    return Correlation(
        plug_in,
        _clip(unclipped, d_w, d_s),
        unclipped,
        d_w * d_s / N,
        (_clip(unclipped - reach, d_w, d_s), _clip(unclipped + reach, d_w, d_s)),
        canonical,
    )


def debias(plug_in: Number, d_w: int, d_s: int, rows: int) -> Number:
    """Remove the chance level from a plug-in correlation dimension, or several (not clipped).

    ``((N−1)·T̂ − d_s·d_w) / (N−1 − d_s − d_w + T̂)`` for N > d_s + d_w + 1, else nan.
    """
    if rows <= d_s + d_w + 1:
        return plug_in * float("nan")
    return ((rows - 1) * plug_in - d_s * d_w) / (rows - 1 - d_s - d_w + plug_in)


def _clip(value: float, d_w: int, d_s: int) -> float:
    return float(np.clip(value, 0.0, min(d_w, d_s)))


def whitened_cross(moments: Moments, weak: str = "weak") -> Array:
    """(d_s, d_w) cross-correlation in the retained directions; canonical ones are its svd."""
    half = moments.spectrum("strong").whitened(moments.cross(weak, "strong"))
    return moments.spectrum(weak).whitened(half.T)


def _reach(whole: Moments, sample: Sample, overlap: Array, canonical: Array) -> float:
    """Half the interval of the unclipped estimate: a jackknife, of which a sample is enough.

    It counts the degenerate part of the variance twice; one of the two is taken off (never more
    than half).
    """
    d_s, d_w, N = *overlap.shape, whole.count
    replicates = debias(plug_in_without(whole, sample, overlap), d_w, d_s, N - 1)
    replicates = replicates[np.isfinite(replicates)]
    if len(replicates) < 2:
        return np.nan
    variance = (N - 1) * float(replicates.var(ddof=1))
    variance -= min(_degenerate_variance(canonical, d_w, d_s, N), variance / 2)
    return NormalDist().inv_cdf((1 + INTERVAL) / 2) * float(np.sqrt(variance))


def plug_in_without(whole: Moments, sample: Sample, overlap: Array) -> Array:
    """(m,) plug-in values of all rows but one; nan for a row that is a direction by itself."""
    starts = range(0, len(sample.weak), PANEL_ROWS)
    panels = (Sample(*(rows[i : i + PANEL_ROWS] for rows in sample)) for i in starts)
    found = [_without(whole, panel, overlap) for panel in panels]
    return np.concatenate(found)


def _without(whole: Moments, sample: Sample, overlap: Array) -> Array:
    """(m,) the same of few rows.

    In coordinates in which the whole is white, a row (u, v) leaves ``K − uvᵀ`` of the overlap K and
    ``I − uuᵀ``, ``I − vvᵀ`` of the Gram matrices, whose inverses are known (Sherman and Morrison):
    no factorisation is needed.
    """
    moved = (whole.count / (whole.count - 1)) ** 0.5  # leaving out a row moves the mean too
    u, v = (
        moved * whole.spectrum(name).whitened(rows - whole.centre(name))
        for name, rows in (("strong", sample.strong), ("weak", sample.weak))
    )
    K, a, b = overlap, np.sum(u**2, axis=1), np.sum(v**2, axis=1)
    usual = np.maximum(a, b) < 1 - ALONE
    digits: Any = np.float32 if max(a.max(), b.max()) < LIGHT else np.float64
    a, b = np.where(usual, a, np.nan), np.where(usual, b, np.nan)
    u, v, half = (one.astype(digits, copy=False) for one in (u, v, K))
    g, k = product(u, half), product(v, half.T)  # Kᵀu, Kv
    c = np.sum(u * k, axis=1, dtype=np.float64)
    # With M = K − uvᵀ: ‖M‖² + ‖Mᵀu‖²/(1−a) + ‖Mv‖²/(1−b) + (uᵀMv)²/((1−a)(1−b))
    rest = np.sum(K**2) - 2 * c + a * b
    rest += (np.sum(g**2, axis=1) - 2 * a * c + a**2 * b) / (1 - a)
    rest += (np.sum(k**2, axis=1) - 2 * b * c + a * b**2) / (1 - b)
    return np.asarray(rest + (c - a * b) ** 2 / ((1 - a) * (1 - b)))


def _degenerate_variance(canonical: Array, d_w: int, d_s: int, rows: int) -> float:
    """Variance of the estimate that comes from chance correlations between unrelated directions.

    Directions i of V_s and j of V_w with canonical correlations ρ_i, ρ_j correlate by chance with
    variance (1−ρ_i²)(1−ρ_j²)/N; the squares of these add ``2·Σ_ij (1−ρ_i²)²(1−ρ_j²)²`` over the
    squared denominator of `debias`. Being of second order, it is what a jackknife doubles.
    """
    free = np.sum((1 - canonical**2) ** 2)
    pairs = (free + d_s - len(canonical)) * (free + d_w - len(canonical))
    return float(2 * pairs / (rows - 1 - d_s - d_w + np.sum(canonical**2)) ** 2)
