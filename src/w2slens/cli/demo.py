"""``w2slens demo``: the main job on scikit-learn's bundled digits."""

import click
from rich.console import Console

from w2slens._core.json import to_json
from w2slens.cli._options import output_options
from w2slens.cli._result import command_line, described, write_run
from w2slens.cli._tables import notes, progress, show_run
from w2slens.experiments.folder.layout import check_folder
from w2slens.experiments.run import transfer
from w2slens.features.digits import digits

LABELS, POOL, TRIALS = (100, 150, 200, 300), 1100, 20

INTRODUCTION = """\
[bold]Weak-to-strong generalization on handwritten digits[/bold]
A weak teacher (differences of neighbouring pixels, 60 principal components) learns from n \
labels and labels 1,100 further images; a strong student (random convolutions, 40 components) \
learns from those pseudo-labels alone. All fits are ridgeless, so that every risk has its exact \
prediction.
"""


@click.command("demo")
@click.option("--seed", default=0, show_default=True)
@output_options
def command(seed: int, as_json: bool, out: str | None, overwrite: bool) -> None:
    """Measure, predict and judge weak-to-strong training on digits, in seconds."""
    if out is not None:
        check_folder(out, overwrite=overwrite)
    weak, strong, classes = digits()
    replay = command_line("demo", [("--seed", seed)])
    with notes(), progress("cells") as move:
        found = transfer(
            weak,
            strong,
            classes,
            n=LABELS,
            N=POOL,
            trials=TRIALS,
            ridge_weak=0.0,
            ridge_strong=0.0,
            task="classification",
            seed=seed,
            progress=move,
        )
        results = described(found, "Weak-to-strong on handwritten digits", replay)
        document = results.to_dict()
    if out is not None:
        write_run(out, results, overwrite=overwrite)
    if as_json:
        click.echo(to_json({**document, "command": replay}))
        return
    console = Console()
    console.print(INTRODUCTION)
    show_run(results, console)
    if out is not None:
        console.print(
            f"Figure: {out}/risks.png   Report: {out}/report.html   Numbers: {out}/result.json",
            markup=False,
        )
