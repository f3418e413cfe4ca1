"""``w2slens dims``: the dimensions of two feature files and their overlap."""

from typing import Any

import click

from w2slens import Dimensions, dimensions
from w2slens._core.types import Id
from w2slens.cli._cluster import scheduler_options
from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import header_option, id_option
from w2slens.cli._output import Output, output_options
from w2slens.features.reading import open_features


@click.command("dims", cls=Command, example="--weak w.npy --strong s.npy")
@click.option("--weak", required=True, metavar="PATH", help="Weak features: rows × columns.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features, same rows.")
@click.option("--energy", default=0.99, show_default=True, help="Variance kept by the energy rank.")
@scheduler_options("Dask workers read the files.")
@click.option("--journal", metavar="FILE", help="Keep sums here: a killed command goes on.")
@header_option
@id_option
@output_options
def command(
    weak: str,
    strong: str,
    energy: float,
    scheduler: Any,
    journal: str | None,
    header: bool | None,
    id: Id,
    output: Output,
) -> None:
    """Measure intrinsic dimensions and the correlation dimension, in one pass over the files."""
    with notes(), progress("rows") as move:
        left = open_features(weak, "weak", header=header, id=id)
        right = open_features(strong, "strong", header=header, id=id)
        found = dimensions(
            left,
            right,
            energy=energy,
            header=header,
            progress=move,
            scheduler=scheduler,
            journal=journal,
        )
    output.deliver(found.to_dict(), kind="dims", files=lambda: _files(found), shown=found.tables())


def _files(found: Dimensions) -> dict[str, str | bytes]:
    from w2slens.report.files import png  # drawing starts slowly; without --out it need not
    from w2slens.report.plots import figure_of_dimensions

    return {"dimensions.png": png(figure_of_dimensions(found))}
