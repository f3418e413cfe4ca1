"""``w2slens rank``: which of several teachers to label with."""

from collections import Counter
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from w2slens import InputError, rank_teachers
from w2slens._core.types import Id, Task
from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import first_labels, labeled_options
from w2slens.cli._output import Output, output_options


@click.command(
    "rank",
    cls=Command,
    example="--weak a=a.npy --weak b=b.npy --strong s.npy \\\n    --labels y.npy --n 100",
)
@click.option(
    "--weak",
    required=True,
    multiple=True,
    metavar="NAME=PATH",
    help="Features of a teacher; once for each.",
)
@click.option("--strong", required=True, metavar="PATH", help="Student features, same rows.")
@labeled_options
@output_options
def command(
    weak: tuple[str, ...],
    strong: str,
    labels: str,
    n: int | None,
    task: Task | None,
    header: bool | None,
    id: Id,
    output: Output,
    **settings: Any,
) -> None:
    """Rank teachers of one student by forecast W2S risk, from labels and unlabeled rows.

    The labels belong to the first rows of all files; the other rows are the pool.
    """
    with notes(), progress("teachers") as move:
        y, id = first_labels(labels, n, header, id)
        found = rank_teachers(
            _named(weak), strong, y, task=task, header=header, id=id, progress=move, **settings
        )

    def files() -> dict[str, bytes]:
        from matplotlib.figure import Figure  # drawing starts slowly; without --out it need not

        from w2slens.report.files import png
        from w2slens.report.plots import plot_teachers

        figure = Figure(figsize=(7, 1.8 + 0.5 * len(found.teachers)), layout="constrained")
        plot_teachers(found, figure.subplots())
        return {"teachers.png": png(figure)}

    verdict = Text.assemble((found.best.name, "bold"), ". ", found.reason)
    output.deliver(found.to_dict(), kind="rank", files=files, shown=[found.table(), verdict])


def _named(given: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=PATH; a path alone is named after its file."""
    pairs = []
    for text in given:
        name, mark, path = text.partition("=")
        if not name or (mark and not path):
            raise InputError("weak", f"is {text!r}; NAME=PATH is needed, neither of them empty")
        pairs.append((name, path) if mark else (Path(text).stem, text))
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise InputError("weak", f"names {name!r} {count} times; give each its own NAME=PATH")
    return dict(pairs)
