"""Results on a terminal: tables on stdout, progress and notes on stderr."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from w2slens import Results
from w2slens._core.format import corners, some
from w2slens.experiments.display import risks_table, score_tables
from w2slens.experiments.table import students_in
from w2slens.models.risks import MODELS
from w2slens.models.students import STUDENTS
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


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with time left on stderr; give the function that moves it to (done, total)."""
    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class Kept(logging.Handler):
    """Messages that the library logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.messages.append(record.getMessage())


@contextmanager
def notes() -> Iterator[None]:
    """Turn warnings, and what the library logs, into one-line notes on stderr, each once."""
    log, logged = logging.getLogger("w2slens"), Kept()
    level = log.level
    log.addHandler(logged)
    log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            yield
    finally:
        log.removeHandler(logged)
        log.setLevel(level)
    messages = [*logged.messages, *(str(warning.message) for warning in caught)]
    for message in dict.fromkeys(messages):
        click.echo(f"note: {message}", err=True)


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
    more = "".join(f"{name}: {STUDENTS[name].words}. " for name in students_in(results.table))
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
