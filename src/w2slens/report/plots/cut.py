"""A line through the grid of a run."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.experiments.results import Results
from w2slens.report.plots.style import legend_below, marker_look, size_axis


class Cut:
    """A line through the grid of (n, N): over n at one N, or over N at one n."""

    def __init__(self, results: Results, n: int | None, N: int | None) -> None:
        if n is not None and N is not None:
            raise InputError("N", "and n are both given; fix one, the other is the axis")
        self.results, summary = results, results.summary
        self.axis, fixed, value = ("n", "N", N) if n is None else ("N", "n", n)
        value = int(summary[fixed].max()) if value is None else value
        if value not in set(summary[fixed]):
            sizes = ", ".join(map(str, sorted(set(summary[fixed]))))
            raise InputError(fixed, f"is {value}; the grid has {sizes}")
        self.rows: pd.DataFrame = summary[summary[fixed] == value].sort_values(self.axis)
        self.where = f"{fixed} = {value:,} " + ("labels" if fixed == "n" else "pseudo-labels")

    def errorbar(self, ax: Axes, column: str, *, color: str, fmt: str, label: str) -> None:
        """Draw means with their standard errors; open markers around the student's."""
        ax.errorbar(
            self.rows[self.axis],
            self.rows[column],
            yerr=self.rows[f"{column}_se"].fillna(0),
            fmt=fmt,
            color=color,
            capsize=2.5,
            linewidth=1,
            label=label,
            **marker_look(column),
        )

    def along(self, grid: Array) -> Array:
        """Take values (len(n), len(N)) in the order of the summary along the line."""
        places: NDArray[np.intp] = self.rows.index.to_numpy()
        return np.asarray(grid).ravel()[places]

    def curve(self, ax: Axes, grid: Array, *, color: str, linestyle: str) -> None:
        """Draw a line through values (len(n), len(N))."""
        values = self.along(grid)
        if np.isfinite(values).any():
            sizes = self.rows[self.axis].to_numpy()
            ax.plot(sizes, values, linestyle, color=color, linewidth=1.4)

    def finish(self, ax: Axes) -> Axes:
        """Label the axis of sizes and add the legend."""
        sizes = self.rows[self.axis].to_numpy()
        size_axis(ax, self.axis, sizes)
        if len(sizes) <= 4:
            ax.xaxis.set_major_locator(FixedLocator(sizes.tolist()))
            ax.xaxis.set_minor_locator(NullLocator())
        return legend_below(ax)
