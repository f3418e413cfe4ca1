"""What all plots share: labels, colours, markers; the axis of sizes; the legend; a window."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.models.risks import MODEL_COLUMNS, MODELS

_DRAWN = (("#D55E00", "o"), ("#0072B2", "s"), ("#009E73", "^"), ("#666666", "D"))

LOOKS = {
    name: (column.full, *drawn)
    for name, column, drawn in zip(MODELS, MODEL_COLUMNS, _DRAWN, strict=True)
}
"""Label, colour and marker of each model."""

RATIOS = {"pgr": ("PGR", "#0072B2", "s"), "opr": ("OPR", "#009E73", "^")}
"""Label, colour and marker of each ratio."""

NEUTRAL = "#888888"

LEGEND_DROP = -0.42
"""Inches from the bottom of an Axes to its legend: tick labels and axis label lie between."""

LOG_FROM = 30.0
"""Sizes and risks that differ by more than this factor are drawn on a logarithmic axis."""


def size_axis(ax: Axes, axis: str, sizes: NDArray[Any]) -> None:
    """Let x be the sizes of ``"n"`` or ``"N"``."""
    ax.set_xlabel("labels n" if axis == "n" else "pseudo-labels N")
    if len(sizes) > 1 and sizes.max() > LOG_FROM * sizes.min():
        ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))


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
    sizes = np.abs(np.asarray(values, float))
    known = sizes[np.isfinite(sizes)]
    limit = 4 * max(float(np.median(known)), 1.0) if len(known) else 1.0
    return max(limits[0], -limit), min(limits[1], limit)
