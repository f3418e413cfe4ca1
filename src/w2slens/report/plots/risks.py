"""Risks and ratios along a line through the grid: measured beside predicted, or predicted alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.experiments.results import Results
from w2slens.models.risks import MODELS, Risks
from w2slens.report.plots.cut import Cut
from w2slens.report.plots.style import (
    LINES,
    LOG_FROM,
    LOOKS,
    NEUTRAL,
    RATIOS,
    Ratio,
    legend_below,
    log_ticks,
    look_of,
    marker_look,
    ratio_limits,
    size_axis,
)
from w2slens.theory.bounds import Bounds


def plot_risks(
    results: Results, ax: Axes, *, n: int | None = None, N: int | None = None, bounds: bool = True
) -> Axes:
    """Draw measured risks with standard errors, their predictions dashed, bounds dotted.

    Parameters
    ----------
    results
        One curve of `transfer`, `sweep` or `simulate`.
    ax
        Where to draw.
    n, N
        Draw over N at this number of labels, or over n at this number of pseudo-labels; default:
        over n at the largest N.
    bounds
        Whether to draw the bounds of the paper's authors, where they are known.
    """
    cut = Cut(results, n, N)
    predicted = {name: getattr(results.predicted, name) for name in MODELS}
    predicted |= results.predicted_students
    limits = results.bounds.risks if bounds and results.bounds else None
    looks = {name: look_of(name) for name in predicted}
    _draw(cut, ax, looks, predicted, limits)
    values = cut.rows[list(predicted)].to_numpy()
    if values.max() > LOG_FROM * max(values.min(), 1e-300):
        ax.set_yscale("log")
        log_ticks(ax.yaxis)
    else:
        ax.set_ylim(bottom=0)
    ax.set(ylabel=f"{results.scale} risk (squared error)", title=f"Risks at {cut.where}")
    return cut.finish(ax)


def plot_ratios(
    results: Results,
    ax: Axes,
    *,
    n: int | None = None,
    N: int | None = None,
    bounds: bool = True,
    only: Ratio | None = None,
) -> Axes:
    """Draw PGR and OPR with standard errors, predictions dashed; parameters as of `plot_risks`.

    `only` draws one of them, ``"pgr"`` or ``"opr"``, to its own scale. Gain and loss part at a PGR
    of 0 and at an OPR of 1: below it labels alone do better.
    """
    if only is not None:
        check.choice(only, "only", tuple(RATIOS))
    cut, names = Cut(results, n, N), [only] if only else list(RATIOS)
    predicted = {name: ratio(results.predicted, name) for name in names}
    looks = {name: RATIOS[name] for name in names}
    _draw(cut, ax, looks, predicted, results.bounds if bounds else None)
    for level in (LINES[only],) if only else (0, 1):
        ax.axhline(level, color=NEUTRAL, linewidth=0.8)
    errors = cut.rows[[f"{name}_se" for name in names]].to_numpy()
    middle = LINES[only] if only else 1.0
    values, beside = cut.rows[names].to_numpy(), [cut.along(grid) for grid in predicted.values()]
    ax.set_ylim(*ratio_limits(values, errors, middle, np.concatenate(beside)))
    title = only.upper() if only else "PGR and OPR"
    ax.set(ylabel="ratio" if only is None else only.upper(), title=f"{title} at {cut.where}")
    return cut.finish(ax)


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
        look = marker_look(name, len(sizes))
        ax.plot(sizes[order], values[order], f"{marker}-", color=color, label=label, **look)
    drawn = np.concatenate([line.get_ydata() for line in ax.get_lines()])
    known = drawn[np.isfinite(drawn) & (drawn > 0)]
    if len(known) and known.max() > LOG_FROM * known.min():
        ax.set_yscale("log")
        log_ticks(ax.yaxis)
    size_axis(ax, axis, sizes)
    title = f"Predicted risks at {fixed} = {getattr(risks, fixed)[place]:,}"
    ax.set(ylabel=f"{risks.scale} risk (squared error)", title=title)
    return legend_below(ax)


def _draw(
    cut: Cut,
    ax: Axes,
    looks: Mapping[str, tuple[str, str, str]],
    predicted: Mapping[str, Array],
    bounds: Risks | Bounds | None,
) -> None:
    """Draw points, predictions dashed, bounds dotted; add the line styles to the legend.

    Points are joined where no predicted curve guides the eye.
    """
    known = np.isfinite([getattr(cut.results.predicted, name) for name in MODELS]).any()
    for name, (label, color, marker) in looks.items():
        cut.errorbar(ax, name, color=color, fmt=marker if known else f"{marker}-", label=label)
        cut.curve(ax, predicted[name], color=color, linestyle="--")
        if bounds is not None and hasattr(bounds, name):
            cut.curve(ax, getattr(bounds, name), color=color, linestyle=":")
    if known:
        ax.plot([], [], "--", color=NEUTRAL, label="predicted")
    if bounds is not None:
        ax.plot([], [], ":", color=NEUTRAL, label="authors' bounds")


def ratio(risks: Risks, name: str) -> Array:
    """PGR or OPR of risks, nan where undefined, without a warning."""
    return dict(zip(RATIOS, risks.quiet_ratios(), strict=True))[name]
