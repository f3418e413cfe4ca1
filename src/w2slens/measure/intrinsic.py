"""Intrinsic dimensions of one feature map, and of two with their overlap."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.format import number, span
from w2slens._core.table import Column, Table
from w2slens._core.types import Array
from w2slens.measure.overlap import Correlation, numbers
from w2slens.moments.left_out import left_out
from w2slens.moments.spectrum import holding

ROUNDED = 6
"""Decimals beyond which a difference of dimensions is rounding."""


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
    constant
        Columns that vary by no more than their rounding, and are left out.
    """

    coordinates: int
    spectrum: Array
    energy: float = 0.99
    constant: int = 0

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

    def _cells(self) -> tuple[str, ...]:
        """Write the numbers as the cells of a table."""
        counts = (f"{self.coordinates:,}", f"{self.rank:,}")
        energy = f"{self.energy_rank:,} ({self.energy:.0%})"
        return *counts, energy, number(self.participation_ratio), number(self.stable_rank)

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON types."""
        ranks = ("coordinates", "constant", "rank", "energy_rank")
        names = (*ranks, "participation_ratio", "stable_rank")
        numbers = {name: getattr(self, name) for name in names}
        return numbers | {"energy": self.energy, "spectrum": self.spectrum.tolist()}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "SideDimensions":
        """Read what `to_dict` wrote."""
        values = numbers(saved["spectrum"], "spectrum")
        if not len(values) or values.min() <= 0:
            raise InputError("spectrum", "holds no positive eigenvalues")
        return cls(
            check.whole(saved["coordinates"], "coordinates", len(values)),
            values,
            check.share(saved["energy"], "energy"),
            check.whole(saved.get("constant", 0), "constant", 0),
        )


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
        return _spare(self.d_s, self.d_sw)

    @property
    def not_copied(self) -> float:
        """``d_w − d_sw``: directions of teacher noise that the student cannot copy."""
        return _spare(self.d_w, self.d_sw)

    @property
    def left_out(self) -> str:
        """What of the columns no fit can use, in words."""
        sides = {"weak": self.weak, "strong": self.strong}
        said = (left_out(name, s.coordinates, s.constant, s.rank) for name, s in sides.items())
        return " ".join(filter(None, said))

    def tables(self) -> tuple[Table, Table]:
        """Return both sides' dimensions, and their overlap, as tables."""
        over = f"over {self.rows:,} rows" if self.rows else "of the population"
        head = (
            Column("features", words=True),
            *map(Column, ("coordinates", "rank", "energy rank")),
            Column("particip. ratio", "participation ratio"),
            Column("stable rank"),
        )
        sides = [("weak", *self.weak._cells()), ("strong", *self.strong._cells())]
        found = self.correlation
        overlap = {
            "debiased": number(found.debiased),
            "90% interval": span(found.interval),
            "plug-in": number(found.plug_in),
            "chance": number(found.chance),
            "d_s − d_sw": number(self.learnable_by_strong_only),
            "d_w − d_sw": number(self.not_copied),
        }
        title = "Correlation dimension d_sw (overlap of the two feature spaces)"
        return (
            Table(head, tuple(sides), f"Intrinsic dimensions {over}", self.left_out),
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
    def from_dict(cls, saved: dict[str, Any]) -> "Dimensions":
        """Read what `to_dict` wrote."""
        weak, strong = (SideDimensions.from_dict(saved[name]) for name in ("weak", "strong"))
        found = Correlation.from_dict(saved["correlation"])
        if len(found.canonical) != min(weak.rank, strong.rank):
            raise InputError("canonical", "does not hold one correlation a dimension")
        return cls(check.whole(saved["rows"], "rows", 0), weak, strong, found)


def _spare(dimension: int, shared: float) -> float:
    """Subtract shared dimensions, of which rounding may leave a trifle where all are."""
    return round(dimension - shared, ROUNDED)
