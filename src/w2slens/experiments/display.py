"""What a run is shown by: names of its curves, and tables made from its document."""

from collections.abc import Mapping, Sequence
from typing import Any

from w2slens._core.table import Column, Marked, Number, Row, Table
from w2slens.experiments.curves import Curve
from w2slens.experiments.table import SCORE_TITLES
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS

AXIS_WORDS = {"noise": "noise", "ridge_weak": "λ_w", "ridge_strong": "λ_s"}
"""How names of curves begin the value of an axis; a teacher's name stands alone."""


def curve_name(settings: Sequence[Curve], place: int) -> str:
    """Name one curve of a sweep by what tells it from the others."""
    parts = []
    for axis, value in settings[place]._asdict().items():
        if len({getattr(curve, axis) for curve in settings}) > 1:
            shown = value if isinstance(value, str) else f"{value:g}"
            parts.append(f"{AXIS_WORDS[axis]} {shown}" if axis in AXIS_WORDS else shown)
    return ", ".join(parts) or settings[place].teacher


def risks_table(document: Mapping[str, Any], shown: str = "") -> Table:
    """Return the risks and ratios of one curve, beside their predictions where it has them.

    Parameters
    ----------
    document
        With ``cells``, ``scale`` and ``config``.
    shown
        End of the title: which cells these are.
    """
    error = "Brier score" if document["config"].get("loss") == "cross-entropy" else "squared error"
    title = f"{document['scale'].capitalize()} risks ({error}), PGR and OPR{shown}"
    rows = []
    for cell in document["cells"]:
        expected = cell.get("predicted", {"risk": {}})
        risks = (Number(**cell["risk"][m], predicted=expected["risk"].get(m)) for m in MODELS)
        ratios = (
            Number(**cell[name], predicted=expected.get(name), decimals=2)
            for name in ("pgr", "opr")
        )
        rows.append((*_sizes(cell), *risks, *ratios))
    return _grid(rows, title, *RATIO_COLUMNS)


def score_tables(document: Mapping[str, Any]) -> list[Table]:
    """Return a table for each kind of score that the run has besides risks."""
    tables = []
    for kind, title in SCORE_TITLES.items():
        found = [(_sizes(cell), cell[kind]) for cell in document["cells"] if cell.get(kind)]
        rows: list[Row] = [
            (*sizes, *(Number(**scores[m], decimals=3) for m in MODELS), _pgr(scores))
            for sizes, scores in found
        ]
        if rows:
            tables.append(_grid(rows, title, RATIO_COLUMNS[0]))
    return tables


def _pgr(scores: Mapping[str, Any]) -> Number:
    return Number(**scores["pgr"], decimals=2)


def _sizes(cell: Mapping[str, Any]) -> tuple[str | Marked, str]:
    """Write n, marked where a fit is inflated, and N."""
    n = f"{cell['n']:,}"
    names = f"inflated: {', '.join(cell['peak'])}"
    return Marked(n, names) if cell["peak"] else n, f"{cell['N']:,}"


def _grid(rows: Sequence[Row], title: str, *ratios: Column) -> Table:
    head = (Column("n"), Column("N"), *MODEL_COLUMNS, *ratios)
    return Table(head, tuple(rows), title, names=2)
