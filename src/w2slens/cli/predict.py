"""``w2slens predict``: risks, PGR and OPR by theory alone."""

from typing import Any

import click

from w2slens import Risks, predict
from w2slens.cli._help import Command, Option
from w2slens.cli._notes import notes
from w2slens.cli._options import RIDGE, SIZES
from w2slens.cli._output import Output, output_options
from w2slens.cli._population import problem_options
from w2slens.models.risks import CEILINGS
from w2slens.theory.population import Population
from w2slens.theory.prediction import METHODS


@click.command(
    "predict", cls=Command, example="--d-w 40 --d-s 60 --d-sw 10 --noise 1 --n 100,200 --N 1000"
)
@problem_options
@click.option("--n", required=True, type=SIZES, help="Numbers of labels, as 100,200.")
@click.option("--N", "N", required=True, type=SIZES, help="Numbers of pseudo-labels.")
@click.option("--ridge-weak", type=RIDGE, default=0.0, show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default=0.0, show_default=True, help="λ, strong.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    help="Formulas; auto takes exact ones where they hold, else the deterministic equivalent.",
    cls=Option,
)
@click.option(
    "--intercept",
    is_flag=True,
    help="Count an unpenalised intercept.",
    cls=Option,
    rare=True,
)
@click.option(
    "--ceiling",
    type=click.Choice(CEILINGS),
    default="all",
    show_default=True,
    help="Rows with true labels for the ceiling: n+N, N or n of them.",
    cls=Option,
    rare=True,
)
@output_options
def command(problem: Population, output: Output, **settings: Any) -> None:
    """Predict the four risks over a grid of n and N, before anyone trains."""
    with notes():
        risks = predict(problem, **settings)
    output.deliver(
        risks.to_dict(),
        kind="predict",
        files=lambda: _files(risks),
        shown=[risks.table()],
    )


def _files(risks: Risks) -> dict[str, str | bytes]:
    from w2slens.report.files import png  # drawing starts slowly; without --out it need not
    from w2slens.report.plots import figure_of_prediction

    return {"prediction.png": png(figure_of_prediction(risks))}
