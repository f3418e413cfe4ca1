"""Labeled rows as logistic probes learn from them: fits at a ridge, by folds, and its choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index, Ridge
from w2slens.features.chosen import Chosen, parts
from w2slens.models.logistic import LogisticDesign, cross_entropies
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import least

FOLDS = 5
"""Folds of rows by which ridges are chosen."""

DECADES = np.arange(1.0, -5.1, -0.5)
"""Automatic ridges are these powers of ten of the mean variance along the axes."""


class Tuned(NamedTuple):
    """A fitted probe and its ridge."""

    probe: LinearProbe
    ridge: float


@dataclass(frozen=True, eq=False)
class LogisticRows:
    """Rows of one feature matrix with labels, and their folds."""

    features: NDArray[Any] | Chosen  # (m, p)
    labels: Array  # (m, k) probabilities of the classes

    @cached_property
    def design(self) -> LogisticDesign:
        """All rows."""
        return LogisticDesign.from_rows(self.features)

    @cached_property
    def folds(self) -> list[tuple[LogisticDesign, Array, Index]]:
        """Rows without a fold, their labels, and the places of the fold; dealt like cards."""
        places = np.arange(len(self.labels))
        parts = [places[i::FOLDS] for i in range(min(FOLDS, len(places)))]
        rest = [np.setdiff1d(places, part) for part in parts]
        return [
            (LogisticDesign.from_rows(self.features[some]), self.labels[some], part)
            for some, part in zip(rest, parts, strict=True)
        ]

    def learn(self, asked: Ridge) -> Tuned:
        """Fit with a given ridge, or with the one of least cross-entropy on the folds."""
        ridge = self._choose() if asked == "auto" else asked
        return Tuned(self.design.fit(self.labels, ridge), ridge)

    def without_folds(self, ridge: float) -> list[LinearProbe]:
        """Fit without each fold."""
        return [design.fit(labels, ridge) for design, labels, _ in self.folds]

    def loss(self, probes: Sequence[LinearProbe], held: Index) -> Array:
        """Sum the cross-entropy of each probe over held-out rows."""
        found, labels = np.zeros(len(probes)), self.labels[held]
        for places, rows in parts(self.features[held]):
            own = labels[places]
            found += [cross_entropies(p.predict(rows), own).sum() for p in probes]
        return found

    def _choose(self) -> float:
        ridges = candidates(self.design)
        losses = [self.loss(d.path(y, ridges), held) for d, y, held in self.folds]
        return least(ridges, np.sum(losses, axis=0))


def candidates(design: LogisticDesign) -> list[float]:
    """Ridges to choose from, scaled to the variances of the features."""
    return list(design.variances.mean() * 10.0**DECADES)
