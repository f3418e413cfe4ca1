"""``w2slens run``: the protocol on the user's files, measured beside predicted."""

from typing import Any

import click
from rich.console import Console

from w2slens._core import check
from w2slens._core.json import to_json
from w2slens._core.types import Ridge, Task
from w2slens.cli._options import RidgeValue, Sizes, TestSize, output_options
from w2slens.cli._result import command_line, described, write_run
from w2slens.cli._tables import notes, progress, show_run
from w2slens.experiments.folder.layout import check_folder
from w2slens.experiments.run import transfer
from w2slens.experiments.settings import LOSSES
from w2slens.features.reading import read_array
from w2slens.models.risks import CEILINGS


@click.command("run")
@click.option("--weak", required=True, metavar="PATH", help="Weak features, rows × coordinates.")
@click.option("--strong", required=True, metavar="PATH", help="Strong features of the same rows.")
@click.option("--labels", required=True, metavar="PATH", help="Labels of the same rows.")
@click.option("--n", required=True, type=Sizes(), help="Numbers of labels, as 100,200.")
@click.option("--N", "N", required=True, type=Sizes(), help="Numbers of pseudo-labels.")
@click.option("--trials", default=10, show_default=True, help="Random splits of the rows.")
@click.option("--test", type=TestSize(), help="Held-out rows or their share [default: 0.2].")
@click.option("--ridge-weak", type=RidgeValue(), default="auto", show_default=True)
@click.option("--ridge-strong", type=RidgeValue(), default="auto", show_default=True)
@click.option("--task", type=click.Choice(["regression", "classification"]))
@click.option("--target", metavar="PATH", help="f*, where it is known: risks become excess risks.")
@click.option("--groups", metavar="PATH", help="A whole number a row; no split divides a group.")
@click.option("--ceiling", type=click.Choice(CEILINGS), default="all", show_default=True)
@click.option("--loss", type=click.Choice(LOSSES), default=LOSSES[0], show_default=True)
@click.option("--seed", default=0, show_default=True)
@output_options
def command(
    weak: str,
    strong: str,
    labels: str,
    n: list[int],
    N: list[int],
    trials: int,
    test: int | float | None,
    ridge_weak: Ridge,
    ridge_strong: Ridge,
    task: Task | None,
    target: str | None,
    groups: str | None,
    ceiling: str,
    loss: str,
    seed: int,
    as_json: bool,
    out: str | None,
    overwrite: bool,
) -> None:
    """Train and test the four models at every (n, N), beside their oracle predictions."""
    if out is not None:
        check_folder(out, overwrite=overwrite)
    y = read_array(labels, "y")
    task = task or check.task_of(y)
    settings: dict[str, Any] = {
        "n": n,
        "N": N,
        "trials": trials,
        "test": test,
        "ridge_weak": ridge_weak,
        "ridge_strong": ridge_strong,
        "task": task,
        "target": target,
        "groups": groups,
        "ceiling": ceiling,
        "loss": loss,
        "seed": seed,
    }
    paths = [("--weak", weak), ("--strong", strong), ("--labels", labels)]
    options = [(f"--{name.replace('_', '-')}", value) for name, value in settings.items()]
    replay = command_line("run", [*paths, *options])
    with notes(), progress("cells") as move:
        found = transfer(weak, strong, y, progress=move, **settings)
        results = described(found, "Weak-to-strong run", replay)
        document = results.to_dict()
    if out is not None:
        write_run(out, results, overwrite=overwrite)
    if as_json:
        click.echo(to_json({**document, "command": replay}))
        return
    console = Console()
    show_run(results, console)
    if out is not None:
        console.print(f"Result: {out} (open report.html)", markup=False)
