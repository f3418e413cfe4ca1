"""Results drawn on matplotlib Axes: an Axes in, the same Axes out, no data read.

Colours are Okabe and Ito's, told apart by colour-blind readers; markers differ as well.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from w2slens.dimension import Dimensions
from w2slens.results import Results
from w2slens.risk import MODELS

LOOKS = {
    "weak": ("weak teacher", "#D55E00", "o"),
    "w2s": ("W2S student", "#0072B2", "s"),
    "strong": ("strong on labels", "#009E73", "^"),
    "ceiling": ("strong ceiling", "#666666", "D"),
}


def plot_risks(results: Results, ax: Axes, *, N: int | None = None) -> Axes:
    """Draw measured risks with standard errors over n, and their predictions as dashed lines.

    Parameters
    ----------
    results
        Of `transfer`.
    ax
        Where to draw.
    N
        Number of pseudo-labels; default the largest of the run.
    """
    N = N or max(results.predicted.N)
    rows = results.summary[results.summary["N"] == N].sort_values("n")
    order = np.argsort(results.predicted.n)
    sizes = np.array(results.predicted.n)[order]
    column = results.predicted.N.index(N)
    for name in MODELS:
        label, color, marker = LOOKS[name]
        ax.errorbar(
            rows["n"],
            rows[name],
            yerr=rows[f"{name}_se"].fillna(0),
            fmt=marker,
            color=color,
            capsize=3,
            label=label,
        )
        predicted = getattr(results.predicted, name)[order, column]
        ax.plot(sizes, predicted, "--", color=color, linewidth=1.3)
    ax.plot([], [], "--", color="#888888", label="predicted (oracle)")
    ax.set_xlabel("labels n")
    ax.set_ylabel(f"{results.scale} risk (squared error)")
    ax.set_title(f"Risks at N = {N:,} pseudo-labels")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax


def plot_ratios(results: Results, ax: Axes, *, N: int | None = None) -> Axes:
    """Draw PGR and OPR over n with standard errors; the line at 1 separates gain from loss."""
    N = N or max(results.predicted.N)
    rows = results.summary[results.summary["N"] == N].sort_values("n")
    for name, color, marker in (("pgr", "#0072B2", "s"), ("opr", "#009E73", "^")):
        ax.errorbar(
            rows["n"],
            rows[name],
            yerr=rows[f"{name}_se"].fillna(0),
            fmt=f"{marker}-",
            color=color,
            capsize=3,
            label=name.upper(),
        )
    ax.axhline(1, color="#888888", linewidth=0.8)
    ax.axhline(0, color="#888888", linewidth=0.8)
    ax.set_xlabel("labels n")
    ax.set_title("PGR: gap recovered.  OPR < 1: labels alone win")
    ax.legend(frameon=False)
    return ax


def plot_spectra(dimensions: Dimensions, ax: Axes) -> Axes:
    """Draw the eigenvalues of both covariances as shares of their variance."""
    for side, name in ((dimensions.weak, "weak"), (dimensions.strong, "strong")):
        share = side.spectrum / side.spectrum.sum()
        ax.plot(np.arange(1, side.rank + 1), share, color=LOOKS[name][1], label=f"{name} features")
    ax.set_yscale("log")
    ax.set_xlabel("principal component")
    ax.set_ylabel("share of variance")
    ax.set_title("Spectra")
    ax.legend(frameon=False)
    return ax


def plot_canonical(dimensions: Dimensions, ax: Axes) -> Axes:
    """Draw the squared canonical correlations, whose sum is the plug-in d_sw."""
    squares = dimensions.correlation.canonical**2
    ax.bar(np.arange(1, len(squares) + 1), squares, color=LOOKS["w2s"][1], width=1.0)
    level = dimensions.correlation.chance / len(squares)
    ax.axhline(level, color="#D55E00", linestyle=":", label="chance, on average")
    ax.set_xlabel("canonical pair")
    ax.set_ylabel("squared correlation")
    ax.set_ylim(0, 1)
    ax.set_title(f"Overlap: d_sw = {dimensions.d_sw:.1f}")
    ax.legend(frameon=False)
    return ax


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
