"""``w2slens report``: the page of any result that a folder holds."""

from pathlib import Path

import click

from w2slens._core.json import to_json
from w2slens.cli._help import Command
from w2slens.cli._notes import notes
from w2slens.cli._output import json_option
from w2slens.experiments.folder.layout import check_page
from w2slens.report.folder import render_folder


@click.command("report", cls=Command, example="result")
@click.argument("folder", metavar="DIR")
@click.option("--out", metavar="FILE", help="Write the page here [default: DIR/report.html].")
@click.option("--overwrite", is_flag=True, help="Replace a file that is not a report of ours.")
@json_option
def command(folder: str, out: str | None, overwrite: bool, as_json: bool) -> None:
    """Render the result in DIR as one self-contained HTML page."""
    if out is not None:
        check_page(Path(out), overwrite=overwrite)
    with notes():
        page = render_folder(Path(folder), out=out, overwrite=overwrite)
    click.echo(to_json({"report": str(page)}) if as_json else f"Report: {page}")
