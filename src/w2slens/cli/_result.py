"""The files of a result folder."""

import io
import shlex
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from w2slens._files import MARKER
from w2slens._json import to_json
from w2slens.plots import figure_of_run
from w2slens.report import render
from w2slens.results import Results

FIGURE_DPI = 150


def png(figure: Figure) -> bytes:
    """Draw a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=FIGURE_DPI)
    return buffer.getvalue()


def command_line(name: str, options: Sequence[tuple[str, Any]]) -> str:
    """Write the command that replays a run; options without a value are left out."""
    words = ["w2slens", name]
    for option, value in options:
        if value is not None:
            text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            words += [option, text]
    return shlex.join(words)


def run_files(results: Results, title: str, command: str) -> dict[str, str | bytes]:
    """Name and content of all files that a run leaves."""
    return {
        "trials.csv": results.table.to_csv(index=False),
        "risks.png": png(figure_of_run(results)),
        "report.html": render(results, title=title, command=command),
        MARKER: to_json({**results.to_dict(), "command": command}),
    }
