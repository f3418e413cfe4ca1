"""``w2slens dims``: the dimensions of two feature files and their overlap."""

import click
from rich.console import Console

from w2slens._core.check import same_rows
from w2slens._core.json import to_json
from w2slens.cli._options import output_options
from w2slens.cli._result import png
from w2slens.cli._tables import dimensions_table, notes, progress
from w2slens.experiments.folder.layout import check_folder, write_folder
from w2slens.features.reading import open_features
from w2slens.measure.one_pass import dimensions
from w2slens.report.plots import figure_of_dimensions


@click.command("dims")
@click.option("--weak", required=True, metavar="PATH", help="Weak features, rows × coordinates.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features of the same rows.")
@click.option("--energy", default=0.99, show_default=True, help="Variance kept by the energy rank.")
@output_options
def command(
    weak: str, strong: str, energy: float, as_json: bool, out: str | None, overwrite: bool
) -> None:
    """Measure intrinsic dimensions and the correlation dimension, in one pass over the files."""
    if out is not None:
        check_folder(out, overwrite=overwrite)
    left, right = open_features(weak, "weak"), open_features(strong, "strong")
    rows, read = same_rows({"weak": left.rows, "strong": right.rows}), 0
    with notes(), progress("rows") as move:

        def advance(more: int) -> None:
            nonlocal read
            read += more
            move(read, rows)

        found = dimensions(left, right, energy=energy, progress=advance)
    if out is not None:
        figure = png(figure_of_dimensions(found))
        write_folder(out, {"dimensions.png": figure}, found.to_dict(), overwrite=overwrite)
    if as_json:
        click.echo(to_json(found.to_dict()))
        return
    console = Console()
    for table in dimensions_table(found):
        console.print(table)
    if out is not None:
        console.print(f"Result: {out}", markup=False)
