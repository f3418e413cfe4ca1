"""Risks and ratios along a line through the grid: over n at one N, or over N at one n."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.experiments.results import Results
from w2slens.models.risks import MODELS, Risks
from w2slens.report.plots.style import LOOKS, NEUTRAL, RATIOS, legend_below, window

LOG_FROM = 30.0
"""Risks that differ by more than this factor are drawn on a logarithmic axis."""


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
    for name in MODELS:
        label, color, marker = LOOKS[name]
        cut.errorbar(ax, name, color=color, fmt=marker + joined(results), label=label)
        cut.curve(ax, getattr(results.predicted, name), color=color, linestyle="--")
    _explain(ax, results, bounds=bounds)
    if bounds and results.bounds is not None:
        for name in MODELS:
            cut.curve(ax, getattr(results.bounds.risks, name), color=LOOKS[name][1], linestyle=":")
    values = cut.rows[list(MODELS)].to_numpy()
    if values.max() > LOG_FROM * max(values.min(), 1e-300):
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.set_ylabel(f"{results.scale} risk (squared error)")
    ax.set_title(f"Risks at {cut.where}")
    return cut.finish(ax)


def plot_ratios(
    results: Results, ax: Axes, *, n: int | None = None, N: int | None = None, bounds: bool = True
) -> Axes:
    """Draw PGR and OPR with standard errors, predictions dashed; parameters as of `plot_risks`.

    The line at 1 separates gain from loss: an OPR below it says that labels alone do better.
    """
    cut = Cut(results, n, N)
    for name, (label, color, marker) in RATIOS.items():
        cut.errorbar(ax, name, color=color, fmt=marker + joined(results), label=label)
        cut.curve(ax, ratio(results.predicted, name), color=color, linestyle="--")
        if bounds and results.bounds is not None:
            cut.curve(ax, getattr(results.bounds, name), color=color, linestyle=":")
    _explain(ax, results, bounds=bounds)
    for level in (0, 1):
        ax.axhline(level, color=NEUTRAL, linewidth=0.8)
    ax.set_ylim(*window(cut.rows[list(RATIOS)].to_numpy(), ax.get_ylim()))
    ax.set_ylabel("ratio")
    ax.set_title(f"PGR and OPR at {cut.where}")
    return cut.finish(ax)


def joined(results: Results) -> str:
    """Return the style that joins measured points where no predicted curve guides the eye."""
    known = np.isfinite([getattr(results.predicted, name) for name in MODELS]).any()
    return "" if known else "-"


def ratio(risks: Risks, name: str) -> Array:
    """PGR or OPR of risks, nan where undefined, without a warning."""
    return dict(zip(RATIOS, risks.quiet_ratios(), strict=True))[name]


class Cut:
    """A line through the grid of (n, N): over n at one N, or over N at one n."""

    def __init__(self, results: Results, n: int | None, N: int | None) -> None:
        if n is not None and N is not None:
            raise InputError("N", "and n are both given; fix one, the other is the axis")
        summary = results.summary
        self.axis, fixed, value = ("n", "N", N) if n is None else ("N", "n", n)
        value = int(summary[fixed].max()) if value is None else value
        if value not in set(summary[fixed]):
            sizes = ", ".join(map(str, sorted(set(summary[fixed]))))
            raise InputError(fixed, f"is {value}; the grid has {sizes}")
        self.rows: pd.DataFrame = summary[summary[fixed] == value].sort_values(self.axis)
        self.where = f"{fixed} = {value:,} " + ("labels" if fixed == "n" else "pseudo-labels")

    def errorbar(self, ax: Axes, column: str, *, color: str, fmt: str, label: str) -> None:
        """Draw means with their standard errors."""
        ax.errorbar(
            self.rows[self.axis],
            self.rows[column],
            yerr=self.rows[f"{column}_se"].fillna(0),
            fmt=fmt,
            color=color,
            capsize=2.5,
            markersize=4.5,
            linewidth=1,
            label=label,
        )

    def curve(self, ax: Axes, grid: Array, *, color: str, linestyle: str) -> None:
        """Draw a line through values (len(n), len(N)) in the order of the summary."""
        sizes = self.rows[self.axis].to_numpy()
        values = self._along(grid)
        if np.isfinite(values).any():
            ax.plot(sizes, values, linestyle, color=color, linewidth=1.4)

    def _along(self, grid: Array) -> Array:
        flat = np.asarray(grid).ravel()
        return np.asarray(flat[self.rows.index.to_numpy()])

    def finish(self, ax: Axes) -> Axes:
        """Label the axis of sizes and add the legend."""
        ax.set_xlabel("labels n" if self.axis == "n" else "pseudo-labels N")
        sizes = self.rows[self.axis].to_numpy()
        if len(sizes) > 1 and sizes.max() > LOG_FROM * sizes.min():
            ax.set_xscale("log")
        if len(sizes) <= 4:
            ax.xaxis.set_major_locator(FixedLocator(sizes.tolist()))
            ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
        return legend_below(ax)


def _explain(ax: Axes, results: Results, *, bounds: bool) -> None:
    """Add the line styles that are drawn to the legend."""
    if not joined(results):
        ax.plot([], [], "--", color=NEUTRAL, label="predicted")
    if bounds and results.bounds is not None:
        ax.plot([], [], ":", color=NEUTRAL, label="authors' bounds")


def plot_predicted(risks: Risks, ax: Axes, *, n: int | None = None) -> Axes:
    """Draw predicted risks of the four models: over n at the largest N, or over N at one n.

    Parameters
    ----------
    risks
        Of `predict`.
    ax
        Where to draw.
    n
        Draw over N at this number of labels.
    """
    over_n = n is None
    if n is not None and n not in risks.n:
        raise InputError("n", f"is {n}; the grid has {', '.join(map(str, risks.n))}")
    place = int(np.argmax(risks.N)) if n is None else risks.n.index(n)
    sizes = np.array(risks.n if over_n else risks.N)
    order = np.argsort(sizes)
    for name in MODELS:
        label, color, marker = LOOKS[name]
        grid = getattr(risks, name)
        values = grid[:, place] if over_n else grid[place]
        ax.plot(sizes[order], values[order], f"{marker}-", color=color, markersize=4, label=label)
    drawn = np.concatenate([line.get_ydata() for line in ax.get_lines()])
    known = drawn[np.isfinite(drawn) & (drawn > 0)]
    if len(known) and known.max() > LOG_FROM * known.min():
        ax.set_yscale("log")
    if len(sizes) > 1 and sizes.max() > LOG_FROM * sizes.min():
        ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    ax.set_xlabel("labels n" if over_n else "pseudo-labels N")
    ax.set_ylabel(f"{risks.scale} risk (squared error)")
    where = f"N = {risks.N[place]:,}" if over_n else f"n = {risks.n[place]:,}"
    ax.set_title(f"Predicted risks at {where}")
    return legend_below(ax)
