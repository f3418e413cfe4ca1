"""``w2slens sweep``: a recorded, resumable grid from a recipe."""

from typing import Any

import click

from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors
from w2slens.cli._recipes import deliver, recipe_options
from w2slens.experiments.recipe import load_recipe


@click.command("sweep", cls=Command, example="sweep.yaml --out sweep")
@recipe_options("trials, result and report", required=True)
def command(recipe: str, out: str, as_json: bool, **told: Any) -> None:
    """Run the grid of a recipe; every finished trial is kept, and a killed run goes on."""
    with recipe_errors(recipe), notes(), progress("cells") as move:
        results = load_recipe(recipe).run(out, progress=move, **told)
        document = results.to_dict()
    deliver(results, document, out, as_json)
