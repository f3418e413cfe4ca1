"""Predicted risks alone, before anyone trains."""

import numpy as np
from matplotlib.axes import Axes

from w2slens._core.errors import InputError
from w2slens.models.risks import MODELS, Risks
from w2slens.report.plots.style import LOG_FROM, LOOKS, legend_below, size_axis


def plot_predicted(risks: Risks, ax: Axes, *, n: int | None = None) -> Axes:
    """Draw risks of `predict`: over n at the largest N, or over N at this `n`."""
    if n is not None and n not in risks.n:
        raise InputError("n", f"is {n}; the grid has {', '.join(map(str, risks.n))}")
    axis, fixed = ("n", "N") if n is None else ("N", "n")
    place = int(np.argmax(risks.N)) if n is None else risks.n.index(n)
    sizes = np.array(getattr(risks, axis))
    order = np.argsort(sizes)
    for name in MODELS:
        label, color, marker = LOOKS[name]
        grid = getattr(risks, name)
        values = grid[:, place] if axis == "n" else grid[place]
        ax.plot(sizes[order], values[order], f"{marker}-", color=color, markersize=4, label=label)
    drawn = np.concatenate([line.get_ydata() for line in ax.get_lines()])
    known = drawn[np.isfinite(drawn) & (drawn > 0)]
    if len(known) and known.max() > LOG_FROM * known.min():
        ax.set_yscale("log")
    size_axis(ax, axis, sizes)
    title = f"Predicted risks at {fixed} = {getattr(risks, fixed)[place]:,}"
    ax.set(ylabel=f"{risks.scale} risk (squared error)", title=title)
    return legend_below(ax)
