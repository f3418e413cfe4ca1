"""What all plots share: labels, colours, markers; the axis of sizes; the legend; a window."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox, ScaledTranslation, Transform
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

STUDENT_LOOKS = {
    "posterior": ("posterior student", "#CC79A7", "P"),
    "neighbours": ("neighbours", "#882255", "p"),
    "anchored": ("anchored", "#E69F00", "v"),
    "both": ("both models", "#56B4E9", "X"),
}
"""The same of further students."""

OTHER = ("#666666", "*")
"""Colour and marker of a student that has none of its own."""

Ratio = Literal["pgr", "opr"]

RATIOS = {
    "pgr": ("PGR", "#0072B2", "s"),
    "opr": ("OPR", "#009E73", "^"),
}
"""Label, colour and marker of each ratio."""

LINES = {"pgr": 0.0, "opr": 1.0}
"""Where gain and loss part."""

NEUTRAL = "#888888"

HOLLOW = {"markerfacecolor": "none", "markersize": 7.5, "markeredgewidth": 1.4, "zorder": 4}
"""Open markers, in which another model's point is seen."""

FILLED: dict[str, Any] = {"markersize": 4.5}

MOST_MARKERS = 12
"""Markers on a line; of more points only some have one."""

INSIDE = ("w2s", *STUDENT_LOOKS, *RATIOS)
"""What is drawn filled; the models beside it are open, so that none hides where they agree."""

LEGEND_DROP = -0.42
"""Inches from the bottom of an Axes to its legend: tick labels and axis label lie between."""

PAD = 0.04
"""Inches between the texts of a figure and its edge."""

LOG_FROM = 30.0
"""Sizes and risks that differ by more than this factor are drawn on a logarithmic axis."""


LEAST_FONT = 9.2
"""Points of the smallest text: a page shows a figure on a phone a little larger than it is."""


def look_of(name: str) -> tuple[str, str, str]:
    """Label, colour and marker of a model."""
    return {**LOOKS, **STUDENT_LOOKS}.get(name, (name, *OTHER))


def marker_look(name: str, points: int = 1) -> dict[str, Any]:
    """Return the look of the markers of a model or ratio on a line of so many points."""
    look = FILLED if name in INSIDE else HOLLOW
    return {**look, "markevery": -(-points // MOST_MARKERS)}


def plain(value: float, _: object = None) -> str:
    """Write a tick without powers of ten, whose exponents are too small to read."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def log_ticks(axis: Axis) -> None:
    """Let a logarithmic axis have plain numbers at few places, all written alike."""
    low, high = sorted(axis.get_view_interval())
    spans = high / max(low, 1e-300)
    between = (1.0, 2.0, 5.0) if spans < 300 else (1.0,)
    few = MaxNLocator(5) if spans < 6 else LogLocator(subs=between, numticks=8)
    axis.set_major_locator(few)
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_formatter(NullFormatter())


def ratio_limits(
    values: Sequence[float] | Array,
    errors: Sequence[float] | Array,
    line: float,
    predicted: Sequence[float] | Array = (),
) -> tuple[float, float]:
    """Fit limits to ratios with their errors, without wild ones, and to what is near.

    That is a line, and predicted ratios.
    """
    middle, spread = np.asarray(values, float), np.nan_to_num(np.asarray(errors, float))
    known = np.concatenate([middle - spread, middle + spread])
    known = known[np.isfinite(known)]
    if not len(known):
        return line - 1.0, line + 1.0
    low, high = window(known, (float(known.min()), float(known.max())))
    reach, beside = max(high - low, 0.1), np.asarray(predicted, float)
    beside = beside[(low - reach < beside) & (beside < high + reach)]
    low, high = min([low, *beside]), max([high, *beside])
    if 0 < low - line < reach:
        low = line
    elif 0 < line - high < reach:
        high = line
    pad = 0.08 * max(high - low, 0.1)
    return low - pad, high + pad


def size_axis(ax: Axes, axis: str, sizes: NDArray[Any]) -> None:
    """Let x be the sizes of ``"n"`` or ``"N"``."""
    ax.set_xlabel("labels n" if axis == "n" else "pseudo-labels N")
    if len(sizes) > 1 and sizes.max() > LOG_FROM * sizes.min():
        ax.set_xscale("log")
        log_ticks(ax.xaxis)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))


def legend_below(ax: Axes, ncols: int = 3) -> Axes:
    """Put the legend where no point can lie under it."""
    ax.legend(
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=_below(ax),
        borderpad=0.1,
        columnspacing=1.4,
        ncols=ncols,
        fontsize=LEAST_FONT,
    )
    return ax


def _below(ax: Axes) -> Transform:
    """Coordinates of an Axes, moved down to where its legend begins."""
    if ax.figure is None:
        raise InputError("ax", "belongs to no figure")
    figure = ax.figure.figure  # of a subfigure the figure that it is in
    return ax.transAxes + ScaledTranslation(0, LEGEND_DROP, figure.dpi_scale_trans)


def fit_margins(figure: Figure) -> None:
    """Leave as much room around the Axes of a figure as their texts, and legends below, need.

    One pass: matplotlib's constrained layout measures every text four times and draws all twice.
    """
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    legends = {ax: legend for ax in figure.axes if (legend := ax.get_legend()) is not None}
    for legend in legends.values():
        legend.set_in_layout(False)
    boxes = [box for ax in figure.axes if (box := ax.get_tightbbox(renderer)) is not None]
    below = {ax: legend.get_window_extent(renderer) for ax, legend in legends.items()}
    whole, inner = Bbox.union(boxes), Bbox.union([ax.bbox for ax in figure.axes])
    (width, height), pad = figure.bbox.size, PAD * figure.dpi
    lowest = min([whole.y0, *(box.y0 for box in below.values())])
    figure.subplots_adjust(
        left=(inner.x0 - whole.x0 + pad) / width,
        right=1 - (whole.x1 - inner.x1 + pad) / width,
        bottom=(inner.y0 - lowest + pad) / height,
        top=1 - (whole.y1 - inner.y1 + pad) / height,
    )
    for ax, legend in legends.items():  # under the middle of the Axes, if it fits there
        half = below[ax].width / 2 + pad
        middle = min(max((ax.bbox.x0 + ax.bbox.x1) / 2, half), width - half)
        legend.set_bbox_to_anchor(((middle - ax.bbox.x0) / ax.bbox.width, 0), _below(ax))


def window(values: Sequence[float] | Array, limits: tuple[float, float]) -> tuple[float, float]:
    """Let one wild ratio not flatten the others: show what lies within a few medians."""
    sizes = np.abs(np.asarray(values, float))
    known = sizes[np.isfinite(sizes)]
    limit = 4 * max(float(np.median(known)), 1.0) if len(known) else 1.0
    return max(limits[0], -limit), min(limits[1], limit)
