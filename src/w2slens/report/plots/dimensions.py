"""The feature spaces of a pair: spectra, overlap, and what the overlap does to variance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from w2slens._core.format import number
from w2slens.measure.intrinsic import Dimensions
from w2slens.report.plots.style import LOOKS, NEUTRAL, legend_below, log_ticks
from w2slens.theory.exact import inherited


def plot_spectra(dimensions: Dimensions, ax: Axes) -> Axes:
    """Draw the eigenvalues of both covariances as shares of their variance."""
    sides = (dimensions.weak, "weak", "-"), (dimensions.strong, "strong", "-.")
    for side, name, style in sides:
        share, component = side.spectrum / side.spectrum.sum(), np.arange(1, side.rank + 1)
        label = f"{name}: rank {side.rank:,}"
        ax.plot(component, share, style, color=LOOKS[name][1], label=label, lw=1.6)
    ax.set(xlabel="principal component", ylabel="share of variance", yscale="log")
    ax.set_title("Spectra of the features")
    log_ticks(ax.yaxis)
    return legend_below(ax)


def plot_canonical(dimensions: Dimensions, ax: Axes) -> Axes:
    """Draw the squared canonical correlations, whose sum is the plug-in d_sw."""
    squares = dimensions.correlation.canonical**2
    ax.fill_between(
        np.arange(len(squares) + 1) + 0.5,
        np.append(squares, squares[-1:]),
        step="post",
        color=LOOKS["w2s"][1],
        linewidth=0,
    )
    level = dimensions.correlation.chance / len(squares)
    if level > 0:
        line = ax.axhline(level, color=LOOKS["weak"][1], lw=1.8, label="chance, on average")
        line.set_path_effects([withStroke(linewidth=4, foreground="#FFFFFF")])
    ax.set(xlabel="canonical pair", ylabel="squared correlation", ylim=(0, 1.02))
    ax.set_title(f"Overlap: d_sw = {number(dimensions.d_sw)}")
    return legend_below(ax) if level > 0 else ax


def plot_inheritance(dimensions: Dimensions, ax: Axes, *, N: Sequence[int], most: int = 5) -> Axes:
    """Draw which share of the teacher's variance the student inherits, and which it sheds.

    For ridgeless fits: all of it in the d_sw shared dimensions, d_s/(N − d_s − 1) of it in the
    teacher's others (see `w2slens.theory.exact`). A bar for each number of pseudo-labels `N`, or
    for `most` of them.
    """
    sizes = sorted(N)
    if len(sizes) > most:
        sizes = [sizes[int(k)] for k in np.linspace(0, len(sizes) - 1, most).round()]
    shared, copied = inherited(dimensions.d_w, dimensions.d_s, dimensions.d_sw, np.array(sizes))
    rows, total = np.arange(len(sizes)), shared + copied
    known = np.isfinite(total)
    parts = (
        (np.full(len(sizes), shared), LOOKS["weak"][1], "", "shared: stays"),
        (copied, "#E69F00", "//", "copied, as N is finite"),
        (np.maximum(1 - total, 0), LOOKS["w2s"][1], "..", "shed"),
    )
    left = np.zeros(len(sizes))
    for width, color, hatch, label in parts:
        look: Any = {"color": color, "hatch": hatch, "edgecolor": "#FFFFFF", "linewidth": 0.5}
        ax.barh(rows[known], width[known], left=left[known], label=label, **look)
        left = left + width
    ax.axvline(1, color=NEUTRAL, linewidth=0.8)
    for row in rows[~known]:
        ax.text(0.02, row, "N too small for a ridgeless student", va="center")
    ax.set_yticks(rows, [f"N = {size:,}" for size in sizes])
    longest = max(1.0, float(np.max(total[known], initial=0)))
    ax.set(xlim=(0, longest * 1.02), ylim=(len(sizes) - 0.4, -0.6))
    ax.set_xlabel("share of the teacher's variance")
    ax.set_title("Variance inherited and shed, without ridge")
    return legend_below(ax)
