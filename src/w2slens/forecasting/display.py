"""The table that a forecast is shown by, made from its document."""

from collections.abc import Mapping
from typing import Any

from w2slens._core.format import fixed, largest, number, span
from w2slens._core.json import as_float
from w2slens._core.table import Column, Row, Table
from w2slens.models.metrics import NAMES
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS
from w2slens.models.students import STUDENTS

VERY_LABELS = (
    "Risks of students that these labels make; those of the pair are means over draws of labels."
)
"""Why ``imitate`` and W2S are one student with two numbers in a forecast."""


def forecast_table(document: Mapping[str, Any]) -> Table:
    """Return what is forecast, how much, and its 90% interval; marks where some were measured."""
    held = document.get("measured")
    risks = {name: as_float(document["risk"][name][0][0]) for name in MODELS}
    ratios = {name: as_float(document[name][0][0]) for name in ("pgr", "opr")}
    scales = dict.fromkeys(risks, largest(risks.values())) | dict.fromkeys(ratios, 1.0)
    headings = zip((*risks, *ratios), (*MODEL_COLUMNS, *RATIO_COLUMNS), strict=True)
    rows: list[Row] = []
    for name, column in headings:
        low, high = map(as_float, document["interval"][name])
        shown = number({**risks, **ratios}[name], beside=scales[name])
        marks = () if held is None else (_marked(held.get(name)),)
        rows.append((column.full or column.name, shown, span((low, high)), *marks))
    head = [Column("model", words=True), Column("forecast"), Column("90% interval")]
    head += [] if held is None else [Column(f"{NAMES[held['metric']]}, leave-one-out")]
    (n,), (N,) = document["n"], document["N"]
    title = f"Forecast raw risks, PGR and OPR (n = {n:,}, N = {N:,})"
    return Table(tuple(head), tuple(rows), title)


def students_table(
    students: Mapping[str, Mapping[str, Any]], taken: str | None = None, note: str = ""
) -> Table:
    """Return the forecast risk of every student of these labels, the best first.

    Each is compared with the one that was taken, or else with the best.
    """
    risks = {name: as_float(one["risk"]) for name, one in students.items()}
    order = sorted(risks, key=lambda name: risks[name])
    beside, rows = taken or order[0], list[Row]()
    for name in order:
        words = STUDENTS[name].words if name in STUDENTS else ""
        low, high = map(as_float, students[name]["interval"])
        more = f"{100 * (risks[name] / risks[beside] - 1):+.1f}%".replace("-", "−")
        shown = number(risks[name], beside=largest(risks.values()))
        rows.append((name, shown, span((low, high)), "" if name == beside else more, words))
    head = (
        Column("student"),
        Column("forecast risk"),
        Column("90% interval"),
        Column(f"against {beside}"),
        Column("which is", words=True),
    )
    return Table(head, tuple(rows), "Students that these very labels and the pool can make", note)


def _marked(mark: Mapping[str, float] | None) -> str:
    """Write a model's mark with its standard error; only models of the labels have one."""
    return "–" if mark is None else f"{fixed(mark['mean'], 3)} ± {fixed(mark['se'], 3)}"
