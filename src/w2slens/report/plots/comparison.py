"""All curves of a sweep side by side."""

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes

from w2slens.experiments.display import curve_name
from w2slens.experiments.results import Results
from w2slens.report.plots.style import NEUTRAL, RATIOS, legend_below, window


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
    curves = [curve_name(results.settings, place) for place in range(len(heads))]
    names = ["\n".join(wrap(name, 28)) for name in curves]
    if not same:
        names = [f"{name}\n{cell}" for name, cell in zip(names, cells, strict=True)]
    ax.set_yticks(rows, names, parse_math=False)
    title = "PGR and OPR" + (f" at {cells[0]}" if same else "")
    ax.set(ylim=(len(heads) - 0.5, -0.5), xlabel="ratio", title=title)
    return legend_below(ax)
