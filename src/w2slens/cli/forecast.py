"""``w2slens forecast``: risks, PGR and OPR of a pair, from n labels and a pool."""

from typing import Any

import click

from w2slens import forecast
from w2slens._core.types import TASKS, Task
from w2slens.cli._options import RIDGE, first_labels, header_option
from w2slens.cli._output import Output, output_options
from w2slens.cli._tables import notes
from w2slens.experiments.folder.layout import PROBLEM
from w2slens.models.metrics import METRICS
from w2slens.theory.storage import archived


@click.command("forecast")
@click.option("--weak", required=True, metavar="PATH", help="Weak features, rows × coordinates.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features of the same rows.")
@click.option("--labels", required=True, metavar="PATH", help="Labels of the first rows.")
@click.option("--n", type=int, help="Use the first n labels only [default: all].")
@click.option("--N", "N", type=int, help="Number of pseudo-labels [default: the other rows].")
@click.option("--ridge-weak", type=RIDGE, default="auto", show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default="auto", show_default=True, help="λ, strong.")
@click.option("--task", type=click.Choice(TASKS), help="Needed where the labels are whole numbers.")
@click.option(
    "--metric",
    type=click.Choice(METRICS),
    default=METRICS[0],
    show_default=True,
    help="What decides.",
)
@header_option
@output_options
def command(
    weak: str,
    strong: str,
    labels: str,
    n: int | None,
    task: Task | None,
    header: bool | None,
    output: Output,
    **settings: Any,
) -> None:
    """Forecast risks, PGR and OPR with 90% intervals, from labels and unlabeled rows.

    The labels belong to the first rows of both files; the other rows are the pool.
    """
    y = first_labels(labels, n, header)
    with notes():
        found = forecast(weak, strong, y, task=task, header=header, **settings)

    def files() -> dict[str, bytes]:
        return {PROBLEM: archived(found.population.problem.values())}

    document = found.to_dict()
    if output.out is not None:
        known = found.population
        document["population"] = {
            "factors": known.factors._asdict(),
            "owned": known.owned,
            "pool": known.pool,
        }
    output.deliver(document, kind="forecast", files=files, shown=[found.table(), found.statement])
