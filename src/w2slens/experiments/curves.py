"""The curves of a run: what is the same for all (n, N) of one, and how a table tells them apart."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2slens._core.errors import InputError
from w2slens._core.types import Ridge

if TYPE_CHECKING:
    import pandas as pd


class Curve(NamedTuple):
    """What is the same for all (n, N) of one curve; ridges as they were asked for."""

    teacher: str
    noise: float
    ridge_weak: Ridge
    ridge_strong: Ridge

    def row(self) -> dict[str, Any]:
        """Write the curve into columns `AXES`; a ridge to be chosen is nan there."""
        return dict(zip(AXES, map(_written, self), strict=True))

    def rows_of(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """Select the rows of a table that belong to this curve."""
        own = np.ones(len(table), bool)
        for column, value in self.row().items():
            own &= table[column].isna() if value != value else table[column] == value
        return table[own]


AXES = ("teacher", "noise", "asked_ridge_weak", "asked_ridge_strong")
"""Columns that tell the curves of a table apart."""


def curves_of(table: "pd.DataFrame") -> list[Curve]:
    """List the curves of a table of trials, in its order."""
    found = table[list(AXES)].drop_duplicates()
    return [
        Curve(str(teacher), float(noise), *("auto" if λ != λ else float(λ) for λ in ridges))
        for teacher, noise, *ridges in found.itertuples(index=False)
    ]


def _written(value: Any) -> Any:
    return float("nan") if value == "auto" else value


def as_ridge(value: Any) -> Ridge:
    """Read a ridge that a user asks for."""
    if value == "auto":
        return "auto"
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError("ridge", f"is {value!r}; a number or 'auto' is needed") from None
