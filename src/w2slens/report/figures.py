"""The figures of the page: which panels a curve has, and what each shows in words."""

from collections.abc import Callable
from functools import partial

from matplotlib.axes import Axes

from w2slens.experiments.results import Results
from w2slens.report import plots
from w2slens.report.svg import SIZE, panel

Panel = tuple[Callable[[Axes], object], str]
"""What draws a panel, and what it shows in words."""


def curve_figures(curve: Results, name: str) -> list[str]:
    """Draw the panels of one curve, in reading order."""
    dims, n, N = curve.dimensions, curve.predicted.n, curve.predicted.N
    drawn = [_risks(curve, "the labels n"), *_ratios(curve, "the labels n")]
    if len(N) > 1:
        top = max(n)
        drawn += [_risks(curve, "the pseudo-labels N", top)]
        drawn += _ratios(curve, "the pseudo-labels N", top)
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


def _risks(curve: Results, over: str, n: int | None = None) -> Panel:
    return partial(plots.plot_risks, curve, n=n), f"Measured and predicted risks over {over}"


def _ratios(curve: Results, over: str, n: int | None = None) -> list[Panel]:
    """One panel a ratio: they have scales of their own."""
    return [
        (partial(plots.plot_ratios, curve, n=n, only=ratio), f"{ratio.upper()} over {over}")
        for ratio in ("pgr", "opr")
    ]


def comparison_figures(results: Results) -> list[str]:
    """Draw the ratios of all curves of a sweep, one after the other."""
    size = (SIZE[0], 1.6 + 0.42 * len(results.settings))
    return [
        panel(
            partial(plots.plot_comparison, results, only=ratio),
            f"{ratio.upper()} of all curves",
            size,
        )
        for ratio in ("pgr", "opr")
    ]
