"""Intrinsic dimensions of two feature maps, measured with their overlap in one pass."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.format import number
from w2slens._core.table import Column, Table
from w2slens._core.types import Array
from w2slens.features.reading import Source, open_features, paired_chunks
from w2slens.measure.overlap import Correlation, correlate
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import holding
from w2slens.moments.stream import total

JACKKNIFE_BLOCKS = 20
"""Blocks of the delete-block jackknife."""

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
        return holding(self.spectrum, self.energy)

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
            "energy": self.energy,
            "spectrum": self.spectrum.tolist(),
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> "SideDimensions":
        """Read what `to_dict` wrote."""
        return cls(found["coordinates"], np.array(found["spectrum"], float), found["energy"])


@dataclass(frozen=True, eq=False)
class Dimensions:
    """What `dimensions` measures.

    Attributes
    ----------
    rows
        Number of examples; 0 for a population that is known exactly.
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

    def tables(self) -> tuple[Table, Table]:
        """Return both sides' dimensions, and their overlap, as tables."""
        over = f"over {self.rows:,} rows" if self.rows else "of the population"
        head = (
            Column("features", words=True),
            *map(Column, ("coordinates", "rank", "energy rank")),
            Column("particip. ratio", "participation ratio"),
            Column("stable rank"),
        )
        sides = [
            (
                name,
                f"{side.coordinates:,}",
                f"{side.rank:,}",
                f"{side.energy_rank:,} ({side.energy:.0%})",
                number(side.participation_ratio),
                number(side.stable_rank),
            )
            for name, side in (("weak", self.weak), ("strong", self.strong))
        ]
        found = self.correlation
        low, high = found.interval
        overlap = {
            "debiased": number(found.debiased),
            "90% interval": f"{number(low)} – {number(high)}" if low == low else "–",
            "plug-in": number(found.plug_in),
            "chance": number(found.chance),
            "d_s − d_sw": number(self.learnable_by_strong_only),
            "d_w − d_sw": number(self.not_copied),
        }
        title = "Correlation dimension d_sw (overlap of the two feature spaces)"
        return (
            Table(head, tuple(sides), f"Intrinsic dimensions {over}"),
            Table(tuple(map(Column, overlap)), (tuple(overlap.values()),), title),
        )

    def __repr__(self) -> str:
        """Say what was found, in one line."""
        rows = f"{self.rows:,} rows" if self.rows else "a population"
        return f"<Dimensions of {rows}: d_w={self.d_w}, d_s={self.d_s}, d_sw={number(self.d_sw)}>"

    def _repr_html_(self) -> str:
        """Show both sides and their overlap in a notebook."""
        low, high = self.correlation.interval
        interval = f", 90% interval {number(low)} to {number(high)}" if low == low else ""
        rows = f"{self.rows:,} rows" if self.rows else "the population"
        caption = f"Dimensions over {rows}: d_sw = {number(self.d_sw)}{interval}"
        sides, overlap = self.tables()
        return sides.titled(caption).html() + overlap.html()

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types; undefined ones are nan."""
        return {
            "rows": self.rows,
            "weak": self.weak.to_dict(),
            "strong": self.strong.to_dict(),
            "correlation": self.correlation.to_dict(),
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> "Dimensions":
        """Read what `to_dict` wrote."""
        weak, strong = (SideDimensions.from_dict(found[name]) for name in ("weak", "strong"))
        return cls(found["rows"], weak, strong, Correlation.from_dict(found["correlation"]))


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
    energy = check.share(energy, "energy")
    left, right = open_features(weak, "weak"), open_features(strong, "strong")
    rows = check.same_rows({"weak": left.rows, "strong": right.rows})
    blocks = jackknife_blocks(left.coordinates + right.coordinates) if interval else 1
    accumulators = [Accumulator() for _ in range(min(blocks, rows))]
    for chunk in paired_chunks(left, right, PANEL_ROWS * len(accumulators)):
        for i, accumulator in enumerate(accumulators):
            accumulator.add({name: part[i :: len(accumulators)] for name, part in chunk.items()})
        if progress is not None:
            progress(len(chunk["weak"]))
    parts = [Moments.of(accumulators.pop(0)) for _ in range(len(accumulators))]
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
    correlation = correlate(parts, whole)
    if np.isnan(correlation.unclipped):
        d_w, d_s = sides["weak"].rank, sides["strong"].rank
        warnings.warn(
            f"{N:,} rows are too few to debias d_sw: more than d_w + d_s + 1 = {d_w + d_s + 1:,} "
            "are needed, and the plug-in value is then mostly chance",
            stacklevel=3,
        )
    return Dimensions(N, sides["weak"], sides["strong"], correlation)
