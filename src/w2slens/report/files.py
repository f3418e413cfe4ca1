"""The files that a result leaves for people: figures as PNG, and its page."""

import io

from matplotlib.figure import Figure

from w2slens.experiments.folder.layout import PAGE, PROBLEM, TRIALS
from w2slens.experiments.results import Results
from w2slens.report.page import render
from w2slens.report.plots import figure_of_run
from w2slens.theory.storage import archived

FIGURE_DPI = 150


def png(figure: Figure) -> bytes:
    """Draw a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=FIGURE_DPI)
    return buffer.getvalue()


def files_of(results: Results) -> dict[str, str | bytes]:
    """Make all that a run leaves besides its document.

    A figure only of a single curve; the population, which `predict` and `plan` take up, of one
    teacher.
    """
    files: dict[str, str | bytes] = {TRIALS: results.table.to_csv(index=False)}
    if len(results.settings) == 1:
        files["risks.png"] = png(figure_of_run(results))
    if len({setting.teacher for setting in results.settings}) == 1:
        files[PROBLEM] = archived(results.population.problem.values())
    return {**files, PAGE: render(results)}
