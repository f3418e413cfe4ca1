"""What money buys: the predicted risk of every course over the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from w2slens.advise.courses import MODEL, Course
from w2slens.report.plots.style import (
    LOOKS,
    NEUTRAL,
    STUDENT_LOOKS,
    legend_below,
    log_ticks,
    marker_look,
    plain,
)

COURSE_LOOKS = {
    "w2s": LOOKS["w2s"][1:],
    "posterior": STUDENT_LOOKS["posterior"][1:],
    "strong-on-labels": LOOKS["strong"][1:],
    "label-more": LOOKS["strong"][1:],
    "weak-is-enough": LOOKS["weak"][1:],
}
"""Colour and marker of a course: those of the model that it ends with."""


def plot_courses(
    frontier: Mapping[str, Sequence[Course]],
    ax: Axes,
    *,
    chosen: Course | None = None,
    budget: float | None = None,
    target: float | None = None,
) -> Axes:
    """Draw the risk of every course over its cost, with 90% intervals.

    Parameters
    ----------
    frontier
        Of `w2slens.advise.frontier`: course → the best of it at several budgets.
    ax
        Where to draw.
    chosen
        The recommended course, ringed.
    budget, target
        What was asked for, as lines.
    """
    for name, courses in frontier.items():
        color, marker = COURSE_LOOKS[name]
        style = f"{marker}--" if name == "label-more" else f"{marker}-"
        costs, risks = [course.cost for course in courses], [course.risk for course in courses]
        lows, highs = zip(*(course.interval for course in courses), strict=True)
        look = marker_look(MODEL[courses[0].course])
        ax.plot(costs, risks, style, color=color, label=name, **look)
        ax.fill_between(costs, lows, highs, color=color, alpha=0.12, linewidth=0)
    if chosen is not None:
        ring: Any = {"markersize": 13, "markerfacecolor": "none", "markeredgewidth": 2, "zorder": 5}
        color, label = COURSE_LOOKS[chosen.course][0], f"recommended: {chosen.course}"
        ax.plot([chosen.cost], [chosen.risk], "o", color=color, label=label, **ring)
    for line, value, name in ((ax.axvline, budget, "budget"), (ax.axhline, target, "target")):
        if value is not None and value > 0:
            line(value, color=NEUTRAL, linestyle=":", label=f"{name} {plain(value)}")
    _scaled(ax, [course.cost for courses in frontier.values() for course in courses])
    ax.set(xlabel="cost", ylabel="predicted risk (squared error)")
    ax.set_title("What money buys")
    return legend_below(ax, ncols=2)


def _scaled(ax: Axes, paid: Sequence[float]) -> None:
    """Let both axes be logarithmic, with plain numbers; what costs nothing has a place too."""
    ax.set_yscale("log")
    log_ticks(ax.yaxis)
    if min(paid, default=1.0) > 0:
        ax.set_xscale("log")
        log_ticks(ax.xaxis)
        return
    least = min((cost for cost in paid if cost > 0), default=1.0)
    ax.set_xscale("symlog", linthresh=least)
    most = max((*paid, least))
    ax.set_xticks([0.0, *dict.fromkeys(float(f"{cost:.2g}") for cost in (least, most))])
    ax.xaxis.set_major_formatter(FuncFormatter(plain))
    ax.xaxis.set_minor_formatter(NullFormatter())
