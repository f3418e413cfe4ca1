"""Measured risks and ratios along a line through the grid, beside their predictions."""

import numpy as np
from matplotlib.axes import Axes

from w2slens._core.types import Array
from w2slens.experiments.results import Results
from w2slens.models.risks import MODELS, Risks
from w2slens.report.plots.cut import Cut
from w2slens.report.plots.style import LOG_FROM, LOOKS, NEUTRAL, RATIOS, window


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
        if bounds and results.bounds is not None:
            cut.curve(ax, getattr(results.bounds.risks, name), color=color, linestyle=":")
    _explain(ax, results, bounds=bounds)
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


def _explain(ax: Axes, results: Results, *, bounds: bool) -> None:
    """Add the line styles that are drawn to the legend."""
    if not joined(results):
        ax.plot([], [], "--", color=NEUTRAL, label="predicted")
    if bounds and results.bounds is not None:
        ax.plot([], [], ":", color=NEUTRAL, label="authors' bounds")


def ratio(risks: Risks, name: str) -> Array:
    """PGR or OPR of risks, nan where undefined, without a warning."""
    return dict(zip(RATIOS, risks.quiet_ratios(), strict=True))[name]
