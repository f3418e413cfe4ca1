"""``w2slens features``: feature stores out of images or texts."""

from typing import Any

import click

from w2slens._core.json import to_json
from w2slens.cli._cluster import scheduler_options
from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors
from w2slens.cli._output import json_option
from w2slens.features.recipe import load_feature_recipe


@click.command("features", cls=Command, example="features.yaml --out stores")
@click.argument("recipe", metavar="RECIPE.yaml")
@click.option("--out", metavar="DIR", help="Folder of the stores [default: the recipe's out].")
@click.option("--overwrite", is_flag=True, help="Begin anew where a folder holds a store.")
@scheduler_options("Dask workers map the examples.")
@json_option
def command(recipe: str, out: str | None, overwrite: bool, scheduler: Any, as_json: bool) -> None:
    """Extract the features of a recipe; a killed extraction goes on where it was."""
    with recipe_errors(recipe), notes(), progress("examples") as move:
        loaded = load_feature_recipe(recipe)
        stores = loaded.run(
            out,
            overwrite=overwrite,
            progress=move,
            scheduler=scheduler,
        )
    if as_json:
        click.echo(to_json({"stores": {name: str(path) for name, path in stores.items()}}))
        return
    for name, path in stores.items():
        click.echo(f"{name}: {path}")
