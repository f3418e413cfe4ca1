"""``w2slens plan``: labels or pseudo-labels, for a budget or a target risk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from w2slens import InputError, plan
from w2slens._core.json import to_json
from w2slens.advise.budget import ROUNDING
from w2slens.advise.courses import Course
from w2slens.advise.planning import frontier
from w2slens.cli._help import Command, Option
from w2slens.cli._options import RIDGE
from w2slens.cli._output import Output, output_options
from w2slens.cli._population import problem_options
from w2slens.experiments.folder.layout import check_page, write_page
from w2slens.models.metrics import METRICS, Metric
from w2slens.theory.population import Population


@click.command(
    "plan", cls=Command, example="--problem result --cost-label 1 --cost-pseudo 0.01 --budget 500"
)
@problem_options
@click.option("--cost-label", type=float, help="Price of a label.")
@click.option("--cost-pseudo", type=float, help="Price of a pseudo-label.")
@click.option("--budget", type=float, help="Most that may be spent; or else --target.")
@click.option("--target", type=float, help="Risk that is to be reached at least cost.")
@click.option("--owned", type=int, help="Labels already there [default: a forecast's].")
@click.option("--pool", type=int, help="Unlabeled rows [default: a forecast's].")
@click.option(
    "--cost-weak",
    default=0.0,
    show_default=True,
    help="Price of running the teacher.",
    cls=Option,
    rare=True,
)
@click.option(
    "--cost-strong",
    default=0.0,
    show_default=True,
    help="Price of running the strong model.",
    cls=Option,
    rare=True,
)
@click.option("--ridge-weak", type=RIDGE, default="auto", show_default=True, help="λ, teacher.")
@click.option("--ridge-strong", type=RIDGE, default="auto", show_default=True, help="λ, strong.")
@click.option(
    "--intercept/--no-intercept",
    default=True,
    show_default=True,
    help="Count it in the fits.",
    cls=Option,
    rare=True,
)
@click.option(
    "--metric",
    type=click.Choice(METRICS),
    default=METRICS[0],
    show_default=True,
    help="Risk: theory predicts no other.",
    cls=Option,
    rare=True,
)
@click.option(
    "--page",
    metavar="FILE",
    help="Write a page of sliders; it needs nothing else: what is not said begins with an example.",
    cls=Option,
)
@output_options
def command(
    problem: Population,
    budget: float | None,
    target: float | None,
    metric: Metric,
    page: str | None,
    output: Output,
    **settings: Any,
) -> None:
    """Find the best course: W2S, the strong model on labels, more labels, or the teacher alone."""
    if page is not None:
        check_page(Path(page), overwrite=output.overwrite, argument="page")
    if page is not None and budget is None and target is None:
        _page_alone(problem, page, output, settings)
        return
    _priced(settings)
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

    if page is not None:
        spent = found.best.cost if budget is None else budget
        _write(problem, page, output, settings, spent, found.courses)
    verdict = f"[bold]{found.best.course}[/bold]. {found.reason}"
    output.deliver(document, kind="plan", files=files, shown=[found.table(), verdict])
    if page is not None and not output.as_json:
        click.echo(f"Page: {page}")


def _priced(settings: Mapping[str, Any]) -> None:
    """Refuse a plan without prices, which a page has by default."""
    for name in ("cost_label", "cost_pseudo"):
        if settings[name] is None:
            raise InputError(name, "is missing; give a price, or --page alone to move prices")


def _page_alone(
    problem: Population, page: str, output: Output, settings: Mapping[str, Any]
) -> None:
    if output.out is not None:
        raise InputError("out", "holds a plan, which needs a budget or a target; give one")
    _write(problem, page, output, settings)
    click.echo(to_json({"page": page}) if output.as_json else f"Page: {page}")


def _write(
    problem: Population,
    page: str,
    output: Output,
    settings: Mapping[str, Any],
    budget: float | None = None,
    courses: Sequence[Course] = (),
) -> None:
    """Write the page of a population, or of a plan at the sizes of the best course with a pool."""
    from w2slens.report.planner import planner  # as above

    given = {name: value for name, value in settings.items() if value is not None}
    n, N = (None, None) if problem.owned else _sizes(courses, budget)
    html = planner(problem, n=n, N=N, budget=budget, **given)
    write_page(Path(), html, out=page, overwrite=output.overwrite, argument="page")


def _sizes(courses: Sequence[Course], budget: float | None) -> tuple[int | None, int | None]:
    """Take those of the best course within the budget that has a pool, else the best one's n."""
    most = float("inf") if budget is None else budget * (1 + ROUNDING)
    pooled = [course for course in courses if course.N and course.cost <= most]
    if pooled:
        return pooled[0].n, pooled[0].N
    return (courses[0].n if courses else None), None
