"""``w2slens plan``: labels or pseudo-labels, for a budget or a target risk."""

from typing import Any

import click

from w2slens import plan
from w2slens.advise.planning import frontier
from w2slens.cli._options import RIDGE
from w2slens.cli._output import Output, output_options
from w2slens.cli._population import problem_options
from w2slens.models.metrics import METRICS, Metric
from w2slens.theory.population import Population


@click.command("plan")
@problem_options
@click.option("--cost-label", required=True, type=float, help="Price of a label.")
@click.option("--cost-pseudo", required=True, type=float, help="Price of a pseudo-label.")
@click.option("--budget", type=float, help="Most that may be spent; or else --target.")
@click.option("--target", type=float, help="Risk that is to be reached at least cost.")
@click.option("--owned", type=int, help="Labels that are there already [default: a forecast's].")
@click.option("--pool", type=int, help="Unlabeled rows that there are [default: a forecast's].")
@click.option("--cost-weak", default=0.0, show_default=True, help="Price of running the teacher.")
@click.option("--cost-strong", default=0.0, show_default=True, help="The same of the strong model.")
@click.option("--ridge-weak", type=RIDGE, default="auto", show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default="auto", show_default=True, help="λ, strong.")
@click.option(
    "--intercept/--no-intercept", default=True, show_default=True, help="Count it in the fits."
)
@click.option(
    "--metric",
    type=click.Choice(METRICS),
    default=METRICS[0],
    show_default=True,
    help="Risk: theory predicts no other.",
)
@output_options
def command(
    problem: Population,
    budget: float | None,
    target: float | None,
    metric: Metric,
    output: Output,
    **settings: Any,
) -> None:
    """Find the best course: W2S, the strong model on labels, more labels, or the teacher alone."""
    found = plan(problem, budget=budget, target=target, metric=metric, **settings)

    document = found.to_dict()
    courses = frontier(problem, found, settings) if output.out is not None else {}
    if courses:
        asked = {"budget": budget, "target": target}
        drawn = {name: [course.to_dict() for course in some] for name, some in courses.items()}
        document |= {"frontier": drawn, **asked}

    def files() -> dict[str, bytes]:
        from matplotlib.figure import Figure  # drawing starts slowly; without --out it need not

        from w2slens.report.files import png
        from w2slens.report.plots import plot_courses

        figure = Figure(figsize=(7, 4.6), layout="constrained")
        ax = figure.subplots()
        plot_courses(courses, ax, chosen=found.best, budget=budget, target=target)
        return {"frontier.png": png(figure)}

    verdict = f"[bold]{found.best.course}[/bold]. {found.reason}"
    output.deliver(document, kind="plan", files=files, shown=[found.table(), verdict])
