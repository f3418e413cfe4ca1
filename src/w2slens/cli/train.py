"""``w2slens train``: the best student of labels, teacher and pool, as a model to take home."""

from collections.abc import Sequence

import click

from w2slens import train
from w2slens._core.types import TASKS, Id, Ridge, Task
from w2slens.cli._help import Command, Option
from w2slens.cli._notes import notes
from w2slens.cli._options import RIDGE, first_labels, header_option, id_option, stream_option
from w2slens.cli._output import Output, output_options
from w2slens.features.ondisk import Stream
from w2slens.models.students import STUDENTS
from w2slens.report.take_home import KIND, files_of_student


@click.command(
    "train", cls=Command, example="--weak w.npy --strong s.npy --labels y.npy --n 100 --out model"
)
@click.option("--weak", required=True, metavar="PATH", help="Weak features: rows × columns.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features, same rows.")
@click.option("--labels", required=True, metavar="PATH", help="Labels of the first rows.")
@click.option("--n", type=int, help="Use the first n labels only [default: all].")
@click.option(
    "--student",
    type=click.Choice(["auto", *STUDENTS]),
    default="auto",
    show_default=True,
    help="How labels and teacher are used; auto: posterior, or neighbours where likelier.",
    cls=Option,
)
@click.option("--ridge-weak", type=RIDGE, default="auto", show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default="auto", show_default=True, help="λ, student.")
@click.option("--task", type=click.Choice(TASKS), help="Needed for whole numbers.")
@click.option("--seed", default=0, show_default=True, help="Of the draws behind the forecast.")
@click.option("--buy", default=0, help="Name so many unlabeled rows that are most worth a label.")
@click.option("--torch", is_flag=True, help="Also write head.safetensors, for a torch.nn.Linear.")
@stream_option
@header_option
@id_option
@output_options
def command(
    weak: str,
    strong: str,
    labels: str,
    n: int | None,
    student: str,
    ridge_weak: Ridge,
    ridge_strong: Ridge,
    task: Task | None,
    seed: int,
    buy: int,
    torch: bool,
    stream: Stream,
    header: bool | None,
    id: Id,
    output: Output,
) -> None:
    """Train a student on the labels of the first rows and on all other rows.

    Without --out nothing is kept: what each student is expected to err by is shown.
    """
    with notes():
        y, id = first_labels(labels, n, header, id)
        found = train(
            weak,
            strong,
            y,
            student=student,
            ridge_weak=ridge_weak,
            ridge_strong=ridge_strong,
            task=task,
            header=header,
            id=id,
            buy=buy,
            seed=seed,
            stream=stream,
        )
    output.deliver(
        found.to_dict(),
        kind=KIND,
        files=lambda: files_of_student(found, torch=torch),
        shown=[found.table(), found.statement, *_bought(found.buy, id)],
        told="Model: {out} (see MODEL_CARD.md; score new rows with: w2slens apply {out} FEATURES"
        + (" --weak PATH)" if len(found.widths) > 1 else ")"),
    )


def _bought(rows: Sequence[int], id: Id) -> list[str]:
    of = "" if id is None else " of --strong"
    listed = ", ".join(map(str, rows))
    return [f"Label these rows{of} next (counted from 0): {listed}"] if rows else []
