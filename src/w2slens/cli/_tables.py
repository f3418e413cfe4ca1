"""Results on a terminal: tables on stdout, progress and notes on stderr."""

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from w2slens._core.format import corners, measured, number, some
from w2slens.advise import Plan, Ranking
from w2slens.experiments.document import as_cells
from w2slens.experiments.results import Results
from w2slens.experiments.table import SCORE_TITLES
from w2slens.measure.intrinsic import SIDE_COLUMNS, Dimensions
from w2slens.models.risks import MODELS, Risks
from w2slens.report.plots import curve_name

HEADINGS = ("weak", "W2S", "strong", "ceiling")
"""Short column headings of the four models."""

LEGEND = """\
weak: the teacher, on n labels. W2S: the strong student, on the teacher's N pseudo-labels. strong: \
the strong model on the n labels. ceiling: the strong model with true labels throughout. \
±: standard error. pred.: {source}, for Gaussian features. –: not defined."""

SOURCES = ("from the population", "oracle, from the moments of all rows and labels")
"""Where predictions come from: without and with rows."""


SHORT_NAME = 12
"""Names of curves up to this length stand in the table, longer ones below it."""

UNPREDICTED = (
    " There is no prediction for logistic probes, nor where a ridgeless fit has n ≈ d rows."
)


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


def dimensions_table(dims: Dimensions) -> list[Table]:
    """Two tables: either side's dimensions, and their overlap."""
    sides = _plain_table(
        f"Intrinsic dimensions over {dims.rows:,} rows"
        if dims.rows
        else "Intrinsic dimensions of the population"
    )
    for column in SIDE_COLUMNS:
        sides.add_column(column, justify="left" if column == "features" else "right")
    for row in dims.side_rows():
        sides.add_row(*row)
    overlap = _plain_table("Correlation dimension d_sw (overlap of the two feature spaces)")
    found = dims.correlation
    low, high = found.interval
    values = {
        "debiased": number(found.debiased),
        "90% interval": f"{number(low)} – {number(high)}" if low == low else "–",
        "plug-in": number(found.plug_in),
        "chance": number(found.chance),
        "d_s − d_sw": number(dims.learnable_by_strong_only),
        "d_w − d_sw": number(dims.not_copied),
    }
    for column in values:
        overlap.add_column(column, justify="right")
    overlap.add_row(*values.values())
    return [sides, overlap]


def risks_table(document: dict[str, Any], shown: str) -> Table:
    """One table of the risks and ratios: measured, standard error, predicted."""
    error = "Brier score" if document["config"].get("loss") == "cross-entropy" else "squared error"
    title = f"{document['scale'].capitalize()} risks ({error}), PGR and OPR{shown}"
    table = _grid_table(title, ("PGR", "OPR"))
    for cell in document["cells"]:
        predicted = cell["predicted"]
        pairs = [*(cell["risk"][name] for name in MODELS), cell["pgr"], cell["opr"]]
        expected = [
            *(predicted["risk"][name] for name in MODELS),
            predicted["pgr"],
            predicted["opr"],
        ]
        _add_measured(table, cell, pairs)
        known = any(value == value for value in expected)
        theory = map(number, expected) if known else [""] * len(expected)
        table.add_row("", "", "pred." if known else "", *theory, end_section=True)
    return table


def predictions_table(risks: Risks) -> Table:
    """One table of predicted risks and ratios over a grid, or over its corners."""
    cells = as_cells(risks)
    grid = list(cells)
    shown = corners(grid, lambda cell: cell)
    title = f"{risks.scale.capitalize()} risks ({risks.method}), PGR and OPR{some(shown, grid)}"
    table = _plain_table(title)
    for column in ("n", "N", *HEADINGS, "PGR", "OPR"):
        table.add_column(column, justify="right", no_wrap=True)
    for n, N in shown:
        cell = cells[n, N]
        values = [*(cell["risk"][name] for name in MODELS), cell["pgr"], cell["opr"]]
        table.add_row(f"{n:,}", f"{N:,}", *map(number, values))
    return table


def courses_table(plan: Plan) -> Table:
    """One table of the courses of a plan, best first."""
    table = _plain_table("Courses, best first")
    for column in ("course", "n", "N", "cost", "risk", "90% interval"):
        justify: Any = "left" if column == "course" else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    for course in plan.courses:
        low, high = course.interval
        sizes = (f"{course.n:,}", f"{course.N:,}" if course.N else "–")
        numbers = (number(course.cost, 4), number(course.risk), f"{number(low)} – {number(high)}")
        table.add_row(course.course, *sizes, *numbers)
    notes = [("n*", plan.n_star), ("N enough", plan.N_enough)]
    table.caption = ", ".join(f"{name} = {value:,}" for name, value in notes if value)
    table.caption_justify = "left"
    return table


def teachers_table(ranking: Ranking) -> Table:
    """One table of candidate teachers, best first."""
    title = f"Teachers, best first (forecast raw risks, n = {ranking.n:,}, N = {ranking.N:,})"
    table = _plain_table(title)
    table.padding = (0, 1, 0, 0)
    table.add_column("teacher", overflow="fold")
    for column in ("W2S", "90%", "PGR", "OPR", "d_sw/d_w", "d_s−d_sw", "‖·‖", "LOO"):
        table.add_column(column, justify="right", no_wrap=True)
    for teacher in ranking.teachers:
        low, high = teacher.interval
        ratios = map(_ratio, (teacher.pgr, teacher.opr, teacher.overlap_share))
        scores = (teacher.scores[name] for name in ("strong_only", "norm"))
        table.add_row(
            Text(teacher.name),
            number(teacher.risk),
            f"{number(low)}–{number(high)}",
            *ratios,
            *map(number, scores),
            _ratio(teacher.teacher_loo),
        )
    table.caption = (
        "‖·‖: norm of P_s(I − P_w), without labels. LOO: the teacher's leave-one-out "
        f"{ranking.measure}."
    )
    table.caption_justify = "left"
    return table


def score_tables(document: dict[str, Any]) -> list[Table]:
    """One table for each kind of score that the run has besides risks."""
    tables = []
    for kind, title in SCORE_TITLES.items():
        if document["cells"][0][kind]:
            tables.append(_grid_table(title, ("PGR",)))
            for cell in document["cells"]:
                _add_measured(tables[-1], cell, [cell[kind][name] for name in (*MODELS, "pgr")])
    return tables


def _ratio(value: float) -> str:
    """Write a ratio to two decimals."""
    return measured({"mean": value, "se": math.nan}, 2)


def _plain_table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def _grid_table(title: str, ratios: tuple[str, ...]) -> Table:
    table = _plain_table(title)
    table.padding = (0, 1, 0, 0)
    for column in ("n", "N", "", *HEADINGS, *ratios):
        justify: Any = "left" if column == "" else "right"
        table.add_column(column, justify=justify, no_wrap=True)
    return table


def _add_measured(table: Table, cell: dict[str, Any], pairs: list[dict[str, float]]) -> None:
    """Two rows: means, and standard errors below them."""
    mark = "×" if cell["peak"] else ""
    table.add_row(
        f"{mark}{cell['n']:,}", f"{cell['N']:,}", "mean", *(number(pair["mean"]) for pair in pairs)
    )
    table.add_row("", "", "±", *(f"[dim]{number(pair['se'], 2)}[/dim]" for pair in pairs))


def curves_table(results: Results) -> tuple[Table, list[str]]:
    """One table of a sweep's curves, and the names that are too long for it."""
    table = _plain_table("Curves, each at the largest n and N that no peak inflates")
    table.padding = (0, 1, 0, 0)
    names = [curve_name(results, place) for place in range(len(results.settings))]
    short = max(map(len, names)) <= SHORT_NAME
    table.add_column("curve", no_wrap=True)
    for column in ("n", "N", *HEADINGS, "PGR", "OPR"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for place, curve in enumerate(results.curves()):
        head = curve.head
        mark = "×" if head["peak"] else ""
        risks = (number(head[name]) for name in MODELS)
        ratios = (_ratio(head[name]) for name in ("pgr", "opr"))
        name = Text(names[place] if short else str(place + 1))
        sizes = (f"{mark}{head['n']:,}", f"{head['N']:,}")
        table.add_row(name, *sizes, *risks, *ratios, curve.verdict.action)
    legend = [] if short else [f"{place}: {name}" for place, name in enumerate(names, 1)]
    return table, legend


def show_sweep(results: Results, console: Console) -> None:
    """Print a sweep: its curves, or of a single one what a run shows."""
    if len(results.settings) == 1:
        show_run(results, console)
    else:
        table, legend = curves_table(results)
        console.print(table)
        for line in legend:
            console.print(line, markup=False, highlight=False)


def show_run(results: Results, console: Console) -> None:
    """Print a run: dimensions, risks, accuracies, verdict."""
    document = results.to_dict()
    for table in dimensions_table(results.dimensions):
        console.print(table)
    cells = document["cells"]
    document["cells"] = corners(cells, lambda cell: (cell["n"], cell["N"]))
    console.print(risks_table(document, some(document["cells"], cells)))
    legend = LEGEND.format(source=SOURCES[results.dimensions.rows > 0])
    unpredicted = any(
        cell["predicted"]["risk"]["w2s"] != cell["predicted"]["risk"]["w2s"]
        for cell in document["cells"]
    )
    console.print(f"[dim]{legend}{UNPREDICTED if unpredicted else ''}[/dim]\n")
    for table in score_tables(document):
        console.print(table)
    inflated = {name for cell in document["cells"] for name in cell["peak"]}
    if inflated:
        models = ", ".join(name for name in MODELS if name in inflated)
        console.print(
            f"×: an untuned fit at its interpolation peak ({models}) is inflated; do not quote "
            "that cell's ratios."
        )
    console.print(f"[bold]Verdict: {results.verdict.action}[/bold]. {results.verdict.reason}")
