"""``w2slens predict``: risks, PGR and OPR by theory alone."""

from typing import Any

import click
from rich.console import Console

from w2slens._core.json import to_json
from w2slens.cli._options import Sizes, output_options, problem_options
from w2slens.cli._result import png
from w2slens.cli._tables import notes, predictions_table
from w2slens.experiments.folder.layout import check_folder, write_folder
from w2slens.models.risks import CEILINGS
from w2slens.report.plots import figure_of_prediction
from w2slens.theory import Problem, predict
from w2slens.theory.prediction import METHODS


@click.command("predict")
@problem_options
@click.option("--n", required=True, type=Sizes(), help="Numbers of labels, as 100,200.")
@click.option("--N", "N", required=True, type=Sizes(), help="Numbers of pseudo-labels.")
@click.option("--ridge-weak", default=0.0, show_default=True, help="λ of the teacher.")
@click.option("--ridge-strong", default=0.0, show_default=True, help="λ of the strong models.")
@click.option("--method", type=click.Choice(METHODS), default="auto", show_default=True)
@click.option("--intercept", is_flag=True, help="Count an unpenalised intercept.")
@click.option("--ceiling", type=click.Choice(CEILINGS), default="all", show_default=True)
@output_options
def command(
    problem: Problem, as_json: bool, out: str | None, overwrite: bool, **settings: Any
) -> None:
    """Predict the four risks over a grid of n and N, before anyone trains."""
    if out is not None:
        check_folder(out, overwrite=overwrite)
    with notes():
        risks = predict(problem, **settings)
        document = risks.to_dict()
    if out is not None:
        figure = png(figure_of_prediction(risks))
        write_folder(out, {"prediction.png": figure}, document, overwrite=overwrite)
    if as_json:
        click.echo(to_json(document))
        return
    console = Console()
    console.print(predictions_table(risks))
    if out is not None:
        console.print(f"Result: {out}", markup=False)
