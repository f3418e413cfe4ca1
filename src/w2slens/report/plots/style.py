"""What all plots share: labels, colours and markers; the legend below; a window on ratios."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from w2slens._core.errors import InputError
from w2slens._core.types import Array

LOOKS = {
    "weak": ("weak teacher", "#D55E00", "o"),
    "w2s": ("W2S student", "#0072B2", "s"),
    "strong": ("strong on labels", "#009E73", "^"),
    "ceiling": ("strong ceiling", "#666666", "D"),
}
"""Label, colour and marker of each model."""

RATIOS = {"pgr": ("PGR", "#0072B2", "s"), "opr": ("OPR", "#009E73", "^")}
"""Label, colour and marker of each ratio."""

NEUTRAL = "#888888"

LEGEND_DROP = -0.42
"""Inches from the bottom of an Axes to its legend: tick labels and axis label lie between."""


def legend_below(ax: Axes) -> Axes:
    """Put the legend where no point can lie under it."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax", "belongs to no figure")
    below = ScaledTranslation(0, LEGEND_DROP, figure.dpi_scale_trans)
    ax.legend(
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + below,
        ncols=3,
        fontsize="small",
    )
    return ax


def window(values: Sequence[float] | Array, limits: tuple[float, float]) -> tuple[float, float]:
    """Let one wild ratio not flatten the others: show what lies within a few medians."""
    known = np.abs(np.asarray(values, float))
    known = known[np.isfinite(known)]
    limit = 4 * max(float(np.median(known)), 1.0) if len(known) else 1.0
    return max(limits[0], -limit), min(limits[1], limit)
