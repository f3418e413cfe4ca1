"""``w2slens features``: feature stores out of images or texts."""

from pathlib import Path

import click

from w2slens._errors import InputError
from w2slens._json import to_json
from w2slens.cli._show import notes, progress
from w2slens.feature_recipe import load_feature_recipe


@click.command("features")
@click.argument("recipe", metavar="RECIPE.yaml")
@click.option("--out", metavar="DIR", help="Folder of the stores [default: the recipe's out].")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(recipe: str, out: str | None, as_json: bool) -> None:
    """Extract the features of a recipe; a killed extraction goes on where it was."""
    try:
        loaded = load_feature_recipe(recipe)
        with notes(), progress("examples") as move:
            stores = loaded.run(out, progress=lambda _, done, total: move(done, total))
    except InputError as error:
        if error.argument == "out":
            raise
        key = "" if error.argument == "recipe" else f"{Path(recipe).name}: {error.argument}: "
        raise click.ClickException(f"{key}{error.problem}") from None
    if as_json:
        click.echo(to_json({"stores": {name: str(path) for name, path in stores.items()}}))
        return
    for name, path in stores.items():
        click.echo(f"{name}: {path}")
