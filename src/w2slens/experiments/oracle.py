"""What is known of a run without its trials: dimensions, predictions and the authors' bounds.

A run measures; beside every measurement stands what theory said of it. Where that comes from
differs (moments of the rows, a planted population, the files of an earlier run), so `Results` asks
an `Outlook`, and nothing is computed before it is asked for.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Protocol

import numpy as np
import pandas as pd

from w2slens.experiments.rows import Pair
from w2slens.experiments.settings import Grid, Setting
from w2slens.measure.intrinsic import Dimensions, SideDimensions
from w2slens.measure.one_pass import jackknife_blocks, measure
from w2slens.measure.overlap import Correlation
from w2slens.models.risks import MODELS, Risks, Scale
from w2slens.moments.stream import total
from w2slens.theory import Problem, predict
from w2slens.theory.bounds import Bounds
from w2slens.theory.equivalent import MeanRisks


class Outlook(Protocol):
    """Answers for each teacher and each curve of a grid."""

    def dimensions(self, teacher: str) -> Dimensions:
        """Intrinsic dimensions and overlap of a teacher and the student."""

    def predicted(self, setting: Setting, table: pd.DataFrame) -> Risks:
        """Risks over the grid of (n, N), at the ridges in the trials; nan where there is none."""

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

    def predicted(self, setting: Setting, table: pd.DataFrame) -> Risks:
        """Predict with the moments of all rows and labels, as no user without labels could."""
        if self._grid.loss != "squared":
            return unknown(self._grid, self._scale)
        problem = self._describe(setting.teacher)[1]
        if setting.noise and self._data.classes is not None:
            flips = Flips.of(self._data, setting.noise)
            found = at_ridges(flips.taught(problem), self._grid, setting, table, test=problem)
            return replace(found.shifted(flips.offset), scale=self._scale)
        if setting.noise:
            added = float(np.sum((setting.noise * self._data.targets.std(axis=0)) ** 2))
            problem = replace(problem, noise=problem.noise + added)
        return replace(at_ridges(problem, self._grid, setting, table), scale=self._scale)

    def bounds(self, setting: Setting) -> Bounds | None:
        """Give none: f* and the noise are not told apart."""
        return None

    @property
    def _scale(self) -> Scale:
        return "raw" if self._data.truth is None else "excess"

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

    def predicted(self, setting: Setting, table: pd.DataFrame) -> Risks:
        """Predict from the population."""
        return at_ridges(self._problem, self._grid, setting, table)

    def bounds(self, setting: Setting) -> Bounds | None:
        """Evaluate the bounds, which hold without ridge and for the ceiling of all rows."""
        ridgeless = setting.ridge_weak == setting.ridge_strong == 0
        if not ridgeless or self._grid.ceiling != "all":
            return None
        return Bounds.of(self._problem, self._grid.n, self._grid.N)


@dataclass(frozen=True)
class Flips:
    """What flipping a share of the classes, all others equally likely, does to one-hot labels.

    The conditional mean shrinks towards its centre, ``p' = a·p + (1−a)/k`` with
    ``a = 1 − share·k/(k−1)``.

    Attributes
    ----------
    shrinkage
        a.
    noise
        E‖y' − p'‖².
    offset
        ``‖E p' − E p‖²``: what every fitted intercept is off by.
    """

    shrinkage: float
    noise: float
    offset: float

    @classmethod
    def of(cls, data: Pair, share: float) -> "Flips":
        """Describe the flips of a run's labels."""
        p = data.targets if data.truth is None else data.truth
        k = p.shape[1]
        a = 1 - share * k / (k - 1)
        centre = (1 - a) / k
        squares = a**2 * np.mean(np.sum(p**2, axis=1)) + 2 * a * centre + k * centre**2
        offset = np.sum((a * p.mean(axis=0) + centre - p.mean(axis=0)) ** 2)
        return cls(a, float(1 - squares), float(offset))

    def taught(self, problem: Problem) -> Problem:
        """Return the population that the models learn from."""
        a = self.shrinkage
        return replace(
            problem,
            weak_target=a * problem.weak_target,
            strong_target=a * problem.strong_target,
            signal=a**2 * problem.signal,
            noise=self.noise,
        )


def at_ridges(
    problem: Problem,
    grid: Grid,
    setting: Setting,
    table: pd.DataFrame,
    test: Problem | None = None,
) -> Risks:
    """Predict one curve as the library fits it, with an intercept and the trials' ridges.

    Parameters
    ----------
    problem
        What the models learn from.
    grid, setting
        The curve.
    table
        Its trials, with the ridge of every model: a chosen ridge is predicted trial by trial.
    test
        What they are tested on, if not the same.
    """
    if "auto" not in (setting.ridge_weak, setting.ridge_strong):
        return predict(
            problem,
            n=grid.n,
            N=grid.N,
            ridge_weak=float(setting.ridge_weak),
            ridge_strong=float(setting.ridge_strong),
            intercept=True,
            ceiling=grid.ceiling,
            test=test,
        )
    cells = dict(list(table.groupby(["n", "N"])))
    mean_risks = MeanRisks(problem, grid.ceiling, test)
    found = []
    for n, N in product(grid.n, grid.N):
        trials = cells[n, N]
        ridges = {name: trials[f"ridge_{name}"].to_numpy() for name in MODELS}
        means = mean_risks(n, N, ridges)
        found.append([means[name] for name in MODELS])
    weak, w2s, strong, ceiling = np.array(found).T.reshape(4, len(grid.n), len(grid.N))
    return Risks(grid.n, grid.N, weak, w2s, strong, ceiling, method="equivalent")


def unknown(grid: Grid, scale: Scale) -> Risks:
    """Return risks that are not known."""
    nothing = np.full((len(grid.n), len(grid.N)), np.nan)
    return Risks(grid.n, grid.N, nothing, nothing, nothing, nothing, scale, method="exact")
