"""The JSON document of a run, made from its table."""

from typing import Any

import numpy as np

from w2slens._core.types import Array
from w2slens.experiments.table import SCORES
from w2slens.models.risks import MODELS, Risks


def describe(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row of the summary as JSON types; what the run does not have is None."""
    return {
        "n": row["n"],
        "N": row["N"],
        "trials": row["trials"],
        "risk": {name: pair(row, name) for name in MODELS},
        "pgr": pair(row, "pgr"),
        "opr": pair(row, "opr"),
        **{
            kind: _prefixed(row, kind, ("pgr",) if sign else ("opr",))
            for kind, sign in SCORES.items()
        },
        "mean_of_ratios": {
            "pgr": pair(row, "pgr_mean_of_ratios"),
            "opr": pair(row, "opr_mean_of_ratios"),
        },
        "peak": row["peak"].split("+") if row["peak"] else [],
    }


def as_cells(
    risks: Risks, pgr: Array | None = None, opr: Array | None = None
) -> dict[tuple[int, int], dict[str, Any]]:
    """Return (n, N) → risks and ratios of that cell; the ratios of the risks unless given."""
    if pgr is None or opr is None:
        pgr, opr = risks.quiet_ratios()
    return {
        (n, N): {
            "risk": {name: float(getattr(risks, name)[i, j]) for name in MODELS},
            "pgr": float(pgr[i, j]),
            "opr": float(opr[i, j]),
        }
        for i, n in enumerate(risks.n)
        for j, N in enumerate(risks.N)
    }


def pair(row: dict[Any, Any], name: str) -> dict[str, float]:
    """Return a mean and its standard error."""
    return {"mean": float(row[name]), "se": float(row[f"{name}_se"])}


def _prefixed(
    row: dict[Any, Any], prefix: str, more: tuple[str, ...]
) -> dict[str, dict[str, float]] | None:
    """Collect ``prefix_weak`` and so on, or None where the run has no such numbers."""
    if f"{prefix}_weak" not in row or np.isnan(row[f"{prefix}_weak"]):
        return None
    return {name: pair(row, f"{prefix}_{name}") for name in (*MODELS, *more)}
