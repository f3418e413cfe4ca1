"""``w2slens finetune``: weak-to-strong training of networks, from a recipe."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from w2slens._core.errors import needing
from w2slens._core.json import to_json
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors
from w2slens.cli._output import json_option
from w2slens.cli._tables import shown
from w2slens.experiments.folder.layout import PAGE


@click.command("finetune")
@click.argument("recipe", metavar="RECIPE.yaml")
@click.option("--out", metavar="DIR", help="Keep networks, pseudo-labels, result and report here.")
@click.option("--overwrite", is_flag=True, help="Begin anew where --out holds another result.")
@click.option("--jobs", type=int, help="Trials at a time [default: one a core].")
@click.option("--scheduler", metavar="ADDRESS|local", help="Trials run on Dask workers instead.")
@json_option
def command(
    recipe: str,
    out: str | None,
    overwrite: bool,
    jobs: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Fine-tune teacher, student, baseline and ceiling; a killed run goes on where it was."""
    with recipe_errors(recipe), notes(), progress("networks") as move:
        with needing("torch", "fine-tuning", extra="deep"):
            from w2slens.deep.recipe import load_finetuning
        told: dict[str, Any] = {"overwrite": overwrite, "jobs": jobs, "scheduler": scheduler}
        results = load_finetuning(recipe).run(out, progress=move, **told)
        document = results.to_dict()
    with notes():
        if out is not None:
            from w2slens.report.files import render_into  # loads slowly

            render_into(results, Path(out))
        if as_json:
            click.echo(to_json(document))
            return
        console = Console()
        for part in shown(results):
            console.print(part)
    if out is not None:
        console.print(f"Result: {out} (open {PAGE})", markup=False)
