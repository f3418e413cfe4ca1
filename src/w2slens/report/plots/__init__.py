"""Results drawn on matplotlib Axes: an Axes in, the same Axes out, no data read.

Everything on an Axes can be restyled afterwards; the figures of the report are made of these
functions and nothing else. Colours are Okabe and Ito's, told apart by colour-blind readers, and
the maps run from orange (loss) over white to purple (gain); markers and line styles differ too.
"""

from typing import get_args

from matplotlib.figure import Figure

from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import Risks
from w2slens.report.plots.comparison import plot_comparison
from w2slens.report.plots.cut import Cut
from w2slens.report.plots.dimensions import plot_canonical, plot_inheritance, plot_spectra
from w2slens.report.plots.forecast import plot_forecast
from w2slens.report.plots.maps import plot_map
from w2slens.report.plots.plan import plot_courses
from w2slens.report.plots.ranking import plot_teachers
from w2slens.report.plots.risks import plot_predicted, plot_ratios, plot_risks, ratio
from w2slens.report.plots.style import LOOKS, NEUTRAL, Ratio

__all__ = [
    "LOOKS",
    "NEUTRAL",
    "Cut",
    "curve_name",
    "figure_of_dimensions",
    "figure_of_prediction",
    "figure_of_run",
    "plot_canonical",
    "plot_comparison",
    "plot_courses",
    "plot_forecast",
    "plot_inheritance",
    "plot_map",
    "plot_predicted",
    "plot_ratios",
    "plot_risks",
    "plot_spectra",
    "plot_teachers",
    "ratio",
]


def figure_of_run(results: Results, *, n: int | None = None, N: int | None = None) -> Figure:
    """One figure of a run: risks and ratios along a line; of several curves, their ratios."""
    if len(results.settings) > 1:
        figure = Figure(figsize=(10.5, 1.8 + 0.42 * len(results.settings)), layout="constrained")
        for ax, ratio in zip(figure.subplots(1, 2, sharey=True), get_args(Ratio), strict=True):
            plot_comparison(results, ax, only=ratio)
        return figure
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    left, *others = figure.subplots(1, 3, width_ratios=(1.35, 1, 1))
    plot_risks(results, left, n=n, N=N)
    for ax, ratio in zip(others, get_args(Ratio), strict=True):
        plot_ratios(results, ax, n=n, N=N, only=ratio)
    return figure


def figure_of_dimensions(dimensions: Dimensions) -> Figure:
    """One figure of the dimensions: spectra and canonical correlations."""
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_spectra(dimensions, left)
    plot_canonical(dimensions, right)
    return figure


def figure_of_prediction(risks: Risks) -> Figure:
    """One figure of a prediction: risk curves, and maps of PGR and OPR where there is a grid."""
    grid = len(risks.n) > 1 and len(risks.N) > 1
    figure = Figure(figsize=(14.5 if grid else 7, 4.2), layout="constrained")
    axes = figure.subplots(1, 3 if grid else 1, squeeze=False)[0]
    plot_predicted(risks, axes[0], n=risks.n[0] if len(risks.n) == 1 else None)
    if grid:
        plot_map(risks, axes[1], ratio="pgr")
        plot_map(risks, axes[2], ratio="opr")
    return figure
