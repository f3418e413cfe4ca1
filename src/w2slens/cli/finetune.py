"""``w2slens finetune``: weak-to-strong training of networks, from a recipe."""

from typing import Any

import click

from w2slens._core.errors import needing
from w2slens.cli._help import Command
from w2slens.cli._recipes import carry_out, recipe_options
from w2slens.experiments.study import Study


@click.command("finetune", cls=Command, example="finetune.yaml --out networks")
@recipe_options("networks, pseudo-labels, result and report", required=False)
def command(**told: Any) -> None:
    """Fine-tune teacher, student, baseline and ceiling; a killed run goes on where it was."""
    carry_out(_study, label="networks", **told)


def _study(recipe: str) -> Study:
    with needing("torch", "fine-tuning", extra="deep"):
        from w2slens.deep.recipe import load_finetuning
    return load_finetuning(recipe)
