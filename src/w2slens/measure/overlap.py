"""The correlation dimension d_sw: plug-in, debiased, and its jackknife interval.

d_sw is the sum of squared canonical correlations between the retained subspaces,
``tr(Σ_ss⁺ Σ_sw Σ_ww⁺ Σ_ws)``. It is not the "correlation dimension" of Grassberger and Procaccia,
which describes a fractal set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, special

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.json import as_float
from w2slens._core.types import Array
from w2slens.moments import Moments, Spectrum, product
from w2slens.moments.solve import CHOLESKY_MARGIN
from w2slens.moments.spectrum import EPS64, WHITENED, spectrum

INTERVAL = 0.90
"""Coverage of the interval of d_sw."""


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


def numbers(saved: Any, argument: str) -> Array:
    """Read a list of finite numbers."""
    found = check.numeric(saved, argument).astype(np.float64)
    if found.ndim != 1:
        raise InputError(argument, f"has shape {found.shape}; a list of numbers is needed")
    check.finite(found, argument)
    return found


def correlate(parts: Sequence[Moments], whole: Moments) -> Correlation:
    """Measure the overlap of blocks ``weak`` and ``strong`` of moments, from them as a whole.

    Leaving out one at a time of the parts that they are summed from, if any, gives the interval.
    """
    d_w, d_s, N = whole.spectrum("weak").rank, whole.spectrum("strong").rank, whole.count
    overlap = whitened_cross(whole)
    canonical = np.minimum(linalg.svdvals(overlap), 1.0)
    plug_in = float(np.sum(canonical**2))
    unclipped = debias(plug_in, d_w, d_s, N)
    return Correlation(
        plug_in,
        _clip(unclipped, d_w, d_s),
        unclipped,
        d_w * d_s / N,
        _jackknife_interval(parts, whole, unclipped, canonical),
        canonical,
    )


def debias(plug_in: float, d_w: int, d_s: int, rows: int) -> float:
    """Remove the chance level from a plug-in correlation dimension (not clipped).

    ``((N−1)·T̂ − d_s·d_w) / (N−1 − d_s − d_w + T̂)`` for N > d_s + d_w + 1, else nan.
    """
    if rows <= d_s + d_w + 1:
        return float("nan")
    return ((rows - 1) * plug_in - d_s * d_w) / (rows - 1 - d_s - d_w + plug_in)


def _clip(value: float, d_w: int, d_s: int) -> float:
    return float(np.clip(value, 0.0, min(d_w, d_s)))


def whitened_cross(moments: Moments, weak: str = "weak") -> Array:
    """(d_s, d_w) cross-correlation in the retained directions; canonical ones are its svd."""
    cross = moments.cross("strong", weak)
    return _whitened(moments.spectrum("strong"), cross, moments.spectrum(weak))


def _whitened(strong: Spectrum, cross: Array, weak: Spectrum) -> Array:
    return product(product(strong.whitening, cross), weak.whitening.T)


def _jackknife_interval(
    parts: Sequence[Moments], whole: Moments, estimate: float, canonical: Array
) -> tuple[float, float]:
    """Delete-block jackknife interval of the unclipped estimate, then clipped.

    Everything happens in coordinates in which the whole is white, so that leaving out a block is
    a small, well-conditioned change. The jackknife counts the degenerate part of the variance
    twice; one of the two is taken off (never more than half).
    """
    K = len(parts)
    d_w, d_s = whole.spectrum("weak").rank, whole.spectrum("strong").rank
    largest = max((part.count for part in parts), default=0)
    if K < 2 or np.isnan(estimate) or whole.count - largest <= d_w + d_s + 1:
        return (float("nan"), float("nan"))
    maps = {name: whole.spectrum(name).whitening for name in ("weak", "strong")}
    white = whole.push(maps)
    replicates = np.array([_overlap_without(white - part.push(maps)) for part in parts])
    variance = (K - 1) / K * np.sum((replicates - replicates.mean()) ** 2)
    variance -= min(_degenerate_variance(canonical, d_w, d_s, whole.count), variance / 2)
    reach = float(special.stdtrit(K - 1, (1 + INTERVAL) / 2) * np.sqrt(variance))
    return _clip(estimate - reach, d_w, d_s), _clip(estimate + reach, d_w, d_s)


def _degenerate_variance(canonical: Array, d_w: int, d_s: int, rows: int) -> float:
    """Variance of the estimate that comes from chance correlations between unrelated directions.

    Directions i of V_s and j of V_w with canonical correlations ρ_i, ρ_j correlate by chance with
    variance (1−ρ_i²)(1−ρ_j²)/N; the squares of these add ``2·Σ_ij (1−ρ_i²)²(1−ρ_j²)²`` over the
    squared denominator of `debias`. Being of second order, it is what a jackknife doubles.
    """
    free = np.sum((1 - canonical**2) ** 2)
    pairs = (free + d_s - len(canonical)) * (free + d_w - len(canonical))
    return float(2 * pairs / (rows - 1 - d_s - d_w + np.sum(canonical**2)) ** 2)


def _overlap_without(rest: Moments) -> float:
    """Debiased overlap of nearly white moments."""
    weak, strong = rest.cross("weak", "weak"), rest.cross("strong", "strong")
    cross = rest.cross("strong", "weak")
    try:
        L_w, L_s = (linalg.cholesky(G, lower=True, check_finite=False) for G in (weak, strong))
        smallest = min(float(np.min(np.diag(L))) for L in (L_w, L_s))
    except linalg.LinAlgError:
        smallest = 0.0
    if smallest**2 > len(rest.mean) * EPS64 * CHOLESKY_MARGIN:
        half = linalg.solve_triangular(L_s, cross, lower=True, check_finite=False)
        inner = linalg.solve_triangular(L_w, half.T, lower=True, check_finite=False)
        return debias(float(np.sum(inner**2)), len(weak), len(strong), rest.count)
    E_w, E_s = (spectrum(G, None, WHITENED) for G in (weak, strong))
    inner = _whitened(E_s, cross, E_w)
    return debias(float(np.sum(inner**2)), E_w.rank, E_s.rank, rest.count)
