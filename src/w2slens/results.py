"""What `transfer` returns: a tidy table of trials and what follows from it."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from w2slens.advise import Verdict, verdict
from w2slens.advise.verdict import peaks
from w2slens.dimension import Dimensions
from w2slens.risk import (
    MODELS,
    Estimate,
    Risks,
    Scale,
    UndefinedRatioWarning,
    mean_of_ratios,
    outperforming_ratio,
    recovered_gap,
)


@dataclass(frozen=True, eq=False)
class Results:
    """Measured risks over a grid of (n, N) and trials, beside their predictions.

    Attributes
    ----------
    table
        One row a cell and trial: ``n``, ``N``, ``trial``, the risks ``weak``, ``w2s``, ``strong``,
        ``ceiling`` and ``constant`` (predicting the labels' mean), ``ridge_*`` of each model,
        ``accuracy_*`` for classification, ``raw_*`` where the scale is excess.
    dimensions
        Intrinsic dimensions and overlap of the features, over all rows.
    predicted
        Oracle prediction of the four risks: from the moments of all rows and labels.
    scale
        ``"excess"`` where f* was given, else ``"raw"``.
    config
        Everything that replays the run.
    """

    table: pd.DataFrame
    dimensions: Dimensions
    predicted: Risks
    scale: Scale
    config: dict[str, Any]

    @cached_property
    def verdict(self) -> Verdict:
        """What to do."""
        return verdict(self.table, self.dimensions.d_w, self.dimensions.d_s)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a cell: means and standard errors (``*_se``) over trials, PGR, OPR, flags.

        ``peak`` names the sides whose untuned fit is inflated near n ≈ d; a PGR or OPR from there
        says little. ``pgr_mean_of_ratios`` and ``opr_mean_of_ratios`` are what published code
        reports.
        """
        rows = [self._summarise(cell) for _, cell in self.table.groupby(["n", "N"], sort=False)]
        return pd.DataFrame(rows)

    def _summarise(self, cell: pd.DataFrame) -> dict[str, Any]:
        row: dict[str, Any] = {"n": int(cell["n"].iloc[0]), "N": int(cell["N"].iloc[0])}
        row["trials"] = len(cell)
        estimates = {name: Estimate.of(cell[name].to_numpy()) for name in MODELS}
        weak, w2s, strong, ceiling = (cell[name].to_numpy() for name in MODELS)
        estimates["pgr"] = recovered_gap(weak, w2s, ceiling)
        estimates["opr"] = outperforming_ratio(strong, w2s)
        estimates["pgr_mean_of_ratios"] = mean_of_ratios(weak - w2s, weak - ceiling)
        estimates["opr_mean_of_ratios"] = mean_of_ratios(strong, w2s)
        if "accuracy_weak" in cell:
            scores = {name: cell[f"accuracy_{name}"].to_numpy() for name in MODELS}
            for name, values in scores.items():
                estimates[f"accuracy_{name}"] = Estimate.of(values)
            estimates["accuracy_pgr"] = recovered_gap(
                -scores["weak"], -scores["w2s"], -scores["ceiling"]
            )
        if "raw_weak" in cell:
            raw = {name: cell[f"raw_{name}"].to_numpy() for name in MODELS}
            for name, values in raw.items():
                estimates[f"raw_{name}"] = Estimate.of(values)
            estimates["raw_opr"] = outperforming_ratio(raw["strong"], raw["w2s"])
        for name, estimate in estimates.items():
            row[name], row[f"{name}_se"] = estimate.mean, estimate.se
        row["peak"] = "+".join(peaks(cell, self.dimensions.d_w, self.dimensions.d_s))
        return row

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the table as JSON types; undefined numbers are nan."""
        records = self.summary.to_dict("records")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedRatioWarning)
            pgr = self.predicted.pgr
        opr = self.predicted.opr
        grid = [(i, j) for i in range(len(self.predicted.n)) for j in range(len(self.predicted.N))]
        cells = []
        for row, (i, j) in zip(records, grid, strict=True):
            predicted = {name: float(getattr(self.predicted, name)[i, j]) for name in MODELS}
            cells.append(
                {
                    "n": row["n"],
                    "N": row["N"],
                    "trials": row["trials"],
                    "risk": {name: _pair(row, name) for name in MODELS},
                    "pgr": _pair(row, "pgr"),
                    "opr": _pair(row, "opr"),
                    "accuracy": _prefixed(row, "accuracy", ("pgr",)),
                    "raw": _prefixed(row, "raw", ("opr",)),
                    "mean_of_ratios": {
                        "pgr": _pair(row, "pgr_mean_of_ratios"),
                        "opr": _pair(row, "opr_mean_of_ratios"),
                    },
                    "peak": row["peak"].split("+") if row["peak"] else [],
                    "predicted": {
                        "kind": "oracle",
                        "risk": predicted,
                        "pgr": float(pgr[i, j]),
                        "opr": float(opr[i, j]),
                    },
                }
            )
        return {
            "dimensions": self.dimensions.to_dict(),
            "cells": cells,
            "scale": self.scale,
            "verdict": {"action": self.verdict.action, "reason": self.verdict.reason},
            "config": self.config,
        }


def _pair(row: dict[Any, Any], name: str) -> dict[str, float]:
    return {"mean": float(row[name]), "se": float(row[f"{name}_se"])}


def _prefixed(
    row: dict[Any, Any], prefix: str, more: tuple[str, ...]
) -> dict[str, dict[str, float]] | None:
    """Collect ``prefix_weak`` and so on, or None where the run has no such numbers."""
    if f"{prefix}_weak" not in row or np.isnan(row[f"{prefix}_weak"]):
        return None
    return {name: _pair(row, f"{prefix}_{name}") for name in (*MODELS, *more)}
