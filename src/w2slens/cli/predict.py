"""``w2slens predict``: risks, PGR and OPR by theory alone."""

from typing import Any

import click

from w2slens import Risks, predict
from w2slens.cli._notes import notes
from w2slens.cli._options import RIDGE, SIZES
from w2slens.cli._output import Output, output_options
from w2slens.cli._population import problem_options
from w2slens.models.risks import CEILINGS
from w2slens.theory.population import Population
from w2slens.theory.prediction import METHODS


@click.command("predict")
@problem_options
@click.option("--n", required=True, type=SIZES, help="Numbers of labels, as 100,200.")
@click.option("--N", "N", required=True, type=SIZES, help="Numbers of pseudo-labels.")
@click.option("--ridge-weak", type=RIDGE, default=0.0, show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default=0.0, show_default=True, help="λ, strong.")
@click.option("--method", type=click.Choice(METHODS), default="auto", show_default=True)
@click.option("--intercept", is_flag=True, help="Count an unpenalised intercept.")
@click.option("--ceiling", type=click.Choice(CEILINGS), default="all", show_default=True)
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
