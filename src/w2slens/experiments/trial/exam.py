"""The held-out rows of a trial, on which every linear fit is scored."""

from collections.abc import Sequence

import numpy as np

from w2slens._core.types import Array
from w2slens.experiments.rows import Rows
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks
from w2slens.models.fit import Fitted
from w2slens.models.scoring import tally


class Exam:
    """Squared errors, and accuracies of classes, on the test rows of a split.

    `areas` under ROC curves are measured where a verdict is to be judged by them.
    """

    def __init__(self, rows: Rows, split: Split, levels: int, *, areas: bool = False) -> None:
        y = rows.targets[split.test]
        self._rows, self._test, self._levels, self._areas = rows, split.test, levels, areas
        self._truths = [y] if rows.truth is None else [rows.truth[split.test], y]
        self._classes = None if rows.classes is None else y.argmax(axis=1)

    def mark(self, sides: Sequence[str], models: Sequence[Fitted]) -> list[list[Marks]]:
        """Score models on the features of some sides, at once; a list over noise levels each."""
        probes = [probe for model in models for probe in model.probe.split(self._levels)]
        ridges = [λ for model in models for λ in model.ridges]
        features = [self._rows.side(side) for side in sides]
        found = tally(probes, features, self._truths, self._classes, self._test, areas=self._areas)
        marks = []
        for place, ridge in enumerate(ridges):
            scores = {"risk": float(found.squared_error[0, place])}
            if len(self._truths) > 1:
                scores["raw"] = float(found.squared_error[1, place])
            if self._classes is not None:
                scores["accuracy"] = float(found.accuracy[place])
            if self._areas:
                scores["auroc"] = float(found.auroc[place])
            marks.append({**scores, "ridge": ridge})
        return [marks[i : i + self._levels] for i in range(0, len(marks), self._levels)]

    def constant(self, targets: Array) -> list[float]:
        """Risk of predicting the mean of (n, levels · k) labels, at each noise level."""
        means = np.split(targets.mean(axis=0), self._levels)
        return [float(np.mean(np.sum((self._truths[0] - m) ** 2, axis=1))) for m in means]
