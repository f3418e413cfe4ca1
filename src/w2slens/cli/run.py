"""``w2slens run``: the protocol on the user's files, measured beside predicted."""

from typing import Any

import click

from w2slens import Settings, Study
from w2slens._core.types import Id
from w2slens.cli._cluster import scheduler_options
from w2slens.cli._help import Command, Option
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import header_option, id_option, tracker_option, written_ids
from w2slens.cli._output import Output, files_of_run, output_options
from w2slens.cli._settings import command_line, replaying, settings_options
from w2slens.cli._tables import shown
from w2slens.experiments.trackers.told import tracked


@click.command(
    "run",
    cls=Command,
    example="--weak w.npy --strong s.npy --labels y.npy \\\n    --n 50,100 --N 300 --out result",
)
@click.option("--weak", required=True, metavar="PATH", help="Weak features: rows × columns.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features, same rows.")
@click.option("--labels", required=True, metavar="PATH", help="Labels of the same rows.")
@click.option(
    "--target",
    metavar="PATH",
    help="f*, where it is known: risks become excess risks.",
    cls=Option,
    rare=True,
)
@click.option(
    "--groups",
    metavar="PATH",
    help="A number or word a row: no split divides a group.",
    cls=Option,
    rare=True,
)
@header_option
@id_option
@settings_options
@scheduler_options("Run trials on Dask workers, which also read features that stay on disk.")
@tracker_option
@output_options
def command(
    weak: str,
    strong: str,
    labels: str,
    target: str | None,
    groups: str | None,
    header: bool | None,
    id: Id,
    settings: Settings,
    scheduler: Any,
    tracker: str | None,
    output: Output,
) -> None:
    """Train and test the four models at every (n, N), beside their oracle predictions."""
    paths = {"weak": weak, "strong": strong, "labels": labels, "target": target, "groups": groups}
    given = [(f"--{name}", path) for name, path in paths.items()]
    given.append(("--header", None if header is None else ("no", "yes")[header]))
    given += [("--id", text) for text in written_ids(id)]
    replay = command_line("run", [*given, *replaying(settings)])
    words = {"title": "Weak-to-strong run", "command": replay}
    with notes():
        study = Study.of_rows(
            weak,
            strong,
            labels,
            settings,
            target=target,
            groups=groups,
            header=header,
            id=id,
            words=words,
        )
    with notes(), tracked(tracker, study.config) as tell:
        with notes(), progress("cells") as move:
            results = study.run(progress=move, scheduler=scheduler)
            document = {**results.to_dict(), "command": replay}
        output.deliver(
            document,
            kind="run",
            files=lambda: files_of_run(results),
            shown=shown(results),
            told="Result: {out} (open report.html)",
        )
        tell(results, output.out)
