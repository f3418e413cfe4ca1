"""What the commands that run a recipe share: their options, and how a result is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from w2slens._core.json import to_json
from w2slens.cli._cluster import scheduler_options
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors, tracker_option
from w2slens.cli._output import json_option
from w2slens.cli._tables import shown
from w2slens.experiments.folder.layout import PAGE
from w2slens.experiments.results import Results
from w2slens.experiments.study import Study
from w2slens.experiments.trackers.told import tracked
from w2slens.report.folder import ensure_page


def recipe_options(kept: str, *, required: bool) -> Callable[[Any], Any]:
    """Add the recipe, the folder in which `kept` things are kept, and where trials run."""
    options = (
        click.argument("recipe", metavar="RECIPE.yaml"),
        click.option("--out", required=required, metavar="DIR", help=f"Keep {kept} here."),
        click.option("--overwrite", is_flag=True, help="Begin anew where --out holds another."),
        click.option("--jobs", type=int, help="Trials at a time [default: one a core]."),
        scheduler_options("Run trials on Dask workers."),
        tracker_option,
        json_option,
    )

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def carry_out(
    load: Callable[[str], Study],
    recipe: str,
    out: str | None,
    *,
    as_json: bool,
    tracker: str | None,
    label: str,
    **told: Any,
) -> None:
    """Run a recipe, show its result, and tell a tracker; `label` is of what progress counts."""
    with recipe_errors(recipe), notes():
        study = load(recipe)
    with notes(), tracked(tracker, study.config) as tell:
        with recipe_errors(recipe), notes(), progress(label) as move:
            results = study.run(out, progress=move, **told)
            document = results.to_dict()
        _deliver(results, document, out, as_json)
        tell(results, out)


def _deliver(results: Results, document: dict[str, Any], out: str | None, as_json: bool) -> None:
    """Write the page where there is none yet, and show the result."""
    with notes():
        if out is not None:
            ensure_page(results, Path(out))
        if as_json:
            click.echo(to_json(document))
            return
        console = Console()
        for part in shown(results):
            console.print(part)
    if out is not None:
        console.print(f"Result: {out} (open {PAGE})", markup=False)
