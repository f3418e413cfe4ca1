"""Intrinsic dimensions of two feature maps and the correlation dimension between them.

The correlation dimension d_sw is the sum of squared canonical correlations between the retained
subspaces, ``tr(Σ_ss⁺ Σ_sw Σ_ww⁺ Σ_ws)``. It is not the "correlation dimension" of Grassberger and
Procaccia, which describes a fractal set.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, stats

from w2slens import _check
from w2slens._linalg import EPS64, Array, Spectrum, spectrum
from w2slens.moments import PANEL_ROWS, Accumulator, Moments, total
from w2slens.sources import Source, open_features, paired_chunks

JACKKNIFE_BLOCKS = 20
"""Blocks of the delete-block jackknife."""

INTERVAL = 0.90
"""Coverage of the interval of d_sw."""

BLOCK_MEMORY = 4 * 2**30
"""Bytes that the moments of all jackknife blocks may take; wider features get no interval."""


@dataclass(frozen=True, eq=False)
class SideDimensions:
    """Intrinsic dimensions of one feature map.

    Attributes
    ----------
    coordinates
        Number of columns.
    spectrum
        (rank,) retained eigenvalues of the covariance, largest first.
    energy
        Share of the variance that `energy_rank` keeps.
    """

    coordinates: int
    spectrum: Array
    energy: float = 0.99

    @property
    def rank(self) -> int:
        """Numerical rank: the dimension that a ridgeless fit uses."""
        return len(self.spectrum)

    @property
    def energy_rank(self) -> int:
        """Least number of principal components that hold `energy` of the variance."""
        share = np.cumsum(self.spectrum) / self.spectrum.sum()
        return min(
            int(np.searchsorted(share, self.energy * (1 - EPS64 * self.rank))) + 1, self.rank
        )

    @property
    def participation_ratio(self) -> float:
        """``(Σλ)² / Σλ²``."""
        return float(self.spectrum.sum() ** 2 / np.sum(self.spectrum**2))

    @property
    def stable_rank(self) -> float:
        """``Σλ / λ₁``."""
        return float(self.spectrum.sum() / self.spectrum[0])

    def df1(self, kappa: float) -> float:
        """Effective degrees of freedom ``Σ λᵢ/(λᵢ+κ)`` at an effective ridge κ ≥ 0."""
        return float(np.sum(self.spectrum / (self.spectrum + kappa)))

    def df2(self, kappa: float) -> float:
        """Second-order degrees of freedom ``Σ (λᵢ/(λᵢ+κ))²``."""
        return float(np.sum((self.spectrum / (self.spectrum + kappa)) ** 2))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types."""
        return {
            "coordinates": self.coordinates,
            "rank": self.rank,
            "energy_rank": self.energy_rank,
            "participation_ratio": self.participation_ratio,
            "stable_rank": self.stable_rank,
        }


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

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types; undefined ones are nan."""
        return {
            "plug_in": self.plug_in,
            "debiased": self.debiased,
            "unclipped": self.unclipped,
            "chance": self.chance,
            "interval": list(self.interval),
            "canonical": self.canonical.tolist(),
        }


@dataclass(frozen=True, eq=False)
class Dimensions:
    """What `dimensions` measures.

    Attributes
    ----------
    rows
        Number of examples.
    weak, strong
        Intrinsic dimensions of either side.
    correlation
        Their overlap.
    """

    rows: int
    weak: SideDimensions
    strong: SideDimensions
    correlation: Correlation

    @property
    def d_w(self) -> int:
        """Dimension of the weak features (numerical rank)."""
        return self.weak.rank

    @property
    def d_s(self) -> int:
        """Dimension of the strong features (numerical rank)."""
        return self.strong.rank

    @property
    def d_sw(self) -> float:
        """Correlation dimension, debiased."""
        return self.correlation.debiased

    @property
    def learnable_by_strong_only(self) -> float:
        """``d_s − d_sw``: the cost of the student's own directions."""
        return self.d_s - self.d_sw

    @property
    def not_copied(self) -> float:
        """``d_w − d_sw``: directions of teacher noise that the student cannot copy."""
        return self.d_w - self.d_sw

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types; undefined ones are nan."""
        return {
            "rows": self.rows,
            "weak": self.weak.to_dict(),
            "strong": self.strong.to_dict(),
            "correlation": self.correlation.to_dict(),
        }


def dimensions(
    weak: "ArrayLike | str | Path | Source",
    strong: "ArrayLike | str | Path | Source",
    *,
    energy: float = 0.99,
    interval: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Dimensions:
    """Measure the intrinsic dimensions of two feature maps and their overlap in one pass.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s): features of the same examples in the same order, as arrays or
        paths. Files are streamed; no float64 copy of the data is made.
    energy
        Share of variance for `SideDimensions.energy_rank`, in (0, 1].
    interval
        Whether to give the 90% interval of d_sw (20 eigenproblems' worth of further work).
    progress
        Called with the number of rows read after each chunk.

    Returns
    -------
    Dimensions

    Raises
    ------
    InputError
        If the features are not 2-d, finite, numeric and of equal rows, or do not vary.

    Notes
    -----
    Rows are taken as exchangeable: the interval is too short for rows that repeat or cluster.
    For intrinsic dimensions of curved data sets (TwoNN and the like) use a manifold estimator;
    those numbers are not the d_w and d_s of this theory.

    References
    ----------
    arXiv 2502.05075, definitions 1 and 2; the debiased estimator is this library's.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((2000, 12))
    >>> found = dimensions(x[:, :8], x[:, 5:])      # columns 5, 6 and 7 are shared
    >>> found.d_w, found.d_s, round(found.d_sw, 1)
    (8, 7, 3.0)
    """
    energy = _check.share(energy, "energy")
    left, right = open_features(weak, "weak"), open_features(strong, "strong")
    rows = _check.same_rows({"weak": left.rows, "strong": right.rows})
    blocks = jackknife_blocks(left.coordinates + right.coordinates) if interval else 1
    accumulators = [Accumulator() for _ in range(min(blocks, rows))]
    for chunk in paired_chunks(left, right, PANEL_ROWS * len(accumulators)):
        for i, accumulator in enumerate(accumulators):
            accumulator.add({name: part[i :: len(accumulators)] for name, part in chunk.items()})
        if progress is not None:
            progress(len(chunk["weak"]))
    parts = [accumulators.pop(0).result() for _ in range(len(accumulators))]
    return measure(parts, energy=energy)


def jackknife_blocks(coordinates: int) -> int:
    """Return the number of blocks to deal rows to; one, with a warning, where memory forbids."""
    if 8 * JACKKNIFE_BLOCKS * coordinates**2 <= BLOCK_MEMORY:
        return JACKKNIFE_BLOCKS
    warnings.warn(
        f"{coordinates:,} coordinates are too many for the jackknife: d_sw comes without its "
        "interval",
        stacklevel=3,
    )
    return 1


def measure(parts: Sequence[Moments], *, energy: float = 0.99) -> Dimensions:
    """Compute `Dimensions` from moments with blocks ``weak`` and ``strong``.

    Parameters
    ----------
    parts
        Moments of disjoint blocks of rows. The interval comes from leaving out one at a time, so
        that a single part gives none; rows should be dealt to the parts like cards.
    energy
        As in `dimensions`.
    """
    whole = total(parts)
    N, sides = whole.count, {}
    for name in ("weak", "strong"):
        whole.require_variation(name)
        eigen = whole.spectrum(name)
        sides[name] = SideDimensions(whole.width(name), eigen.values / N, energy)
    d_w, d_s = sides["weak"].rank, sides["strong"].rank
    overlap = _whitened_cross(whole, whole.spectrum("weak"), whole.spectrum("strong"))
    canonical = np.minimum(linalg.svdvals(overlap), 1.0)
    plug_in = float(np.sum(canonical**2))
    unclipped = debias(plug_in, d_w, d_s, N)
    if np.isnan(unclipped):
        warnings.warn(
            f"{N:,} rows are too few to debias d_sw: more than d_w + d_s + 1 = {d_w + d_s + 1:,} "
            "are needed, and the plug-in value is then mostly chance",
            stacklevel=3,
        )
    correlation = Correlation(
        plug_in,
        _clip(unclipped, d_w, d_s),
        unclipped,
        d_w * d_s / N,
        _jackknife_interval(parts, whole, unclipped, canonical),
        canonical,
    )
    return Dimensions(N, sides["weak"], sides["strong"], correlation)


def debias(plug_in: float, d_w: int, d_s: int, rows: int) -> float:
    """Remove the chance level from a plug-in correlation dimension (not clipped).

    ``((N−1)·T̂ − d_s·d_w) / (N−1 − d_s − d_w + T̂)`` for N > d_s + d_w + 1, else nan.
    """
    if rows <= d_s + d_w + 1:
        return float("nan")
    return ((rows - 1) * plug_in - d_s * d_w) / (rows - 1 - d_s - d_w + plug_in)


def _clip(value: float, d_w: int, d_s: int) -> float:
    return float(np.clip(value, 0.0, min(d_w, d_s)))


def _whitened_cross(moments: Moments, weak: Spectrum, strong: Spectrum) -> Array:
    """(d_s, d_w) cross-correlation in the retained directions; canonical ones are its svd."""
    return strong.whitening @ moments.cross("strong", "weak") @ weak.whitening.T


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
    largest = max(part.count for part in parts)
    if K < 2 or np.isnan(estimate) or whole.count - largest <= d_w + d_s + 1:
        return (float("nan"), float("nan"))
    maps = {name: whole.spectrum(name).whitening for name in ("weak", "strong")}
    white = whole.push(maps)
    replicates = np.array([_overlap_without(white - part.push(maps)) for part in parts])
    variance = (K - 1) / K * np.sum((replicates - replicates.mean()) ** 2)
    variance -= min(_degenerate_variance(canonical, d_w, d_s, whole.count), variance / 2)
    reach = float(stats.t.ppf((1 + INTERVAL) / 2, K - 1) * np.sqrt(variance))
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
        L_w, L_s = np.linalg.cholesky(weak), np.linalg.cholesky(strong)
        smallest = min(float(np.min(np.diag(L))) for L in (L_w, L_s))
    except np.linalg.LinAlgError:
        smallest = 0.0
    if smallest**2 > len(rest.mean) * EPS64 * 100:
        half = linalg.solve_triangular(L_s, cross, lower=True, check_finite=False)
        inner = linalg.solve_triangular(L_w, half.T, lower=True, check_finite=False)
        return debias(float(np.sum(inner**2)), len(weak), len(strong), rest.count)
    E_w, E_s = spectrum(weak), spectrum(strong)
    inner = _whitened_cross(rest, E_w, E_s)
    return debias(float(np.sum(inner**2)), E_w.rank, E_s.rank, rest.count)


def coordinate_overlap(
    weak: ArrayLike,
    strong: ArrayLike,
    *,
    energy: float = 0.99,
    match: str = "project",
    seed: int = 0,
) -> tuple[float, float]:
    """Compute the overlap of principal axes as the paper's released code does, for reproduction.

    The wider features are mapped to the narrower's number of coordinates D by a random Gaussian
    matrix (or the narrower are padded with zero columns), and the overlap of the leading principal
    axes ``‖V_sᵀV_w‖_F²`` is taken as if coordinate i of one network were coordinate i of the other.

    .. warning::
       Between two networks this measures chance, d_s·d_w/D: their coordinates have nothing to do
       with each other, and a rotation of one side changes the answer. Use `dimensions` instead.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples.
    energy
        Share of variance that the leading axes hold.
    match
        ``"project"`` or ``"pad"``.
    seed
        Of the random projection.

    Returns
    -------
    (overlap, chance)
        The released number and the value that unrelated coordinates give.
    """
    _check.choice(match, "match", ("project", "pad"))
    energy, seed = _check.share(energy, "energy"), _check.whole(seed, "seed", least=0)
    sides = [np.asarray(_check.features(weak, "weak"), float)]
    sides.append(np.asarray(_check.features(strong, "strong"), float))
    _check.same_rows({"weak": len(sides[0]), "strong": len(sides[1])})
    warnings.warn(
        "coordinate_overlap compares coordinates that have no relation to each other; it is at "
        "chance for two networks, and is here only to reproduce published numbers",
        stacklevel=2,
    )
    widths = [side.shape[1] for side in sides]
    D = min(widths) if match == "project" else max(widths)
    rng = np.random.default_rng(seed)
    axes: list[Array] = []
    for name, side, width in zip(("weak", "strong"), sides, widths, strict=True):
        if width > D:
            side = side @ rng.standard_normal((width, D)) / np.sqrt(D)
        moments = Moments.from_rows(**{name: np.pad(side, ((0, 0), (0, D - side.shape[1])))})
        moments.require_variation(name)
        eigen = moments.spectrum(name)
        keep = SideDimensions(D, eigen.values, energy).energy_rank
        axes.append(eigen.vectors[:, :keep])
    V_w, V_s = axes
    return float(np.sum((V_s.T @ V_w) ** 2)), V_s.shape[1] * V_w.shape[1] / D
