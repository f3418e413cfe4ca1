"""A forecast: risks with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from w2slens.report.plots.style import look_of, marker_look


def plot_forecast(
    risks: Mapping[str, float], intervals: Mapping[str, Sequence[float]], ax: Axes
) -> Axes:
    """Draw the forecast risk of every model with its 90% interval, a row each.

    Both are by model: ``"weak"``, ``"w2s"``, ``"strong"``, ``"ceiling"``, or further students.
    """
    for row, name in enumerate(risks):
        _, color, marker = look_of(name)
        low, high = intervals[name]
        ends = [[max(risks[name] - low, 0.0)], [max(high - risks[name], 0.0)]]
        look = marker_look(name)
        ax.errorbar([risks[name]], [row], xerr=ends, fmt=marker, color=color, capsize=3, **look)
    ax.set_yticks(range(len(risks)), [look_of(name)[0] for name in risks])
    ax.set_ylim(len(risks) - 0.5, -0.5)
    ax.set(xlabel="forecast raw risk (squared error), 90% interval", title="Forecast risks")
    return ax
