"""Tables as a page has them: the curves of a sweep compared, ratios first."""

from w2slens._core.format import number
from w2slens._core.table import Column, Marked, Number, Table
from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS

COLUMNS = (
    Column("curve", words=True),
    *RATIO_COLUMNS,
    Column("verdict", words=True),
    *MODEL_COLUMNS,
    *map(Column, ("n", "N", "d_w", "d_sw")),
)
"""Ratios first, where a phone shows them."""


def curves_table(results: Results) -> Table:
    """Return every curve at the cell that its verdict is about."""
    rows = []
    for place, curve in enumerate(results.curves()):
        head, dims = curve.head, curve.dimensions
        n, N = f"{head['n']:,}", f"{head['N']:,}"
        ratios = (Number(head[x], head[f"{x}_se"], decimals=2) for x in ("pgr", "opr"))
        risks = (Number(head[name], head[f"{name}_se"]) for name in MODELS)
        sizes = (Marked(n, "inflated") if head["peak"] else n, N)
        name, action = curve_name(results, place), curve.verdict.action
        rows.append((name, *ratios, action, *risks, *sizes, f"{dims.d_w:,}", number(dims.d_sw)))
    title = "Curves, each at the largest n and N that no peak inflates"
    return Table(COLUMNS, tuple(rows), title)


def ratios_first(table: Table) -> Table:
    """Move PGR and OPR beside the sizes, where a phone shows them."""
    names = [column.name for column in table.head]
    ratios = [column.name for column in RATIO_COLUMNS if column.name in names]
    return table.pick(*names[:2], *ratios, *(name for name in names[2:] if name not in ratios))
