"""A verdict in plain words on measured risks: which of the courses to take.

Contenders are the weak teacher, the W2S student, the strong model on the labels alone, and all
further students that were run; the ceiling needs labels that nobody has. Differences are paired
over trials, since all models of a trial share their rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from w2slens._core.format import and_last, fixed, largest, number
from w2slens._core.types import Array
from w2slens.experiments.peaks import peaks
from w2slens.experiments.table import Cell, cells_of, students_in
from w2slens.models.estimates import NOISE_ERRORS, Estimate
from w2slens.models.metrics import METRICS, NAMES
from w2slens.models.students import MODEL_OF, words

if TYPE_CHECKING:
    import pandas as pd

CONTENDERS = {column: words(name) for name, column in MODEL_OF.items()}
"""Those of every run, and what they are called."""

ACTIONS = {"weak": "weak-is-enough", "w2s": "w2s", "strong": "strong-on-labels"}
"""What their winning is called; any other student's is its name."""

PEAKED = (
    (
        "w2s",
        "strong",
        "the untuned strong baseline sits near its interpolation peak, where any rival wins. Tune "
        "it (ridge_strong='auto') and compare again.",
    ),
    (
        "strong",
        "w2s",
        "the untuned W2S student sits near its interpolation peak, where any rival wins. Give it "
        "more pseudo-labels or tune it, and compare again.",
    ),
)
"""Winners that say nothing where their rival is at its peak, and what to do then."""

SMALL_GAP = 0.1
"""Share of the teacher's risk below which a gap to the ceiling is not worth a second model."""


@dataclass(frozen=True)
class Verdict:
    """What to do, and why.

    Attributes
    ----------
    action
        ``w2s``, ``strong-on-labels``, ``weak-is-enough``, ``label-more`` or ``too-close``, or the
        name of any other student that wins.
    reason
        One or two sentences.
    """

    action: str
    reason: str


def verdict(table: pd.DataFrame, d_w: int, d_s: int, metric: str = METRICS[0]) -> Verdict:
    """Judge a curve by the cell with most labels and pseudo-labels that no peak spoils.

    The table has a row a cell and trial; peaks are recognised by the intrinsic dimensions. By
    accuracy or AUROC, errors are what these lack of 1.
    """
    cells = {
        (int(cell["n"][0]), int(cell["N"][0])): (cell, peaks(cell, d_w, d_s))
        for cell in sorted(cells_of(table), key=lambda cell: (cell["n"][0], cell["N"][0]))
    }
    judged = {size: judge(cell, spoilt, metric) for size, (cell, spoilt) in cells.items()}
    clean = [size for size, (_, spoilt) in cells.items() if not spoilt]
    head = max(clean or cells)
    others: dict[str, list[str]] = {}
    for size in clean or cells:
        found = judged[size]
        if found.action != judged[head].action:
            others.setdefault(found.action, []).append(f"n={size[0]:,}, N={size[1]:,}")
    reason = judged[head].reason
    if others:
        listed = "; ".join(f"{action} at {_some(sizes)}" for action, sizes in others.items())
        reason += f" Elsewhere on the grid: {listed}."
    return Verdict(judged[head].action, reason)


def _some(sizes: list[str]) -> str:
    return " and ".join(sizes) if len(sizes) < 3 else f"{len(sizes)} cells, the first {sizes[0]}"


def judge(cell: Cell, spoilt: list[str], metric: str = METRICS[0]) -> Verdict:
    """Judge one cell; `spoilt` names the models on an interpolation peak."""
    words = contenders(cell)
    error = {name: _errors(cell, name, metric) for name in (*words, "ceiling")}
    mean = {name: float(values.mean()) for name, values in error.items()}
    best, second, *others = sorted(words, key=lambda name: mean[name])
    where = f"With {int(cell['n'][0]):,} labels and {int(cell['N'][0]):,} pseudo-labels"
    shown = _shown(mean, metric)
    rest = and_last([f"{words[name]} {shown[name]}" for name in (second, *others)])
    numbers = f"{where}, {words[best]} has {NAMES[metric]} {shown[best]}, {rest}"
    if len(cell["n"]) < 2:
        return Verdict("too-close", f"{numbers}; one trial gives no standard error. Run more.")
    risk, constant = cell[best], cell["constant"]
    if not clearly_below(risk, constant):
        untuned = float(cell["ridge_strong"].max()) == 0
        remedy = "tune the ridge, or get more labels" if untuned else "get more labels first"
        return Verdict(
            "label-more",
            f"{where}, no model is clearly better than predicting the labels' mean (best risk "
            f"{number(risk.mean())}, the mean's {number(constant.mean())}): {remedy}.",
        )
    if "weak" not in spoilt and no_gap(error["weak"], error["ceiling"], error[best]):
        return Verdict(
            "weak-is-enough",
            f"{numbers}; not even the strong model with every label ({shown['ceiling']}) is "
            "better than the teacher by a tenth: there is no gap to recover.",
        )
    rivals = _rivals(best, [second, *others])
    close = [name for name in rivals if not clearly_below(error[best], error[name])]
    if close:
        return Verdict(
            "too-close",
            f"{numbers}: the difference to {words[close[0]]} is within noise. Run more trials, or "
            "take the cheaper course.",
        )
    for winner, loser, remedy in PEAKED:
        if best == winner and loser in spoilt:
            return Verdict("too-close", f"{numbers}; but {remedy}")
    gains = clearly_below(error["w2s"], error["weak"])
    given = best in CONTENDERS
    advice = _advice(best, _ratio(mean, metric), gains) if given else _taken(best, rivals[0], mean)
    return Verdict(ACTIONS.get(best, best), f"{numbers}. {advice}")


def contenders(cell: Cell) -> dict[str, str]:
    """Column → words of all models that may win."""
    return CONTENDERS | {name: words(name) for name in students_in(cell)}


def _shown(mean: dict[str, float], metric: str) -> dict[str, str]:
    """Write the risks, or the marks, of all models."""
    scale = largest(mean.values())
    marks = mean if metric == METRICS[0] else {name: 1 - value for name, value in mean.items()}
    return {name: number(value, beside=scale) for name, value in marks.items()}


def _errors(cell: Cell, model: str, metric: str) -> Array:
    """(trials,) errors of a model: its risk, or what its mark lacks of 1."""
    if metric == METRICS[0]:
        return cell[model]
    return 1 - cell[f"{metric}_{model}"]


def _ratio(mean: dict[str, float], metric: str) -> tuple[str, str]:
    """Name the strong model's error over the student's, and write it."""
    ratio = mean["strong"] / mean["w2s"] if mean["w2s"] > 0 else float("nan")
    return "OPR" if metric == METRICS[0] else "the ratio of their errors", fixed(ratio)


def _advice(best: str, ratio: tuple[str, str], gains: bool) -> str:
    if best == "w2s":
        return f"Train the strong model on the teacher's pseudo-labels ({' '.join(ratio)})."
    if best == "strong":
        outcome = (
            "The student beats its teacher, but" if gains else "The student gains nothing, and"
        )
        return (
            f"{outcome} {' is '.join(ratio)}, below 1: the strong model does better on the n "
            "labels directly than on the teacher's pseudo-labels, so train it on the labels."
        )
    return "Keep the teacher: the strong student loses more than it gains from it."


def _rivals(best: str, others: list[str]) -> list[str]:
    """From whom a winner is told: further students not from each other, for they cost the same."""
    return [name for name in others if best in CONTENDERS or name in CONTENDERS]


def _taken(best: str, rival: str, mean: dict[str, float]) -> str:
    """Say what a further student gains over the best of the three models of every run."""
    gain = f"{100 * (1 - mean[best] / mean[rival]):.0f}%" if mean[rival] > 0 else "all"
    gap = mean[rival] - mean["ceiling"]
    share = (mean[rival] - mean[best]) / gap if gap > 0 else np.inf
    closed = f", {100 * share:.0f}% of what separates that from the ceiling" if share < 1 else ""
    need = "; it needs both models wherever it is used" if best == "both" else ""
    return (
        f"Train that one (w2slens train --student {best}): its error is {gain} lower than that of "
        f"{CONTENDERS[rival]}{closed}{need}."
    )


def no_gap(weak: Array, ceiling: Array, best: Array) -> bool:
    """Whether neither the ceiling nor any contender can be better than the teacher by a tenth."""
    gaps = [Estimate.of(weak - other) for other in (ceiling, best)]
    return all(gap.mean + NOISE_ERRORS * gap.se < SMALL_GAP * weak.mean() for gap in gaps)


def clearly_below(low: Array, high: Array) -> bool:
    """Whether paired risks differ by more than noise."""
    gap = Estimate.of(high - low)
    return bool(gap.mean > NOISE_ERRORS * gap.se) if not np.isnan(gap.se) else False
