"""What is known of a run without its trials: dimensions, predictions and the authors' bounds.

A run measures; beside every measurement stands what theory said of it. Where that comes from
differs (moments of the rows, a planted population, the files of an earlier run), so `Results` asks
an `Oracle`, and nothing is computed before it is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Protocol

import numpy as np
import pandas as pd

from w2slens._core.threads import one_thread
from w2slens._core.types import Array
from w2slens.experiments.curves import Curve
from w2slens.experiments.draws import Draws
from w2slens.experiments.flips import Flips
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.experiments.streamed import StreamedRows
from w2slens.measure.intrinsic import Dimensions, SideDimensions
from w2slens.measure.one_pass import measure
from w2slens.measure.overlap import Correlation, Sample, sampled
from w2slens.models.risks import MODELS, Risks, Scale
from w2slens.moments import Moments
from w2slens.theory import Problem, predict
from w2slens.theory.bounds import Bounds
from w2slens.theory.equivalent import MeanRisks
from w2slens.theory.together import student_risks


class Oracle(Protocol):
    """Answers for each teacher and each curve of a run."""

    def ranks(self, teacher: str) -> tuple[int, int]:
        """d_w and d_s, without what an interval of their overlap costs."""

    def dimensions(self, teacher: str) -> Dimensions:
        """Intrinsic dimensions and overlap of a teacher and the student."""

    def predicted(self, curve: Curve, table: pd.DataFrame) -> Risks:
        """Risks over the grid of (n, N), at the ridges in the trials; nan where there is none."""

    def students(self, curve: Curve, names: Sequence[str]) -> dict[str, Array]:
        """Name → risks of further students over the grid, with an intercept; nan where unknown."""

    def bounds(self, curve: Curve) -> Bounds | None:
        """Bounds of the paper's authors, where the population is known."""

    def problem(self, teacher: str) -> Problem:
        """Return the population itself, no noise added."""


class SampleOracle:
    """From the moments of all rows and labels, as no user without labels could."""

    def __init__(self, rows: Rows, settings: Settings) -> None:
        self._rows, self._settings = rows, settings
        self._scale: Scale = "raw" if rows.truth is None else "excess"
        self._known: dict[str, tuple[tuple[int, int], Problem]] = {}
        self._dimensions: dict[str, Dimensions] = {}
        self._moments: dict[str, Moments] = {}

    def ranks(self, teacher: str) -> tuple[int, int]:
        """Count the retained directions of all rows."""
        return self._described(teacher)[0]

    @one_thread
    def dimensions(self, teacher: str) -> Dimensions:
        """Measure over all rows, with the jackknife interval."""
        if teacher not in self._dimensions:
            rows, whole = self._rows, self._whole(teacher)
            places = sampled(rows.rows)
            sample = Sample(rows.side(teacher)[places], rows.strong[places])
            self._dimensions[teacher] = measure(whole, sample)
        return self._dimensions[teacher]

    @one_thread
    def predicted(self, curve: Curve, table: pd.DataFrame) -> Risks:
        """Predict with the moments of all rows and labels."""
        if self._settings.loss != "squared":
            return unknown(self._settings, self._scale)
        problem = self._described(curve.teacher)[1]
        if curve.noise and self._rows.classes is not None:
            flips = Flips.of(self._rows, curve.noise)
            found = at_ridges(flips.taught(problem), self._settings, curve, table, test=problem)
            return replace(found.shifted(flips.offset), scale=self._scale)
        problem = self._noisy(curve)
        return replace(at_ridges(problem, self._settings, curve, table), scale=self._scale)

    @one_thread
    def students(self, curve: Curve, names: Sequence[str]) -> dict[str, Array]:
        """Predict with the moments of all rows and labels."""
        settings, flipped = self._settings, curve.noise and self._rows.classes is not None
        if settings.loss != "squared" or flipped:
            return dict.fromkeys(names, unknown(settings, self._scale).w2s)
        grid = settings.n, settings.N
        return student_risks(self._noisy(curve), names, *grid, curve.ridge_strong)

    def _noisy(self, curve: Curve) -> Problem:
        """Add the noise of a curve to the labels of a regression."""
        problem = self._described(curve.teacher)[1]
        if not curve.noise:
            return problem
        added = float(np.sum((curve.noise * self._rows.targets.std(axis=0)) ** 2))
        return replace(problem, noise=problem.noise + added)

    def bounds(self, curve: Curve) -> Bounds | None:
        """Give none: f* and the noise are not told apart."""
        return None

    def problem(self, teacher: str) -> Problem:
        """Take the moments of all rows and labels."""
        return self._described(teacher)[1]

    def _whole(self, teacher: str) -> Moments:
        """Moments of all rows, which are read once for all teachers."""
        if teacher not in self._moments:
            self._moments[teacher] = self._rows.moments(teacher)
        return self._moments[teacher]

    @one_thread
    def _described(self, teacher: str) -> tuple[tuple[int, int], Problem]:
        if teacher not in self._known:
            self._describe(teacher, self._whole(teacher))
        return self._known[teacher]

    def _describe(self, teacher: str, whole: Moments) -> None:
        rows, noise = self._rows, 0.0
        if rows.truth is not None:
            noise = float(np.mean(np.sum((rows.targets - rows.truth) ** 2, axis=1)))
        ranks = whole.spectrum("weak").rank, whole.spectrum("strong").rank
        self._known[teacher] = ranks, Problem.from_moments(whole, noise=noise)


class PopulationOracle:
    """From a population that is known exactly."""

    def __init__(self, draws: Draws, settings: Settings) -> None:
        self._problem: Problem = draws.planted.problem
        self._settings = settings

    def ranks(self, teacher: str) -> tuple[int, int]:
        """Return the dimensions of the population."""
        return self._problem.d_w, self._problem.d_s

    def dimensions(self, teacher: str) -> Dimensions:
        """Return the dimensions of the population."""
        problem = self._problem
        weak, strong = (
            SideDimensions(len(eigen.all_values), eigen.values)
            for eigen in (problem.weak.spectrum, problem.strong.spectrum)
        )
        return Dimensions(0, weak, strong, Correlation.exact(problem.canonical))

    def predicted(self, curve: Curve, table: pd.DataFrame) -> Risks:
        """Predict from the population."""
        return at_ridges(self._problem, self._settings, curve, table)

    def students(self, curve: Curve, names: Sequence[str]) -> dict[str, Array]:
        """Predict from the population."""
        grid = self._settings.n, self._settings.N
        return student_risks(self._problem, names, *grid, curve.ridge_strong)

    def bounds(self, curve: Curve) -> Bounds | None:
        """Evaluate the bounds, which hold without ridge and for the ceiling of all rows."""
        ridgeless = curve.ridge_weak == curve.ridge_strong == 0
        if not ridgeless or self._settings.ceiling != "all":
            return None
        return Bounds.of(self._problem, self._settings.n, self._settings.N)

    def problem(self, teacher: str) -> Problem:
        """Return what the rows are drawn from."""
        return self._problem


ORACLES: dict[type, Callable[[Any, Settings], Oracle]] = {
    Rows: SampleOracle,
    StreamedRows: SampleOracle,
    Draws: PopulationOracle,
}
"""Where rows come from → what is known of them."""


def at_ridges(
    problem: Problem,
    settings: Settings,
    curve: Curve,
    table: pd.DataFrame,
    test: Problem | None = None,
) -> Risks:
    """Predict one curve as the library fits it, with an intercept and the trials' ridges.

    The models learn from `problem` and are tested on it, unless `test` is another; a chosen ridge
    is predicted trial by trial, as the table of the trials has it.
    """
    if "auto" not in (curve.ridge_weak, curve.ridge_strong):
        return predict(
            problem,
            n=settings.n,
            N=settings.N,
            ridge_weak=float(curve.ridge_weak),
            ridge_strong=float(curve.ridge_strong),
            intercept=True,
            ceiling=settings.ceiling,
            test=test,
        )
    cells = dict(list(table.groupby(["n", "N"])))
    mean_risks = MeanRisks(problem, settings.ceiling, test)
    found = [
        mean_risks(n, N, {name: cells[n, N][f"ridge_{name}"].to_numpy() for name in MODELS})
        for n, N in product(settings.n, settings.N)
    ]
    shape = (len(settings.n), len(settings.N))
    risks: dict[str, Any] = {
        name: np.array([cell[name] for cell in found]).reshape(shape) for name in MODELS
    }
    return Risks(settings.n, settings.N, **risks, method="equivalent")


def unknown(settings: Settings, scale: Scale) -> Risks:
    """Return risks that are not known."""
    nothing = np.full((len(settings.n), len(settings.N)), np.nan)
    return Risks(settings.n, settings.N, nothing, nothing, nothing, nothing, scale, method="exact")
