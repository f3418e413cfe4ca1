"""The table that compares the curves of a sweep."""

from w2slens._core.format import number
from w2slens._core.table import Column, Marked, Number, Table
from w2slens.experiments.display import curve_name
from w2slens.experiments.results import Results
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS


def curves_table(results: Results) -> Table:
    """Return every curve at the cell that its verdict is about."""
    rows = []
    for place, curve in enumerate(results.curves()):
        head, dims = curve.head, curve.dimensions
        n = f"{head['n']:,}"
        rows.append(
            (
                curve_name(results.settings, place),
                Marked(n, "inflated") if head["peak"] else n,
                f"{head['N']:,}",
                *(Number(head[name], head[f"{name}_se"]) for name in MODELS),
                *(Number(head[x], head[f"{x}_se"], decimals=2) for x in ("pgr", "opr")),
                curve.verdict.action,
                f"{dims.d_w:,}",
                number(dims.d_sw),
            )
        )
    return Table(
        (
            Column("curve", words=True),
            *map(Column, ("n", "N")),
            *MODEL_COLUMNS,
            *RATIO_COLUMNS,
            Column("verdict", words=True),
            *map(Column, ("d_w", "d_sw")),
        ),
        tuple(rows),
        "Curves, each at the largest n and N that no peak inflates",
    )
