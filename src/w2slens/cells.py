"""One cell of the grid: its trials → a row of means and errors → what JSON says of it."""

from typing import Any

import numpy as np
import pandas as pd

from w2slens._linalg import Array
from w2slens.risk import (
    MODELS,
    Estimate,
    Risks,
    mean_of_ratios,
    outperforming_ratio,
    recovered_gap,
)


def summarise(cell: pd.DataFrame) -> dict[str, Any]:
    """Average the trials of one cell: every measured number and ratio, and its ``*_se``."""
    weak, w2s, strong, ceiling = (cell[name].to_numpy() for name in MODELS)
    estimates = {name: Estimate.of(cell[name].to_numpy()) for name in MODELS}
    estimates["pgr"] = recovered_gap(weak, w2s, ceiling)
    estimates["opr"] = outperforming_ratio(strong, w2s)
    estimates["pgr_mean_of_ratios"] = mean_of_ratios(weak - w2s, weak - ceiling)
    estimates["opr_mean_of_ratios"] = mean_of_ratios(strong, w2s)
    for kind in ("accuracy", "raw"):
        if f"{kind}_weak" in cell:
            scores = {name: cell[f"{kind}_{name}"].to_numpy() for name in MODELS}
            estimates |= {f"{kind}_{name}": Estimate.of(v) for name, v in scores.items()}
            if kind == "accuracy":
                errors = (-scores[name] for name in ("weak", "w2s", "ceiling"))
                estimates["accuracy_pgr"] = recovered_gap(*errors)
            else:
                estimates["raw_opr"] = outperforming_ratio(scores["strong"], scores["w2s"])
    row: dict[str, Any] = {"n": int(cell["n"].iloc[0]), "N": int(cell["N"].iloc[0])}
    row["trials"] = len(cell)
    for name, estimate in estimates.items():
        row[name], row[f"{name}_se"] = estimate.mean, estimate.se
    return row


def describe(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row of the summary as JSON types; what the run does not have is None."""
    return {
        "n": row["n"],
        "N": row["N"],
        "trials": row["trials"],
        "risk": {name: pair(row, name) for name in MODELS},
        "pgr": pair(row, "pgr"),
        "opr": pair(row, "opr"),
        "accuracy": _prefixed(row, "accuracy", ("pgr",)),
        "raw": _prefixed(row, "raw", ("opr",)),
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
