"""All curves of a sweep side by side, and what each is called."""

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes

from w2slens.experiments.results import Results
from w2slens.report.plots.style import NEUTRAL, RATIOS, legend_below, window

AXIS_WORDS = {"noise": "noise", "ridge_weak": "λ_w", "ridge_strong": "λ_s"}
"""How names of curves begin the value of an axis; a teacher's name stands alone."""


def curve_name(results: Results, place: int) -> str:
    """Name one curve of a sweep by what tells it from the others."""
    curves, parts = results.settings, []
    for axis, value in curves[place]._asdict().items():
        if len({getattr(curve, axis) for curve in curves}) > 1:
            shown = value if isinstance(value, str) else f"{value:g}"
            parts.append(f"{AXIS_WORDS[axis]} {shown}" if axis in AXIS_WORDS else shown)
    return ", ".join(parts) or curves[place].teacher


def plot_comparison(results: Results, ax: Axes) -> Axes:
    """Draw PGR and OPR of every curve of a sweep, a row each, at the cell its verdict is about."""
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
    names = ["\n".join(wrap(curve_name(results, place), 28)) for place in range(len(heads))]
    if not same:
        names = [f"{name}\n{cell}" for name, cell in zip(names, cells, strict=True)]
    ax.set_yticks(rows, names, parse_math=False)
    title = "PGR and OPR" + (f" at {cells[0]}" if same else "")
    ax.set(ylim=(len(heads) - 0.5, -0.5), xlabel="ratio", title=title)
    return legend_below(ax)
