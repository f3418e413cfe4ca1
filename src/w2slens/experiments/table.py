"""The tidy table of a run: a trial's marks → a record, trials → means and errors."""

from typing import Any

import pandas as pd

from w2slens.experiments.settings import Setting
from w2slens.models.estimates import Estimate, mean_of_ratios, outperforming_ratio, recovered_gap
from w2slens.models.risks import MODELS

Marks = dict[str, float]
"""What one model scores: risk, ridge, and those of `SCORES` that the run has."""


SCORES = {"raw": 0, "accuracy": -1, "cross_entropy": 1, "auroc": -1}
"""Scores besides the risk: 1 where less is better, −1 where more is, 0 for what has no PGR."""


SCORE_TITLES = {
    "accuracy": "Accuracy on held-out rows",
    "cross_entropy": "Cross-entropy on held-out rows, in nats",
    "auroc": "Area under the ROC curve on held-out rows",
}
"""What tables of the scores are called."""


def record(
    setting: Setting, n: int, N: int, trial: int, models: dict[str, Marks], constant: float
) -> dict[str, Any]:
    """One row of the table: the marks of the four models in one cell of a trial."""
    row: dict[str, Any] = {
        "n": n,
        "N": N,
        "trial": trial,
        "teacher": setting.teacher,
        "noise": setting.noise,
        "asked_ridge_weak": str(setting.ridge_weak),
        "asked_ridge_strong": str(setting.ridge_strong),
    }
    row |= {name: marks["risk"] for name, marks in models.items()}
    row["constant"] = constant
    for kind in (*SCORES, "ridge"):
        row |= {f"{kind}_{name}": marks[kind] for name, marks in models.items() if kind in marks}
    return row


def summarise(cell: pd.DataFrame) -> dict[str, Any]:
    """Average the trials of one cell: every measured number and ratio, and its ``*_se``."""
    weak, w2s, strong, ceiling = (cell[name].to_numpy() for name in MODELS)
    estimates = {name: Estimate.of(cell[name].to_numpy()) for name in MODELS}
    estimates["pgr"] = recovered_gap(weak, w2s, ceiling)
    estimates["opr"] = outperforming_ratio(strong, w2s)
    estimates["pgr_mean_of_ratios"] = mean_of_ratios(weak - w2s, weak - ceiling)
    estimates["opr_mean_of_ratios"] = mean_of_ratios(strong, w2s)
    for kind, sign in SCORES.items():
        if f"{kind}_weak" in cell:
            scores = {name: cell[f"{kind}_{name}"].to_numpy() for name in MODELS}
            estimates |= {f"{kind}_{name}": Estimate.of(v) for name, v in scores.items()}
            if sign:
                errors = (sign * scores[name] for name in ("weak", "w2s", "ceiling"))
                estimates[f"{kind}_pgr"] = recovered_gap(*errors)
            else:
                estimates[f"{kind}_opr"] = outperforming_ratio(scores["strong"], scores["w2s"])
    row: dict[str, Any] = {"n": int(cell["n"].iloc[0]), "N": int(cell["N"].iloc[0])}
    row["trials"] = len(cell)
    for name, estimate in estimates.items():
        row[name], row[f"{name}_se"] = estimate.mean, estimate.se
    return row
