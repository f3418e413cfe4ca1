"""Squared-error risks of the four models, PGR and OPR, and their guards.

The four models, always reported together: the weak teacher, the weak-to-strong (W2S) student, the
strong baseline on the teacher's labels, and the strong ceiling with true labels throughout.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, NamedTuple, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core.format import corners, largest, some
from w2slens._core.table import Column, Number, Row, Shown, Table
from w2slens._core.types import Array
from w2slens.models.estimates import ROUNDING_GAP, UndefinedRatioWarning, warn_undefined

T = TypeVar("T")


class Models(NamedTuple, Generic[T]):
    """A value for each of the four models."""

    weak: T
    w2s: T
    strong: T
    ceiling: T


MODELS = Models._fields

Scale = Literal["excess", "raw"]
SCALES = get_args(Scale)

MODEL_COLUMNS = (
    Column("weak", "weak teacher"),
    Column("W2S", "W2S student"),
    Column("strong", "strong on labels"),
    Column("ceiling", "strong ceiling"),
)
"""Headings of the four models."""

RATIO_COLUMNS = (Column("PGR"), Column("OPR"))
"""Headings of the ratios."""


@dataclass(frozen=True, eq=False, repr=False)
class Risks(Shown):
    """Mean squared errors of the four models over a grid of sample sizes.

    Attributes
    ----------
    n, N
        Numbers of labels and of pseudo-labels.
    weak, w2s, strong, ceiling
        (len(n), len(N)) mean squared errors in squared label units, summed over outputs. A model
        whose risk is not known is nan, alone.
    scale
        ``"excess"``: against f*; ``"raw"``: against the labels, noise floor included.
    bias, variance
        The parts of each risk that the mean predictor has and that the draw of the labels adds,
        where known.
    method
        Where the numbers come from.
    ridges
        λ of every model, (len(n), len(N)) each, where they were chosen.
    """

    n: tuple[int, ...]
    N: tuple[int, ...]
    weak: Array
    w2s: Array
    strong: Array
    ceiling: Array
    scale: Scale = "excess"
    bias: Risks | None = None
    variance: Risks | None = None
    method: str = "measured"
    ridges: Models[Array] | None = None

    @classmethod
    def of_parts(
        cls,
        n: tuple[int, ...],
        N: tuple[int, ...],
        bias: Models[Array],
        variance: Models[Array],
        method: str,
    ) -> Risks:
        """Add up the two parts of every risk; a bias below 0 is rounding."""
        bias = Models(*(np.maximum(part, 0.0) for part in bias))
        whole = Models(*map(np.add, bias, variance))._asdict()
        means, spreads = cls(n, N, *bias), cls(n, N, *variance)
        return cls(n, N, **whole, bias=means, variance=spreads, method=method)

    @property
    def pgr(self) -> Array:
        """Performance gap recovered, (len(n), len(N)); nan where there is no gap.

        It is ``(R_w − R_w2s)/(R_w − R_c)``, 1 where the student reaches the ceiling.
        """
        gap = self.weak - self.ceiling
        real = gap > ROUNDING_GAP * np.abs(self.weak)
        warn_undefined(int(np.sum(~real & ~np.isnan(gap))))
        return _divide(self.weak - self.w2s, gap, real)

    @property
    def opr(self) -> Array:
        """Outperforming ratio, (len(n), len(N)); below 1 the labels alone serve the student better.

        It is ``R_s/R_w2s``.
        """
        return _divide(self.strong, self.w2s, self.w2s > 0)

    def shifted(self, offset: float) -> Risks:
        """Add a constant to every risk; the parts are dropped."""
        moved: dict[str, Any] = {name: getattr(self, name) + offset for name in MODELS}
        return replace(self, **moved, bias=None, variance=None)

    def filled(self, other: Risks) -> Risks:
        """Fill what is nan here from other risks on the same grid, parts included."""

        def fill(one: Risks, more: Risks) -> dict[str, Any]:
            pairs = {name: (getattr(one, name), getattr(more, name)) for name in MODELS}
            return {name: np.where(np.isnan(a), b, a) for name, (a, b) in pairs.items()}

        parts = {
            name: replace(mine, **fill(mine, theirs))
            for name in ("bias", "variance")
            if (mine := getattr(self, name)) is not None
            and (theirs := getattr(other, name)) is not None
        }
        known = any(np.isfinite(getattr(self, name)).any() for name in MODELS)
        method = f"{self.method}+{other.method}" if known else other.method
        return replace(self, **fill(self, other), **parts, method=method)

    def without(self, **gone: NDArray[np.bool_]) -> Risks:
        """Make cells of models nan, parts included: name → (len(n), len(N)) where."""
        blank: dict[str, Any] = {
            name: np.where(gone[name], np.nan, getattr(self, name)) for name in gone
        }
        parts: dict[str, Any] = {
            name: part.without(**gone)
            for name in ("bias", "variance")
            if (part := getattr(self, name)) is not None
        }
        return replace(self, **blank, **parts)

    def quiet_ratios(self) -> tuple[Array, Array]:
        """PGR and OPR, (len(n), len(N)) each, without the warning: where nan is shown as such."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedRatioWarning)
            return self.pgr, self.opr

    def table(self, *, whole: bool = False) -> Table:
        """Return the grid as a table: its corners where it is large, unless all is asked for."""
        risks, ratios = [getattr(self, name) for name in MODELS], self.quiet_ratios()
        cells = [(i, j) for i in range(len(self.n)) for j in range(len(self.N))]
        shown = cells if whole else corners(cells, lambda at: (self.n[at[0]], self.N[at[1]]))
        rows: list[Row] = []
        for at in shown:
            values = [float(grid[at]) for grid in risks]
            errors = [Number(value, beside=largest(values)) for value in values]
            ends = [Number(float(grid[at]), beside=1.0) for grid in ratios]
            rows.append((f"{self.n[at[0]]:,}", f"{self.N[at[1]]:,}", *errors, *ends))
        title = f"{self.scale.capitalize()} risks ({self.method}), PGR and OPR{some(shown, cells)}"
        head = (Column("n"), Column("N"), *MODEL_COLUMNS, *RATIO_COLUMNS)
        return Table(head, tuple(rows), title, names=2)

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return the grid, or its corners."""
        return "", (self.table(),)

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Risks:
        """Read what `to_dict` wrote; null is nan."""
        n, N = tuple(map(int, saved["n"])), tuple(map(int, saved["N"]))
        grids: dict[str, Any] = {name: np.array(saved["risk"][name], float) for name in MODELS}
        if any(grid.shape != (len(n), len(N)) for grid in grids.values()):
            raise ValueError("the risks are not over n × N")
        return cls(n, N, **grids, scale=saved["scale"], method=saved["method"])

    def to_dict(self) -> dict[str, Any]:
        """Return the risks and ratios as nested lists over n × N; undefined ones are nan."""
        pgr, opr = self.quiet_ratios()
        chosen = self.ridges and {
            "ridges": {name: λ.tolist() for name, λ in self.ridges._asdict().items()}
        }
        return {
            "n": list(self.n),
            "N": list(self.N),
            "method": self.method,
            "scale": self.scale,
            "risk": {name: getattr(self, name).tolist() for name in MODELS},
            "pgr": pgr.tolist(),
            "opr": opr.tolist(),
            **(chosen or {}),
        }


def _divide(top: Array, bottom: Array, where: NDArray[np.bool_]) -> Array:
    """Divide where allowed, nan elsewhere."""
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=where))


Rows = TypeVar("Rows")

Ceiling = Literal["all", "pool", "labels"]
CEILINGS = get_args(Ceiling)
"""Labels and pool (n+N), the pool (N), the labels (n)."""


def ceiling_rows(kind: str, n: Rows, N: Rows) -> Rows:
    """Return how many rows the ceiling has beside n labels and N pseudo-labels."""
    rows: dict[str, Rows] = {"all": n + N, "pool": N, "labels": n}  # type: ignore[operator]
    return rows[kind]
