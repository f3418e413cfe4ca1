"""Results drawn on matplotlib Axes: an Axes in, the same Axes out, no data read.

Everything on an Axes can be restyled afterwards; the figures of the report are made of these
functions and nothing else. Colours are Okabe and Ito's, told apart by colour-blind readers, and
the maps run from orange (loss) over white to purple (gain); markers and line styles differ too.
"""

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from w2slens._errors import InputError
from w2slens._linalg import Array
from w2slens.dimension import Dimensions
from w2slens.results import Results
from w2slens.risk import MODELS, Risks, UndefinedRatioWarning
from w2slens.theory.exact import inherited

LOOKS = {
    "weak": ("weak teacher", "#D55E00", "o"),
    "w2s": ("W2S student", "#0072B2", "s"),
    "strong": ("strong on labels", "#009E73", "^"),
    "ceiling": ("strong ceiling", "#666666", "D"),
}
"""Label, colour and marker of each model."""

RATIOS = {"pgr": ("PGR", "#0072B2", "s"), "opr": ("OPR", "#009E73", "^")}
"""Label, colour and marker of each ratio."""

NEUTRAL = "#888888"

LOG_FROM = 30.0
"""Risks that differ by more than this factor are drawn on a logarithmic axis."""

DARK_FROM = 0.6
"""Distance from the centre of a map from which its colours are dark."""

LEGEND_DROP = -0.42
"""Inches from the bottom of an Axes to its legend: tick labels and axis label lie between."""

WRITTEN_CELLS = 64
"""Maps of at most this many cells have their numbers written in."""


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
    ax.set_ylim(*_window(cut.rows[list(RATIOS)].to_numpy(), ax.get_ylim()))
    ax.set_ylabel("ratio")
    ax.set_title(f"PGR and OPR at {cut.where}")
    return cut.finish(ax)


def plot_map(results: Results, ax: Axes, *, ratio: str = "opr") -> Axes:
    """Draw PGR or OPR over the whole grid of (n, N): purple is gain, orange loss, × a peak.

    Parameters
    ----------
    results
        One curve.
    ax
        Where to draw.
    ratio
        ``"opr"`` (white at 1) or ``"pgr"`` (white at 0).
    """
    table = results.summary.pivot(index="n", columns="N", values=ratio)
    values = table.to_numpy()
    centre = 1.0 if ratio == "opr" else 0.0
    known = values[np.isfinite(values)]
    norm = TwoSlopeNorm(centre, centre - 1, centre + 1)
    mesh = ax.pcolormesh(values, cmap="PuOr", norm=norm, edgecolors="face", linewidth=0.3)
    figure = ax.get_figure()
    if figure is not None:
        beyond = "max" if float(np.max(known, initial=centre)) > centre + 1 else "neither"
        figure.colorbar(mesh, ax=ax, label=RATIOS[ratio][0], extend=beyond)
    peaks = results.summary.pivot(index="n", columns="N", values="peak").to_numpy()
    for i, j in np.ndindex(values.shape):
        if peaks[i, j]:
            ax.text(j + 0.5, i + 0.5, "×", ha="center", va="center", color="#000000")
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


def plot_comparison(results: Results, ax: Axes) -> Axes:
    """Draw PGR and OPR of every curve of a sweep at its largest n and N, a row each.

    Parameters
    ----------
    results
        Of `sweep`.
    ax
        Where to draw.
    """
    heads = [curve.summary.sort_values(["n", "N"]).iloc[-1] for curve in results.curves()]
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
    ax.set_xlim(*_window([head[name] for head in heads for name in RATIOS], ax.get_xlim()))
    ax.set_yticks(rows, [curve_name(results, place) for place in range(len(heads))])
    ax.set_ylim(len(heads) - 0.5, -0.5)
    ax.set_title(f"PGR and OPR at n = {heads[0]['n']:,}, N = {heads[0]['N']:,}")
    return _legend_below(ax)


def plot_spectra(dimensions: Dimensions, ax: Axes) -> Axes:
    """Draw the eigenvalues of both covariances as shares of their variance."""
    for side, name, style in (
        (dimensions.weak, "weak", "-"),
        (dimensions.strong, "strong", "-."),
    ):
        share = side.spectrum / side.spectrum.sum()
        label = f"{name}: rank {side.rank:,}"
        ax.plot(
            np.arange(1, side.rank + 1), share, style, color=LOOKS[name][1], label=label, lw=1.6
        )
    ax.set_yscale("log")
    ax.set_xlabel("principal component")
    ax.set_ylabel("share of variance")
    ax.set_title("Spectra of the features")
    ax.legend(frameon=False)
    return ax


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
        ax.axhline(level, color=LOOKS["weak"][1], linestyle=":", label="chance, on average")
        ax.legend(frameon=False)
    ax.set_xlabel("canonical pair")
    ax.set_ylabel("squared correlation")
    ax.set_ylim(0, 1.02)
    ax.set_title(f"Overlap: d_sw = {dimensions.d_sw:.1f}")
    return ax


def plot_inheritance(
    dimensions: Dimensions, ax: Axes, *, N: "tuple[int, ...] | list[int]", most: int = 5
) -> Axes:
    """Draw which share of the teacher's variance the student inherits, and which it sheds.

    For ridgeless fits: all of it in the d_sw shared dimensions, d_s/(N − d_s − 1) of it in the
    teacher's others (see `w2slens.theory.exact`).

    Parameters
    ----------
    dimensions
        Of the pair.
    ax
        Where to draw.
    N
        Numbers of pseudo-labels, a bar each.
    most
        Largest number of bars.
    """
    sizes = sorted(N)
    if len(sizes) > most:
        sizes = [sizes[int(k)] for k in np.linspace(0, len(sizes) - 1, most).round()]
    shared, copied = inherited(dimensions.d_w, dimensions.d_s, dimensions.d_sw, np.array(sizes))
    rows = np.arange(len(sizes))
    total = shared + copied
    known = np.isfinite(total)
    parts = (
        (np.zeros(len(sizes)), np.full(len(sizes), shared), LOOKS["weak"][1], "", "shared: stays"),
        (np.full(len(sizes), shared), copied, "#E69F00", "//", "copied, as N is finite"),
        (total, np.maximum(1 - total, 0), LOOKS["w2s"][1], "..", "shed"),
    )
    for left, width, color, hatch, label in parts:
        ax.barh(
            rows[known],
            width[known],
            left=left[known],
            color=color,
            hatch=hatch,
            edgecolor="#FFFFFF",
            linewidth=0.5,
            label=label,
        )
    ax.axvline(1, color=NEUTRAL, linewidth=0.8)
    ax.set_yticks(rows, [f"N = {size:,}" for size in sizes])
    ax.set_xlim(0, max(1.02, float(np.max(total[known], initial=0)) * 1.02))
    ax.set_ylim(len(sizes) - 0.4, -0.6)
    ax.set_xlabel("share of the teacher's variance")
    ax.set_title("Variance inherited and shed")
    return _legend_below(ax)


def figure_of_run(results: Results) -> Figure:
    """One figure of a run: risks and ratios over n."""
    figure = Figure(figsize=(10.5, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    plot_risks(results, left)
    plot_ratios(results, right)
    return figure


def figure_of_dimensions(dimensions: Dimensions) -> Figure:
    """One figure of the dimensions: spectra and canonical correlations."""
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_spectra(dimensions, left)
    plot_canonical(dimensions, right)
    return figure


def joined(results: Results) -> str:
    """Return the style that joins measured points where no predicted curve guides the eye."""
    known = np.isfinite([getattr(results.predicted, name) for name in MODELS]).any()
    return "" if known else "-"


def ratio(risks: Risks, name: str) -> Array:
    """PGR or OPR of risks, nan where undefined, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedRatioWarning)
        found: Array = getattr(risks, name)
    return found


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
        self._value = value

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
        return _legend_below(ax)


def _explain(ax: Axes, results: Results, *, bounds: bool) -> None:
    """Add the line styles that are drawn to the legend."""
    if not joined(results):
        ax.plot([], [], "--", color=NEUTRAL, label="predicted")
    if bounds and results.bounds is not None:
        ax.plot([], [], ":", color=NEUTRAL, label="authors' bounds")


def _legend_below(ax: Axes) -> Axes:
    """Put the legend where no point can lie under it."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise InputError("ax", "belongs to no figure")
    below = ScaledTranslation(0, LEGEND_DROP, figure.dpi_scale_trans)
    ax.legend(
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + below,
        ncols=3,
        fontsize="small",
    )
    return ax


def _window(values: Sequence[float] | Array, limits: tuple[float, float]) -> tuple[float, float]:
    """Let one wild ratio not flatten the others: show what lies within a few medians."""
    known = np.abs(np.asarray(values, float))
    known = known[np.isfinite(known)]
    limit = 4 * max(float(np.median(known)), 1.0) if len(known) else 1.0
    return max(limits[0], -limit), min(limits[1], limit)
