"""``w2slens finetune``: weak-to-strong training of networks, from a recipe."""

from typing import Any

import click

from w2slens._core.errors import needing
from w2slens.cli._help import Command
from w2slens.cli._notes import notes, progress
from w2slens.cli._options import recipe_errors
from w2slens.cli._recipes import deliver, recipe_options


@click.command("finetune", cls=Command, example="finetune.yaml --out networks")
@recipe_options("networks, pseudo-labels, result and report", required=False)
def command(recipe: str, out: str | None, as_json: bool, **told: Any) -> None:
    """Fine-tune teacher, student, baseline and ceiling; a killed run goes on where it was."""
    with recipe_errors(recipe), notes(), progress("networks") as move:
        with needing("torch", "fine-tuning", extra="deep"):
            from w2slens.deep.recipe import load_finetuning
        results = load_finetuning(recipe).run(out, progress=move, **told)
        document = results.to_dict()
    deliver(results, document, out, as_json)
