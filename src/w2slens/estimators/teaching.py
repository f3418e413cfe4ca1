"""What a student learns from: labeled rows, a pool, and what a teacher says of either."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.advise.fitting import Trained, trained
from w2slens.advise.training import with_scores
from w2slens.advise.training_set import Ridges, TrainingSet
from w2slens.estimators import foreign
from w2slens.estimators.columns import numbers, some
from w2slens.estimators.order import Order


@dataclass(frozen=True, eq=False)
class Teaching:
    """Rows in the order of a training set, and the teacher that was asked for.

    Attributes
    ----------
    weak, strong
        Either side's columns of the labeled rows, then of the pool: tables or arrays; no `weak`
        where no column was picked.
    labels
        (n,) or (n, outputs) as scikit-learn takes them.
    targets
        (n, k) the same as numbers to regress on.
    classes
        (k,) or None.
    order
        Where the rows come from, and their weights.
    scores
        Name → (n + N, …) scores of black-box teachers.
    model
        A teacher of scikit-learn; None for the closed form.
    cv
        How such a teacher is kept from its own labels.
    ridges
        λ of the closed forms.
    """

    weak: Any
    strong: Any
    labels: NDArray[Any]
    targets: Array
    classes: NDArray[Any] | None
    order: Order
    scores: Mapping[str, Array]
    model: Any = None
    cv: Any = None
    ridges: Ridges = field(default_factory=Ridges)

    @property
    def n(self) -> int:
        """Number of labeled rows."""
        return len(self.targets)

    @cached_property
    def teacher(self) -> Any:
        """The teacher of scikit-learn, taught by all labels; None for the closed form."""
        if self.model is None:
            return None
        rows, weights = some(self.weak, slice(self.n)), self.order.of_labels
        return foreign.fitted(self.model, rows, self.labels, weights, "teacher")

    @cached_property
    def side(self) -> Array:
        """(n + N, p) the weak side: features, or what the teacher says; beside it, scores."""
        found = None
        if self.model is not None:
            rows = some(self.weak, slice(self.n))
            weights = self.order.of_labels
            held = foreign.cross_fitted(
                self.model, rows, self.labels, weights, self.cv, self.teacher
            )
            pool = foreign.said(self.teacher, some(self.weak, slice(self.n, None)), self.classes)
            if (pool == pool[:1]).all():
                raise InputError("teacher", f"says the same of all {len(pool):,} rows of the pool")
            found = np.concatenate([held, pool])
        elif self.weak is not None:
            found = numbers(self.weak)
        if found is not None and not self.scores:
            return found
        return np.asarray(with_scores(found, self.scores, self.n + len(self.order.pool)))

    @cached_property
    def rows(self) -> TrainingSet:
        """Everything as closed forms take it."""
        return self._of(numbers(self.strong))

    def _of(self, strong: Array) -> TrainingSet:
        order = self.order
        return TrainingSet(
            self.side, strong, self.targets, self.classes, order.weights, order.apart
        )

    @cached_property
    def closed(self) -> Trained:
        """The teacher in closed form; its student need not be one, so may have any columns."""
        rows = vars(self).get("rows") or self._of(self.side)
        return trained(rows, "teacher", self.ridges)

    @property
    def pseudo_labels(self) -> Array:
        """(N, k) what the teacher says of the pool; of classes, probabilities."""
        if self.model is not None and not self.scores:
            return foreign.said(self.teacher, some(self.weak, slice(self.n, None)), self.classes)
        return self.closed.model.said(np.asarray(self.side[self.n :], dtype=np.float64))
