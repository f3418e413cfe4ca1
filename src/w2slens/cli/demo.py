"""``w2slens demo``: the main job on scikit-learn's bundled digits."""

from dataclasses import replace
from itertools import chain

import click

from w2slens import Settings, Study
from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._output import Output, files_of_run, output_options
from w2slens.cli._settings import command_line
from w2slens.cli._tables import shown
from w2slens.features.digits import digits

SETTINGS = Settings(
    n=(40, 60, 100, 150), N=1100, trials=12, students="posterior", task="classification"
)

INTRODUCTION = """\
[bold]Weak-to-strong generalization on handwritten digits[/bold]
A weak teacher (differences of neighbouring pixels, 60 principal components) learns from n \
labels and labels 1,100 further images; the W2S student (random convolutions, 40 components) \
learns from those pseudo-labels alone. The posterior student has the same features, and learns \
from the labels and the teacher together. Every ridge is chosen on the labels.
"""


@click.command("demo", cls=Command, example="--out demo")
@click.option("--seed", default=0, show_default=True, help="Of the splits.")
@output_options
def command(seed: int, output: Output) -> None:
    """Measure, predict and judge weak-to-strong training on digits, in seconds."""
    replay = command_line("demo", [("--seed", seed)])
    settings = replace(SETTINGS, seed=seed)
    words = {"title": "Weak-to-strong on handwritten digits", "command": replay}
    with notes(), progress("cells") as move:
        results = Study.of_rows(*digits(), settings, words=words).run(progress=move)
        document = {**results.to_dict(), "command": replay}
    output.deliver(
        document,
        kind="run",
        files=lambda: files_of_run(results),
        shown=chain([INTRODUCTION], shown(results)),
        told="Figure: {out}/risks.png   Report: {out}/report.html   Numbers: {out}/result.json",
    )
