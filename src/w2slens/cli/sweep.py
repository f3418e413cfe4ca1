"""``w2slens sweep``: a recorded, resumable grid from a recipe."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from w2slens._core.json import to_json
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors
from w2slens.cli._output import json_option
from w2slens.cli._tables import shown
from w2slens.experiments.folder.layout import PAGE
from w2slens.experiments.recipe import load_recipe
from w2slens.report.fresh import shows


@click.command("sweep")
@click.argument("recipe", metavar="RECIPE.yaml")
@click.option("--out", required=True, metavar="DIR", help="Keep trials, result and report here.")
@click.option("--overwrite", is_flag=True, help="Begin anew where --out holds another result.")
@click.option("--jobs", type=int, help="Trials at a time [default: one a core].")
@click.option("--scheduler", metavar="ADDRESS|local", help="Trials run on Dask workers instead.")
@json_option
def command(
    recipe: str,
    out: str,
    overwrite: bool,
    jobs: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Run the grid of a recipe; every finished trial is kept, and a killed run goes on."""
    with recipe_errors(recipe), notes(), progress("cells") as move:
        told: dict[str, Any] = {"overwrite": overwrite, "jobs": jobs, "scheduler": scheduler}
        results = load_recipe(recipe).run(out, progress=move, **told)
        document = results.to_dict()
    with notes():
        page = Path(out) / PAGE
        if not shows(page, results):
            from w2slens.report.files import render_into  # loads slowly

            render_into(results, Path(out))
        if as_json:
            click.echo(to_json(document))
            return
        console = Console()
        for part in shown(results):
            console.print(part)
    console.print(f"Result: {out} (open {page.name})", markup=False)
