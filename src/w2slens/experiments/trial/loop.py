"""One trial of the protocol: splits → fits → scores, for all cells of a grid at once.

The labels of every n are learnt from first; then one pool after another is grown, and all
students and ceilings of its N are fitted (each one small solve, all n sharing the pool's factor),
scored on the test rows and forgotten.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.types import Ridge
from w2slens.experiments.rows import Pair
from w2slens.experiments.settings import Grid, Setting
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks, record
from w2slens.experiments.trial.ceilings import Ceilings
from w2slens.experiments.trial.cross_entropy import run_logistic_trial
from w2slens.experiments.trial.labels import Fitted, Growth, Taught, folds_of, teach
from w2slens.models.probe import LinearProbe
from w2slens.models.scoring import tally
from w2slens.models.students.imitate import imitate
from w2slens.models.tuning import choose_w2s
from w2slens.moments.moments import Moments
from w2slens.moments.stream import total


def run_trial(data: Pair, grid: Grid, trial: int, split: Split) -> list[dict[str, Any]]:
    """Run all cells of one trial; one record a cell, in the order of settings × n × N."""
    if grid.loss == "cross-entropy":
        return run_logistic_trial(data, grid, trial, split)
    noisy = data.noisy(grid.noise_levels, np.random.default_rng([grid.seed, trial, 1]))
    exam = Exam(data, split, grid.levels)
    taught = teach(data, split.labels(max(grid.n)), noisy, grid)
    alone = {
        n: Alone(
            {key: exam.mark(key[0], fitted) for key, fitted in known.teachers.items()},
            {ridge: exam.mark("strong", fitted) for ridge, fitted in known.baselines.items()},
            exam.constant(known),
        )
        for n, known in taught.items()
    }
    sides = ["strong", *data.teachers]
    growth = Growth(data, split.pool(max(grid.N)), sides, noisy, folds_of(grid))
    settings = grid.settings(data.teachers)
    records: dict[tuple[Setting, int, int], dict[str, Any]] = {}
    for N in sorted(grid.N):
        models = score_pool(growth.to(N), taught, settings, grid, exam)
        for (setting, n), (student, ceiling) in models.items():
            marks = {**alone[n].of(setting, grid), "w2s": student, "ceiling": ceiling}
            constant = alone[n].constant[grid.noise_levels.index(setting.noise)]
            records[setting, n, N] = record(setting, n, N, trial, marks, constant)
    return [records[setting, n, N] for setting in settings for n in grid.n for N in grid.N]


class Alone(NamedTuple):
    """Scores of what n labels give without a pool, a list over noise levels each."""

    teachers: dict[tuple[str, Ridge], list[Marks]]
    baselines: dict[Ridge, list[Marks]]
    constant: list[float]

    def of(self, setting: Setting, grid: Grid) -> dict[str, Marks]:
        """Scores of the teacher and the baseline of one curve."""
        level = grid.noise_levels.index(setting.noise)
        return {
            "weak": self.teachers[setting.teacher, setting.ridge_weak][level],
            "strong": self.baselines[setting.ridge_strong][level],
        }


def score_pool(
    folds: list[Moments],
    taught: dict[int, Taught],
    settings: Sequence[Setting],
    grid: Grid,
    exam: "Exam",
) -> dict[tuple[Setting, int], tuple[Marks, Marks]]:
    """Train and score the students and ceilings of one pool: (curve, n) → both scores."""
    pool = total(folds)
    ceilings = Ceilings(folds, pool, grid.ceiling, grid.levels)
    tops = {
        ridge: exam.mark_all([ceilings.fit(known, ridge) for known in taught.values()])
        for ridge in grid.ridges_strong
    }
    students = {
        key: exam.mark_all(train_students(pool, key[0], list(taught.values()), *key[1:]))
        for key in dict.fromkeys((s.teacher, s.ridge_weak, s.ridge_strong) for s in settings)
    }
    found = {}
    for setting in settings:
        level = grid.noise_levels.index(setting.noise)
        key = (setting.teacher, setting.ridge_weak, setting.ridge_strong)
        for i, n in enumerate(taught):
            found[setting, n] = (students[key][i][level], tops[setting.ridge_strong][i][level])
    return found


def train_students(
    pool: Moments, teacher: str, taught: Sequence[Taught], ridge_weak: Ridge, ridge: Ridge
) -> list[Fitted]:
    """Train the W2S students of one teacher, a student a number of labels, on one pool."""
    learnt = [known.teachers[teacher, ridge_weak] for known in taught]
    if ridge != "auto":
        teachers = LinearProbe.stack([fitted.probe for fitted in learnt])
        solve = pool.solver("strong", ridge)
        students = imitate(pool, teachers, weak=teacher, solve=solve).split(len(taught))
        return [Fitted(student, (ridge,) * len(learnt[0].ridges)) for student in students]
    eigen, trained = pool.spectrum("strong"), []
    for known, fitted in zip(taught, learnt, strict=True):
        levels = len(fitted.ridges)
        probes, ridges = [], []
        for probe, λ_w, y in zip(
            fitted.probe.split(levels),
            fitted.ridges,
            np.split(known.targets, levels, axis=1),
            strict=True,
        ):
            λ = choose_w2s(known.block(teacher, y), pool, λ_w, teacher=teacher)
            solve_shifted = partial(eigen.solve, shift=pool.count * λ)
            probes.append(imitate(pool, probe, weak=teacher, solve=solve_shifted))
            ridges.append(λ)
        trained.append(Fitted(LinearProbe.stack(probes), tuple(ridges)))
    return trained


class Exam:
    """The held-out rows of a trial, on which every model is scored."""

    def __init__(self, data: Pair, split: Split, levels: int) -> None:
        y = data.targets[split.test]
        self._data, self._test, self._levels = data, split.test, levels
        self._truths = [y] if data.truth is None else [data.truth[split.test], y]
        self._classes = None if data.classes is None else y.argmax(axis=1)

    def mark(self, side: str, fitted: Fitted) -> list[Marks]:
        """Score one model on the features of a side; one entry a noise level."""
        return self._mark(side, [fitted])[0]

    def mark_all(self, models: Sequence[Fitted]) -> list[list[Marks]]:
        """Score several strong models at once."""
        return self._mark("strong", models)

    def _mark(self, side: str, models: Sequence[Fitted]) -> list[list[Marks]]:
        probes = [probe for model in models for probe in model.probe.split(self._levels)]
        found = tally(probes, self._data.side(side), self._truths, self._classes, self._test)
        marks = []
        for place, ridge in enumerate(λ for model in models for λ in model.ridges):
            scores = {"risk": float(found.squared_error[0, place])}
            if len(self._truths) > 1:
                scores["raw"] = float(found.squared_error[1, place])
            if self._classes is not None:
                scores["accuracy"] = float(found.accuracy[place])
            marks.append({**scores, "ridge": ridge})
        return [marks[i : i + self._levels] for i in range(0, len(marks), self._levels)]

    def constant(self, known: Taught) -> list[float]:
        """Risk of predicting the mean of the labels, at each noise level."""
        means = np.split(known.targets.mean(axis=0), self._levels)
        return [float(np.mean(np.sum((self._truths[0] - m) ** 2, axis=1))) for m in means]
