"""``w2slens forecast``: risks, PGR and OPR of a pair, from n labels and a pool."""

from typing import Any

import click

from w2slens import forecast
from w2slens._core.types import Id, Task
from w2slens.cli._help import Command
from w2slens.cli._notes import notes
from w2slens.cli._options import first_labels, labeled_options
from w2slens.cli._output import Output, output_options
from w2slens.experiments.folder.layout import PROBLEM
from w2slens.theory.storage import archived


@click.command(
    "forecast", cls=Command, example="--weak w.npy --strong s.npy --labels y.npy --n 100"
)
@click.option("--weak", required=True, metavar="PATH", help="Weak features: rows × columns.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features, same rows.")
@labeled_options
@output_options
def command(
    weak: str,
    strong: str,
    labels: str,
    n: int | None,
    task: Task | None,
    header: bool | None,
    id: Id,
    output: Output,
    **settings: Any,
) -> None:
    """Forecast risks, PGR and OPR with 90% intervals, from labels and unlabeled rows.

    The labels belong to the first rows of both files; the other rows are the pool.
    """
    with notes():
        y, id = first_labels(labels, n, header, id)
        found = forecast(weak, strong, y, task=task, header=header, id=id, **settings)

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
    output.deliver(
        document, kind="forecast", files=files, shown=[*found.shown()[1], found.statement]
    )
