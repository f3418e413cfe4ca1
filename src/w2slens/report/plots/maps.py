"""The whole grid of one curve as a map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.format import fixed
from w2slens.experiments.results import Results
from w2slens.models.risks import Risks
from w2slens.report.plots.risks import ratio as ratio_of
from w2slens.report.plots.style import RATIOS, Ratio

COVERED = 0.95
"""Share of the cells whose colours are told apart; wilder ones have the last colour."""

LEAST_REACH = 0.05
"""Ratios nearer to the centre than this are white, however small the others are."""

EXTENDED = ("neither", "min", "max", "both")
"""Ends of the colour bar beyond which there are cells: none, below, above, either."""

DARK_FROM = 0.6
"""Share of the way from the centre of a map from which its colours are dark."""

UNKNOWN = "#DDDDDD"
"""Colour of cells without a ratio, which is none of the map's own."""

WRITTEN_CELLS = 64
"""Maps of at most this many cells have their numbers written in."""


def plot_map(results: Results | Risks, ax: Axes, *, ratio: Ratio = "opr") -> Axes:
    """Draw PGR or OPR over the grid of (n, N): purple is gain, orange loss, × a peak, grey unknown.

    Parameters
    ----------
    results
        One measured curve, or predicted risks.
    ax
        Where to draw.
    ratio
        ``"opr"`` (white at 1) or ``"pgr"`` (white at 0).
    """
    check.choice(ratio, "ratio", tuple(RATIOS))
    table, peaks = _grid(results, ratio)
    centre = 1.0 if ratio == "opr" else 0.0
    values = table.to_numpy()
    reach = _reach(values[~peaks], centre)
    low, high = centre - reach, centre + reach
    if ratio == "opr":  # a ratio of risks: from 1 it is as far to 0 as to the largest
        low = max(low, 0.0)
    norm = TwoSlopeNorm(centre, low, high)
    mesh = ax.pcolormesh(values, cmap="PuOr", norm=norm, edgecolors="face", linewidth=0.3)
    ax.set_facecolor(UNKNOWN)
    figure = ax.get_figure()
    if figure is not None:
        known = values[np.isfinite(values)]
        least, most = known.min(initial=centre), known.max(initial=centre)
        ends = least < low, most > high
        beyond = EXTENDED[ends[0] + 2 * ends[1]]
        cut = [fixed(limit) for limit, over in zip((low, high), ends, strict=True) if over]
        label = RATIOS[ratio][0] + (f", colours end at {' and '.join(cut)}" if cut else "")
        bar = figure.colorbar(mesh, ax=ax, label=label, extend=beyond)
        bar.ax.set_ylim(max(least, low), max(min(most, high), centre + LEAST_REACH))
    _write_cells(ax, values, peaks, centre, reach)
    for axis, sizes in ((ax.xaxis, table.columns), (ax.yaxis, table.index)):
        step = -(-len(sizes) // 6)
        axis.set_ticks([k + 0.5 for k in range(0, len(sizes), step)])
        axis.set_ticklabels([f"{size:,}" for size in sizes[::step]])
    what = "gap recovered" if ratio == "pgr" else "above 1: W2S beats labels alone"
    ax.set(xlabel="pseudo-labels N", ylabel="labels n", title=f"{RATIOS[ratio][0]}: {what}")
    return ax


def _reach(values: NDArray[Any], centre: float) -> float:
    """Distance from the centre at which colours end: of most cells, without the wild ones."""
    known = np.abs(values[np.isfinite(values)] - centre)
    return max(float(np.quantile(known, COVERED)), LEAST_REACH) if len(known) else 1.0


def _grid(results: Results | Risks, name: str) -> tuple[pd.DataFrame, NDArray[Any]]:
    """PGR or OPR, n down and N across, and which cells are at a peak."""
    if isinstance(results, Risks):
        table = pd.DataFrame(ratio_of(results, name), list(results.n), list(results.N))
        return table.sort_index(axis=0).sort_index(axis=1), np.zeros(table.shape, bool)
    one_curve = results.summary["teacher"] == results.setting.teacher
    summary = results.summary[one_curve]
    found, peaks = (summary.pivot(index="n", columns="N", values=v) for v in (name, "peak"))
    return found, peaks.to_numpy() != ""


def _write_cells(
    ax: Axes, values: NDArray[Any], peaks: NDArray[Any], centre: float, reach: float
) -> None:
    """Mark the peaks, and write the other numbers where there is room."""
    for i, j in np.ndindex(values.shape):
        if peaks[i, j]:
            mark = ax.text(j + 0.5, i + 0.5, "×", ha="center", va="center", color="#000000")
            mark.set_path_effects([withStroke(linewidth=2, foreground="#FFFFFF")])
        elif values.size <= WRITTEN_CELLS and np.isfinite(values[i, j]):
            ink = "#FFFFFF" if abs(values[i, j] - centre) > DARK_FROM * reach else "#000000"
            ax.text(
                j + 0.5, i + 0.5, fixed(float(values[i, j])), ha="center", va="center", color=ink
            )
