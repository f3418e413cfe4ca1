"""All curves of a sweep side by side."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes

from w2slens._core import check
from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.report.plots.style import LINES, NEUTRAL, RATIOS, Ratio, legend_below, ratio_limits


def plot_comparison(results: Results, ax: Axes, *, only: Ratio | None = None) -> Axes:
    """Draw PGR and OPR of every curve of a sweep, a row each, at the cell its verdict is about.

    `only` draws one of them, ``"pgr"`` or ``"opr"``, to its own scale.
    """
    if only is not None:
        check.choice(only, "only", tuple(RATIOS))
    looks = {name: look for name, look in RATIOS.items() if only in (None, name)}
    heads = [curve.head for curve in results.curves()]
    rows, shifts = np.arange(len(heads)), (0.0,) if only else (-0.13, 0.13)
    for shift, (name, (label, color, marker)) in zip(shifts, looks.items(), strict=True):
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
    for level in (LINES[only],) if only else (0, 1):
        ax.axvline(level, color=NEUTRAL, linewidth=0.8)
    values, errors = ([head[f"{x}{end}"] for head in heads for x in looks] for end in ("", "_se"))
    ax.set_xlim(*ratio_limits(values, errors, LINES[only] if only else 1.0))
    cells = [f"n = {head['n']:,}, N = {head['N']:,}" for head in heads]
    same = len(set(cells)) == 1
    names = ["\n".join(wrap(curve_name(results, place), 28)) for place in range(len(heads))]
    if not same:
        names = [f"{name}\n{cell}" for name, cell in zip(names, cells, strict=True)]
    ax.set_yticks(rows, names, parse_math=False)
    title = (only.upper() if only else "PGR and OPR") + (f" at {cells[0]}" if same else "")
    ax.set(ylim=(len(heads) - 0.5, -0.5), xlabel="ratio", title=title)
    return legend_below(ax)
