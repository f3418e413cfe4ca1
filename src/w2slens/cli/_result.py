"""The files of a result folder."""

import io
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from w2slens._core.atomic import replacing
from w2slens._core.errors import InputError
from w2slens.experiments.folder.layout import PAGE, write_folder
from w2slens.experiments.results import Results
from w2slens.report import render
from w2slens.report.plots import figure_of_run

FIGURE_DPI = 150

GENERATOR = '<meta name="generator" content="w2slens'
"""By this a page is known to be a report of ours, which may be rendered anew."""


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


def described(results: Results, title: str, command: str) -> Results:
    """Add to the configuration what a page says of a run."""
    return replace(results, config={**results.config, "title": title, "command": command})


def write_run(out: str, results: Results, *, overwrite: bool) -> None:
    """Write all that a run leaves."""
    files: dict[str, str | bytes] = {
        "trials.csv": results.table.to_csv(index=False),
        "risks.png": png(figure_of_run(results)),
        PAGE: render(results),
    }
    document = {**results.to_dict(), "command": results.config["command"]}
    write_folder(out, files, document, overwrite=overwrite)


def render_into(
    results: Results, folder: Path, *, out: str | None = None, overwrite: bool = False
) -> Path:
    """Write the page of a result; its own former page is replaced, nothing else."""
    page = folder / PAGE if out is None else Path(out)
    if page.is_dir():
        raise InputError("out", f"{page} is a folder; name a file")
    own = out is None and page.is_file() and GENERATOR in page.read_text("utf-8", "replace")
    if page.exists() and not own and not overwrite:
        raise InputError("out", f"{page} exists; choose another name or pass --overwrite")
    with replacing(page, overwrite=True, argument="out") as part:
        part.write_text(render(results), encoding="utf-8")
    return page
