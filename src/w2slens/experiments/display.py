"""The tables that a run is shown by, made from its document."""

from collections.abc import Mapping, Sequence
from typing import Any

from w2slens._core.format import largest
from w2slens._core.table import Column, Marked, Number, Row, Table
from w2slens.experiments.table import SCORE_TITLES
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS


def risks_table(document: Mapping[str, Any], shown: str = "") -> Table:
    """Return the risks and ratios of one curve, beside their predictions where it has them.

    The document has ``cells``, ``scale`` and ``config``; `shown` ends the title: which cells.
    """
    error = "Brier score" if document["config"].get("loss") == "cross-entropy" else "squared error"
    title = f"{document['scale'].capitalize()} risks ({error}), PGR and OPR{shown}"
    rows, models = [], _models(document)
    for cell in document["cells"]:
        expected = cell.get("predicted", {"risk": {}})
        scale = largest(mark["mean"] for mark in cell["risk"].values())
        risks = (
            Number(**cell["risk"][m], predicted=expected["risk"].get(m), beside=scale)
            for m in models
        )
        ratios = (
            Number(**cell[x], predicted=expected.get(x), decimals=2, beside=1.0)
            for x in ("pgr", "opr")
        )
        rows.append((*_sizes(cell), *risks, *ratios))
    return _grid(models, rows, title, *RATIO_COLUMNS)


def score_tables(document: Mapping[str, Any]) -> list[Table]:
    """Return a table for each kind of score that the run has besides risks."""
    models = _models(document)
    tables, places = [], dict.fromkeys(models, 3) | {"pgr": 2}
    for kind, title in SCORE_TITLES.items():
        rows = [
            (*_sizes(cell), *(Number(**cell[kind][x], decimals=d) for x, d in places.items()))
            for cell in document["cells"]
            if cell.get(kind)
        ]
        if rows:
            tables.append(_grid(models, rows, title, RATIO_COLUMNS[0]))
    return tables


def _models(document: Mapping[str, Any]) -> list[str]:
    """List the four models, and further students."""
    return list(dict.fromkeys((*MODELS, *document["cells"][0]["risk"])))


def _sizes(cell: Mapping[str, Any]) -> tuple[str | Marked, str]:
    """Write n, marked where a fit is inflated, and N."""
    n = f"{cell['n']:,}"
    names = f"inflated: {', '.join(cell['peak'])}"
    return Marked(n, names) if cell["peak"] else n, f"{cell['N']:,}"


def _grid(models: Sequence[str], rows: Sequence[Row], title: str, *ratios: Column) -> Table:
    students = map(Column, models[len(MODELS) :])
    head = (Column("n"), Column("N"), *MODEL_COLUMNS, *students, *ratios)
    return Table(head, tuple(rows), title, names=2)
