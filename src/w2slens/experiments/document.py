"""The JSON document of a run: made here, from its table and what is known without trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from w2slens._core.types import Array
from w2slens.experiments.table import DISTANCES, SCORES
from w2slens.experiments.verdict import Verdict
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import MODELS, Risks, Scale
from w2slens.theory.bounds import Bounds

if TYPE_CHECKING:
    import pandas as pd


def curve_document(
    summary: pd.DataFrame,
    models: list[str],
    dimensions: Dimensions,
    predicted: Risks,
    students: Mapping[str, Array],
    bounds: Bounds | None,
    scale: Scale,
    verdict: Verdict,
) -> dict[str, Any]:
    """Describe one curve: dimensions, a list of cells measured beside predicted, the verdict."""
    expected = as_cells(predicted, students=students)
    known = {} if bounds is None else as_cells(bounds.risks, bounds.pgr, bounds.opr)
    cells = []
    for row in summary.to_dict("records"):
        at = (row["n"], row["N"])
        cells.append({**describe(row, models), "predicted": {"kind": "oracle", **expected[at]}})
        if known:
            cells[-1]["bounds"] = known[at]
    return {
        "dimensions": dimensions.to_dict(),
        "cells": cells,
        "scale": scale,
        "verdict": {"action": verdict.action, "reason": verdict.reason},
    }


def describe(row: dict[Any, Any], models: list[str]) -> dict[str, Any]:
    """Return a row of the summary as JSON types; what the run does not have is None."""
    scores = {
        kind: _prefixed(row, kind, [*models, "pgr" if sign else "opr"])
        for kind, sign in SCORES.items()
    }
    ratios = {name: pair(row, f"{name}_mean_of_ratios") for name in ("pgr", "opr")}
    return {
        "n": row["n"],
        "N": row["N"],
        "trials": row["trials"],
        "risk": {name: pair(row, name) for name in models},
        "pgr": pair(row, "pgr"),
        "opr": pair(row, "opr"),
        **scores,
        "mean_of_ratios": ratios,
        **_distances(row, models),
        "peak": row["peak"].split("+") if row["peak"] else [],
    }


def _distances(row: dict[Any, Any], models: list[str]) -> dict[str, Any]:
    """Say how far networks are from their linearisations; nothing of other models."""
    found = {
        kind: {
            name: pair(row, f"{kind}_{name}")
            for name in models
            if not np.isnan(row.get(f"{kind}_{name}", np.nan))
        }
        for kind in DISTANCES
    }
    return {"linearisation": found} if any(found.values()) else {}


def as_cells(
    risks: Risks,
    pgr: Array | None = None,
    opr: Array | None = None,
    students: Mapping[str, Array] | None = None,
) -> dict[tuple[int, int], dict[str, Any]]:
    """Return (n, N) → risks and ratios of that cell; the ratios of the risks unless given."""
    if pgr is None or opr is None:
        pgr, opr = risks.quiet_ratios()
    grids = {**{name: getattr(risks, name) for name in MODELS}, **(students or {})}
    return {
        (n, N): {
            "risk": {name: float(grid[i, j]) for name, grid in grids.items()},
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
    row: dict[Any, Any], prefix: str, names: list[str]
) -> dict[str, dict[str, float]] | None:
    """Collect ``prefix_weak`` and so on, or None where the run has no such numbers."""
    if np.isnan(row.get(f"{prefix}_weak", np.nan)):
        return None
    return {name: pair(row, f"{prefix}_{name}") for name in names}
