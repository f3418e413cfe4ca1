"""The tidy table of a run: a trial's marks → a record, trials → means and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2slens.experiments.curves import AXES, Curve
from w2slens.experiments.peaks import peaks
from w2slens.models.estimates import Estimate, mean_of_ratios, outperforming_ratio, recovered_gap
from w2slens.models.risks import MODELS
from w2slens.models.students import MODEL_OF, STUDENTS

if TYPE_CHECKING:
    import pandas as pd

Marks = dict[str, float]
"""What one model scores: risk, ridge, and those of `SCORES` that the run has."""

Cell = Mapping[str, NDArray[Any]]
"""The trials of one cell: column → (trials,)."""

SCORES = {"raw": 0, "accuracy": -1, "cross_entropy": 1, "auroc": -1}
"""Scores besides the risk: 1 where less is better, −1 where more is, 0 for what has no PGR."""

RIDGE = "ridge_"
"""Every model of a table has a column of its ridges."""

DISTANCES = ("drift", "moved")
"""How far a fine-tuned network is from its linearisation: its predictions, and its features."""

SCORE_TITLES = {
    "accuracy": "Accuracy on held-out rows",
    "cross_entropy": "Cross-entropy on held-out rows, in nats",
    "auroc": "Area under the ROC curve on held-out rows",
}
"""What tables of the scores are called."""


def column(student: str) -> str:
    """Return the column of a student: its name, unless it is among the four models."""
    return MODEL_OF.get(student, student)


def students_in(table: pd.DataFrame | Cell) -> list[str]:
    """List the students of a table beyond the four models."""
    known = [str(name) for name in table if str(name).startswith(RIDGE)]
    names = [name.removeprefix(RIDGE) for name in known]
    found = [name for name in names if name not in MODELS and name in table]
    order = {name: place for place, name in enumerate(STUDENTS)}
    return sorted(found, key=lambda name: order.get(name, len(order)))


def models_in(table: pd.DataFrame | Cell) -> list[str]:
    """List the models of a table: the four, and further students."""
    return [*MODELS, *students_in(table)]


def record(
    curve: Curve, n: int, N: int, trial: int, models: Mapping[str, Marks], constant: float
) -> dict[str, Any]:
    """One row of the table: the marks of the models in one cell of a trial."""
    row: dict[str, Any] = {"n": n, "N": N, "trial": trial, **curve.row()}
    row |= {name: marks["risk"] for name, marks in models.items()}
    row["constant"] = constant
    for kind in (*SCORES, *DISTANCES, "ridge"):
        row |= {f"{kind}_{name}": marks[kind] for name, marks in models.items() if kind in marks}
    return row


def cells_of(table: pd.DataFrame) -> Iterator[Cell]:
    """Go through the cells of a table, in its order."""
    axes = [name for name in (*AXES, "n", "N") if name in table]
    groups = table.groupby(axes, sort=False, dropna=False).ngroup().to_numpy()
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    columns = {str(name): table[name].to_numpy()[order] for name in table}
    for some in np.split(np.arange(len(order)), ends):
        yield {name: values[some] for name, values in columns.items()}


def summarise(table: pd.DataFrame, ranks: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """Average the trials of every cell; peaks are told by teacher → (d_w, d_s)."""
    rows = []
    for cell in cells_of(table):
        row = _averages(cell)
        rows.append({**row, "peak": "+".join(peaks(cell, *ranks[row["teacher"]]))})
    import pandas as pd  # loads slowly

    return pd.DataFrame(rows)


def _averages(cell: Cell) -> dict[str, Any]:
    """Average the trials of one cell: every measured number and ratio, and its ``*_se``."""
    weak, w2s, strong, ceiling = (cell[name] for name in MODELS)
    models = models_in(cell)
    estimates = {name: Estimate.of(cell[name]) for name in models}
    estimates["pgr"] = recovered_gap(weak, w2s, ceiling)
    estimates["opr"] = outperforming_ratio(strong, w2s)
    estimates["pgr_mean_of_ratios"] = mean_of_ratios(weak - w2s, weak - ceiling)
    estimates["opr_mean_of_ratios"] = mean_of_ratios(strong, w2s)
    for kind, sign in SCORES.items():
        if f"{kind}_weak" in cell:
            scores = {name: cell[f"{kind}_{name}"] for name in models}
            estimates |= {f"{kind}_{name}": Estimate.of(v) for name, v in scores.items()}
            if sign:
                errors = (sign * scores[name] for name in ("weak", "w2s", "ceiling"))
                estimates[f"{kind}_pgr"] = recovered_gap(*errors)
            else:
                estimates[f"{kind}_opr"] = outperforming_ratio(scores["strong"], scores["w2s"])
    for kind in DISTANCES:
        known = [name for name in models if f"{kind}_{name}" in cell]
        estimates |= {f"{kind}_{name}": Estimate.of(cell[f"{kind}_{name}"]) for name in known}
    row: dict[str, Any] = {name: cell[name][0] for name in (*AXES, "n", "N")}
    row |= {"n": int(row["n"]), "N": int(row["N"]), "trials": len(weak)}
    for name, estimate in estimates.items():
        row[name], row[f"{name}_se"] = estimate.mean, estimate.se
    return row
