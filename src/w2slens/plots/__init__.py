"""Results drawn on matplotlib Axes: an Axes in, the same Axes out, no data read.

Everything on an Axes can be restyled afterwards; the figures of the report are made of these
functions and nothing else. Colours are Okabe and Ito's, told apart by colour-blind readers, and
the maps run from orange (loss) over white to purple (gain); markers and line styles differ too.
"""

from matplotlib.figure import Figure

from w2slens.dimension import Dimensions
from w2slens.plots.grids import curve_name, plot_comparison, plot_map
from w2slens.plots.lines import Cut, plot_ratios, plot_risks, ratio
from w2slens.plots.looks import LOOKS, NEUTRAL
from w2slens.plots.spaces import plot_canonical, plot_inheritance, plot_spectra
from w2slens.results import Results

__all__ = [
    "LOOKS",
    "NEUTRAL",
    "Cut",
    "curve_name",
    "figure_of_dimensions",
    "figure_of_run",
    "plot_canonical",
    "plot_comparison",
    "plot_inheritance",
    "plot_map",
    "plot_ratios",
    "plot_risks",
    "plot_spectra",
    "ratio",
]


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
