"""Runs on a terminal: what there is to say of one curve, or of several."""

from collections.abc import Iterator
from dataclasses import replace

from rich.console import RenderableType
from rich.text import Text

from w2slens import Results
from w2slens._core.format import corners, some
from w2slens.experiments.display import risks_table, score_tables
from w2slens.experiments.table import students_in
from w2slens.models.risks import MODELS
from w2slens.models.students import words
from w2slens.report.tables import curves_table

LEGEND = """\
weak: the teacher, on n labels. W2S: the strong student, on the teacher's N pseudo-labels. strong: \
the strong model on the n labels. ceiling: the strong model with true labels throughout. {more}\
±: standard error. pred.: {source}, for Gaussian features. –: not defined."""

SOURCES = ("from the population", "oracle, from the moments of all rows and labels")
"""Where predictions come from: without and with rows."""

SHORT_NAME = 12
"""Names of curves up to this length stand in the table, longer ones below it."""

COMPARED = ["curve", "n", "N", "weak", "W2S", "strong", "ceiling", "PGR", "OPR", "verdict"]
"""Columns of the table of curves that fit a terminal."""

UNPREDICTED = (
    " There is no prediction for logistic probes, nor where a ridgeless fit has n ≈ d rows."
)


def shown(results: Results) -> Iterator[RenderableType]:
    """Say what there is to say of a run: its curves, or all of a single one."""
    if len(results.settings) == 1:
        yield from _one_curve(results)
        return
    table = curves_table(results).means().pick(*COMPARED)
    names = [str(name) for name, *_ in table.rows]
    if max(map(len, names)) <= SHORT_NAME:
        yield table
        return
    rows = ((str(place), *rest) for place, (_, *rest) in enumerate(table.rows, 1))
    yield replace(table, rows=tuple(rows))
    yield from (Text(f"{place}: {name}") for place, name in enumerate(names, 1))


def _one_curve(results: Results) -> Iterator[RenderableType]:
    """Say dimensions, risks, accuracies, verdict."""
    document = results.to_dict()
    cells = document["cells"]
    document["cells"] = kept = corners(cells, lambda cell: (cell["n"], cell["N"]))
    yield from results.dimensions.tables()
    yield risks_table(document, some(kept, cells))
    more = "".join(f"{name}: {words(name)}. " for name in students_in(results.table))
    legend = LEGEND.format(source=SOURCES[results.dimensions.rows > 0], more=more)
    students = [cell["predicted"]["risk"]["w2s"] for cell in kept]
    unpredicted = any(risk != risk for risk in students)
    yield f"[dim]{legend}{UNPREDICTED if unpredicted else ''}[/dim]\n"
    yield from score_tables(document)
    inflated = {name for cell in kept for name in cell["peak"]}
    if inflated:
        models = ", ".join(name for name in MODELS if name in inflated)
        yield (
            f"×: an untuned fit at its interpolation peak ({models}) is inflated; do not quote "
            "that cell's ratios."
        )
    yield f"[bold]Verdict: {results.verdict.action}[/bold]. {results.verdict.reason}"
