"""What money buys: the predicted risk of every course over the budget."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from w2slens.advise import Course
from w2slens.report.plots.style import LOOKS, legend_below

COURSE_LOOKS = {
    "w2s": LOOKS["w2s"][1:],
    "strong-on-labels": LOOKS["strong"][1:],
    "label-more": LOOKS["strong"][1:],
    "weak-is-enough": LOOKS["weak"][1:],
}
"""Colour and marker of a course: those of the model that it ends with."""


def plot_courses(frontier: Mapping[str, Sequence[Course]], ax: Axes) -> Axes:
    """Draw the risk of every course over its cost, with 90% intervals.

    `frontier`, of `w2slens.advise.frontier`: course → the best of it at several budgets.
    """
    for name, courses in frontier.items():
        color, marker = COURSE_LOOKS[name]
        style = f"{marker}--" if name == "label-more" else f"{marker}-"
        costs, risks = [course.cost for course in courses], [course.risk for course in courses]
        lows, highs = zip(*(course.interval for course in courses), strict=True)
        ax.plot(costs, risks, style, color=color, markersize=4, label=name)
        ax.fill_between(costs, lows, highs, color=color, alpha=0.12, linewidth=0)
    paid = [course.cost for courses in frontier.values() for course in courses]
    least = min((cost for cost in paid if cost > 0), default=1.0)
    if min(paid, default=1.0) > 0:
        ax.set_xscale("log")
    else:  # what costs nothing has a place too
        ax.set_xscale("symlog", linthresh=least)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:,.4g}"))
    ax.set(xlabel="cost", ylabel="predicted risk (squared error)", yscale="log")
    ax.set_title("What money buys")
    return legend_below(ax)
