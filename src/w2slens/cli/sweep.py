"""``w2slens sweep``: a recorded, resumable grid from a recipe."""

from typing import Any

import click

from w2slens.cli._help import Command
from w2slens.cli._recipes import carry_out, recipe_options
from w2slens.experiments.recipe import load_recipe


@click.command("sweep", cls=Command, example="sweep.yaml --out sweep")
@recipe_options("trials, result and report", required=True)
def command(**told: Any) -> None:
    """Run the grid of a recipe; every finished trial is kept, and a killed run goes on."""
    carry_out(load_recipe, label="cells", **told)
