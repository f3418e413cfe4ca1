"""What is known of a run without its trials: dimensions, predictions and the authors' bounds.

A run measures; beside every measurement stands what theory said of it. Where that comes from
differs (moments of the rows, a planted population, the files of an earlier run), so `Results` asks
an `Outlook`, and nothing is computed before it is asked for.
"""

from dataclasses import replace
from typing import Protocol

import numpy as np

from w2slens.correlation import Correlation
from w2slens.dimension import Dimensions, SideDimensions, jackknife_blocks, measure
from w2slens.grid import Grid, Setting
from w2slens.moments import total
from w2slens.pair import Pair
from w2slens.risk import Risks, Scale
from w2slens.theory import Problem, predict
from w2slens.theory.bounds import Bounds


class Outlook(Protocol):
    """Answers for each teacher and each curve of a grid."""

    def dimensions(self, teacher: str) -> Dimensions:
        """Intrinsic dimensions and overlap of a teacher and the student."""

    def predicted(self, setting: Setting) -> Risks:
        """Risks over the grid of (n, N); nan where there is no prediction."""

    def bounds(self, setting: Setting) -> Bounds | None:
        """Bounds of the paper's authors, where the population is known."""


class SampleOutlook:
    """From the moments of all rows and labels: oracle predictions.

    Parameters
    ----------
    data, grid
        What the trials run on.
    """

    def __init__(self, data: Pair, grid: Grid) -> None:
        self._data, self._grid = data, grid
        self._known: dict[str, tuple[Dimensions, Problem]] = {}

    def dimensions(self, teacher: str) -> Dimensions:
        """Measure over all rows, with the jackknife interval."""
        return self._describe(teacher)[0]

    def predicted(self, setting: Setting) -> Risks:
        """Predict with the moments of all rows and labels, as no user without labels could."""
        problem = self._describe(setting.teacher)[1]
        added = self._added_noise(setting.noise)
        if added is None or self._grid.loss != "squared":
            return unknown(self._grid, self._scale)
        noisy = replace(problem, noise=problem.noise + added)
        return replace(exact_risks(noisy, self._grid, setting), scale=self._scale)

    def bounds(self, setting: Setting) -> Bounds | None:
        """Give none: f* and the noise are not told apart."""
        return None

    @property
    def _scale(self) -> Scale:
        return "raw" if self._data.truth is None else "excess"

    def _added_noise(self, level: float) -> float | None:
        """Variance that a noise level adds; None for flipped classes, which also shrink f*."""
        if level == 0:
            return 0.0
        if self._data.classes is not None:
            return None
        return float(np.sum((level * self._data.targets.std(axis=0)) ** 2))

    def _describe(self, teacher: str) -> tuple[Dimensions, Problem]:
        if teacher not in self._known:
            data = self._data
            blocks = jackknife_blocks(data.side(teacher).shape[1] + data.strong.shape[1])
            parts = data.moments(teacher, blocks)
            dims = measure([part.select("weak", "strong") for part in parts])
            noise = 0.0
            if data.truth is not None:
                noise = float(np.mean(np.sum((data.targets - data.truth) ** 2, axis=1)))
            self._known[teacher] = dims, Problem.from_moments(total(parts), noise=noise)
        return self._known[teacher]


class PlantedOutlook:
    """From a population that is known exactly.

    Parameters
    ----------
    problem
        The population.
    grid
        Settings.
    """

    def __init__(self, problem: Problem, grid: Grid) -> None:
        self._problem, self._grid = problem, grid

    def dimensions(self, teacher: str) -> Dimensions:
        """Return the dimensions of the population."""
        problem = self._problem
        weak, strong = (
            SideDimensions(len(eigen.all_values), eigen.values)
            for eigen in (problem.weak_spectrum, problem.strong_spectrum)
        )
        return Dimensions(0, weak, strong, Correlation.exact(problem.canonical))

    def predicted(self, setting: Setting) -> Risks:
        """Predict from the population."""
        return exact_risks(self._problem, self._grid, setting)

    def bounds(self, setting: Setting) -> Bounds | None:
        """Evaluate the bounds, which hold without ridge and for the ceiling of all rows."""
        ridgeless = setting.ridge_weak == setting.ridge_strong == 0
        if not ridgeless or self._grid.ceiling != "all":
            return None
        return Bounds.of(self._problem, self._grid.n, self._grid.N)


def exact_risks(problem: Problem, grid: Grid, setting: Setting) -> Risks:
    """Predict the risks of one curve, as the library fits (with an intercept)."""
    return predict(
        problem,
        n=grid.n,
        N=grid.N,
        # A chosen ridge has no ridgeless prediction: any positive value says so.
        ridge_weak=1.0 if setting.ridge_weak == "auto" else setting.ridge_weak,
        ridge_strong=1.0 if setting.ridge_strong == "auto" else setting.ridge_strong,
        method="exact",
        intercept=True,
        ceiling=grid.ceiling,
    )


def unknown(grid: Grid, scale: Scale) -> Risks:
    """Return risks that are not known."""
    nothing = np.full((len(grid.n), len(grid.N)), np.nan)
    return Risks(grid.n, grid.N, nothing, nothing, nothing, nothing, scale, method="exact")
