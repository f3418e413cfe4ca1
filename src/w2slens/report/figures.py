"""The figures of the page: which panels a curve has, and what each shows in words."""

from functools import partial

from w2slens.experiments.results import Results
from w2slens.report import plots
from w2slens.report.svg import panel


def curve_figures(curve: Results, name: str) -> list[str]:
    """Draw the panels of one curve, in reading order."""
    dims, n, N = curve.dimensions, curve.predicted.n, curve.predicted.N
    drawn = [
        (partial(plots.plot_risks, curve), "Measured and predicted risks over the labels n"),
        (partial(plots.plot_ratios, curve), "PGR and OPR over the labels n"),
    ]
    if len(N) > 1:
        top = max(n)
        drawn += [
            (partial(plots.plot_risks, curve, n=top), "Risks over the pseudo-labels N"),
            (partial(plots.plot_ratios, curve, n=top), "PGR and OPR over the pseudo-labels N"),
        ]
    if len(n) > 1 and len(N) > 1:
        drawn += [
            (partial(plots.plot_map, curve, ratio=ratio), f"Map of {ratio.upper()} over n and N")
            for ratio in ("opr", "pgr")
        ]
    drawn += [
        (partial(plots.plot_spectra, dims), "Eigenvalue spectra of the weak and strong features"),
        (partial(plots.plot_canonical, dims), "Squared canonical correlations of the features"),
        (
            partial(plots.plot_inheritance, dims, N=N),
            "Share of the teacher's variance that the student inherits and sheds",
        ),
    ]
    return [panel(draw, f"{name}: {description}") for draw, description in drawn]


def comparison_figure(results: Results) -> str:
    """Draw the ratios of all curves of a sweep."""
    size = (5.6, 1.5 + 0.42 * len(results.settings))
    return panel(partial(plots.plot_comparison, results), "PGR and OPR of all curves", size)
