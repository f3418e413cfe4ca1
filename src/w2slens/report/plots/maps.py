"""The whole grid of one curve as a map, and all curves of a sweep side by side."""

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.experiments.results import Results
from w2slens.models.risks import Risks
from w2slens.report.plots.risks import ratio as ratio_of
from w2slens.report.plots.style import NEUTRAL, RATIOS, legend_below, window

DARK_FROM = 0.6
"""Distance from the centre of a map from which its colours are dark."""

UNKNOWN = "#DDDDDD"
"""Colour of cells without a ratio, which is none of the map's own."""

WRITTEN_CELLS = 64
"""Maps of at most this many cells have their numbers written in."""


def plot_map(results: Results | Risks, ax: Axes, *, ratio: str = "opr") -> Axes:
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
    if ratio not in RATIOS:
        raise InputError("ratio", f"is {ratio!r}; one of {', '.join(RATIOS)} is needed")
    table = _ratios(results, ratio)
    values = table.to_numpy()
    centre = 1.0 if ratio == "opr" else 0.0
    known = values[np.isfinite(values)]
    norm = TwoSlopeNorm(centre, centre - 1, centre + 1)
    mesh = ax.pcolormesh(values, cmap="PuOr", norm=norm, edgecolors="face", linewidth=0.3)
    ax.set_facecolor(UNKNOWN)
    figure = ax.get_figure()
    if figure is not None:
        beyond = "max" if float(np.max(known, initial=centre)) > centre + 1 else "neither"
        figure.colorbar(mesh, ax=ax, label=RATIOS[ratio][0], extend=beyond)
    peaks = _peaks(results, table)
    for i, j in np.ndindex(values.shape):
        if peaks[i, j]:
            mark = ax.text(j + 0.5, i + 0.5, "×", ha="center", va="center", color="#000000")
            mark.set_path_effects([withStroke(linewidth=2, foreground="#FFFFFF")])
        elif values.size <= WRITTEN_CELLS and np.isfinite(values[i, j]):
            ink = "#FFFFFF" if abs(values[i, j] - centre) > DARK_FROM else "#000000"
            text = f"{values[i, j]:.2f}"
            ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", color=ink)
    for axis, sizes in ((ax.xaxis, table.columns), (ax.yaxis, table.index)):
        step = -(-len(sizes) // 6)
        axis.set_ticks([k + 0.5 for k in range(0, len(sizes), step)])
        axis.set_ticklabels([f"{size:,}" for size in sizes[::step]])
    ax.set_xlabel("pseudo-labels N")
    ax.set_ylabel("labels n")
    what = "gap recovered" if ratio == "pgr" else "above 1: W2S beats labels alone"
    ax.set_title(f"{RATIOS[ratio][0]}: {what}")
    return ax


def _ratios(results: Results | Risks, name: str) -> pd.DataFrame:
    """PGR or OPR, n down and N across."""
    if isinstance(results, Risks):
        table = pd.DataFrame(ratio_of(results, name), list(results.n), list(results.N))
        return table.sort_index(axis=0).sort_index(axis=1)
    results.setting  # noqa: B018  # refuses several curves
    return results.summary.pivot(index="n", columns="N", values=name)


def _peaks(results: Results | Risks, table: pd.DataFrame) -> NDArray[Any]:
    if isinstance(results, Risks):
        return np.zeros(table.shape, bool)
    return results.summary.pivot(index="n", columns="N", values="peak").to_numpy()


def plot_comparison(results: Results, ax: Axes) -> Axes:
    """Draw PGR and OPR of every curve of a sweep, a row each, at the cell its verdict is about.

    Parameters
    ----------
    results
        Of `sweep`.
    ax
        Where to draw.
    """
    heads = [curve.head for curve in results.curves()]
    rows = np.arange(len(heads))
    for shift, (name, (label, color, marker)) in zip((-0.13, 0.13), RATIOS.items(), strict=True):
        values, errors = ([head[f"{name}{end}"] for head in heads] for end in ("", "_se"))
        ax.errorbar(
            values,
            rows + shift,
            xerr=np.nan_to_num(errors),
            fmt=marker,
            color=color,
            capsize=2.5,
            markersize=5,
            label=label,
        )
    for level in (0, 1):
        ax.axvline(level, color=NEUTRAL, linewidth=0.8)
    ax.set_xlim(*window([head[name] for head in heads for name in RATIOS], ax.get_xlim()))
    cells = [f"n = {head['n']:,}, N = {head['N']:,}" for head in heads]
    same = len(set(cells)) == 1
    names = [
        "\n".join(wrap(curve_name(results, place), 28)) + ("" if same else f"\n{cells[place]}")
        for place in range(len(heads))
    ]
    ax.set_yticks(rows, names, parse_math=False)
    ax.set_ylim(len(heads) - 0.5, -0.5)
    ax.set_xlabel("ratio")
    ax.set_title("PGR and OPR" + (f" at {cells[0]}" if same else ""))
    return legend_below(ax)


def curve_name(results: Results, place: int) -> str:
    """Name one curve of a sweep by what tells it from the others."""
    settings = results.settings
    words = {"noise": "noise", "ridge_weak": "λ_w", "ridge_strong": "λ_s"}
    parts = []
    for axis, value in settings[place]._asdict().items():
        if len({getattr(setting, axis) for setting in settings}) > 1:
            shown = value if isinstance(value, str) else f"{value:g}"
            parts.append(shown if axis == "teacher" else f"{words[axis]} {shown}")
    return ", ".join(parts) or settings[place].teacher
