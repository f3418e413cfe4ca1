"""Results on a terminal: tables on stdout, progress and notes on stderr."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from w2slens._core.format import corners, some
from w2slens.advise import Plan, Ranking
from w2slens.experiments.display import risks_table, score_tables
from w2slens.experiments.results import Results
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import MODELS, Risks
from w2slens.report.tables import curves_table

LEGEND = """\
weak: the teacher, on n labels. W2S: the strong student, on the teacher's N pseudo-labels. strong: \
the strong model on the n labels. ceiling: the strong model with true labels throughout. \
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

dimensions_table, predictions_table = Dimensions.tables, Risks.table
courses_table, teachers_table = Plan.table, Ranking.table


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with time left on stderr; give the function that moves it to (done, total)."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def notes() -> Iterator[None]:
    """Turn warnings into one-line notes on stderr, each once."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        click.echo(f"note: {message}", err=True)


def show_sweep(results: Results, console: Console) -> None:
    """Print a sweep: its curves, or of a single one what a run shows."""
    if len(results.settings) == 1:
        show_run(results, console)
        return
    table = curves_table(results).means().pick(*COMPARED)
    names = [str(name) for name, *_ in table.rows]
    short = max(map(len, names)) <= SHORT_NAME
    if not short:
        rows = ((str(place), *rest) for place, (_, *rest) in enumerate(table.rows, 1))
        table = replace(table, rows=tuple(rows))
    console.print(table)
    for place, name in enumerate([] if short else names, 1):
        console.print(f"{place}: {name}", markup=False, highlight=False)


def show_run(results: Results, console: Console) -> None:
    """Print a run: dimensions, risks, accuracies, verdict."""
    document = results.to_dict()
    cells = document["cells"]
    document["cells"] = shown = corners(cells, lambda cell: (cell["n"], cell["N"]))
    for table in (*results.dimensions.tables(), risks_table(document, some(shown, cells))):
        console.print(table)
    legend = LEGEND.format(source=SOURCES[results.dimensions.rows > 0])
    students = [cell["predicted"]["risk"]["w2s"] for cell in shown]
    unpredicted = any(risk != risk for risk in students)
    console.print(f"[dim]{legend}{UNPREDICTED if unpredicted else ''}[/dim]\n")
    for table in score_tables(document):
        console.print(table)
    inflated = {name for cell in shown for name in cell["peak"]}
    if inflated:
        models = ", ".join(name for name in MODELS if name in inflated)
        console.print(
            f"×: an untuned fit at its interpolation peak ({models}) is inflated; do not quote "
            "that cell's ratios."
        )
    console.print(f"[bold]Verdict: {results.verdict.action}[/bold]. {results.verdict.reason}")
