"""What a user has of a pair: n labeled rows, and a pool without labels."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Ridge, Task
from w2slens.features.ondisk import Matrix, after
from w2slens.forecasting.pool import Unlabeled
from w2slens.models.design import Design
from w2slens.models.labeled import LabeledBlock
from w2slens.models.metrics import METRICS, HeldOut, check_metric
from w2slens.models.tuning import choose_loo, choose_w2s
from w2slens.moments.left_out import note_left_out

LEAST_POOL = 10  # fewer rows without labels show no second moments


class Labels(NamedTuple):
    """Labels in units of their spread: risks are squares, and none may overflow."""

    values: Array  # (n, k), over `unit`
    unit: float  # root mean square of the outputs' standard deviations
    classes: NDArray[Any] | None = None  # (k,) class labels; None for regression

    @classmethod
    def of(cls, targets: Array, classes: NDArray[Any] | None = None) -> "Labels":
        """Take (n, k) labels as they are."""
        unit = float(np.sqrt(np.mean(targets.var(axis=0))))
        return cls(targets / unit, unit, classes)

    @property
    def task(self) -> Task:
        """What the labels are."""
        return "regression" if self.classes is None else "classification"


class Ridges(NamedTuple):
    """λ of the teacher, the student and the baseline."""

    weak: float
    w2s: float
    strong: float


class Losses(NamedTuple):
    """What leave-one-out says of the teacher, the student and the baseline: (n,) losses, mostly."""

    weak: Array
    w2s: Array
    strong: Array


@dataclass(frozen=True, eq=False)
class LabeledSide:
    """One side's rows with labels, factored once for every pair that the side is part of."""

    design: Design
    labels: Labels

    def ridge(self, asked: Ridge) -> float:
        """Return λ as asked for, or as leave-one-out on the labels chooses it."""
        return self._best_ridge if asked == "auto" else asked

    @cached_property
    def _best_ridge(self) -> float:
        return choose_loo(self.design, self.labels.values)

    def residuals(self, ridge: float) -> Array:
        """(n, k) leave-one-out residuals of a fit to the labels."""
        return self.design.loo_residuals(self.labels.values, ridge)


def _labeled(rows: Matrix, labels: Labels, name: str) -> LabeledSide:
    """Take the rows with labels; if no column varies over them, nothing is learnt from them."""
    some = np.asarray(rows[: len(labels.values)])
    low, high = (np.asarray(end, np.float64) for end in (some.min(axis=0), some.max(axis=0)))
    design = Design.from_rows(some)
    if (high - low <= 4 * design.precision * np.abs(low)).all():
        raise InputError(
            name, f"is constant over the {len(some)} labeled rows, though perhaps not over others"
        )
    return LabeledSide(design, labels)


def _look_at(pool: Unlabeled, *names: str) -> None:
    """Refuse sides of the pool that do not vary; say what is left out of the others."""
    for name in names:
        try:
            pool.moments.require_variation(name)
        except InputError as error:
            raise InputError(name, f"(the rows without labels) {error.problem}") from None
    note_left_out(pool.moments, *names)


def refuse_short(weak: Matrix, strong: Matrix, n: int) -> None:
    """Refuse sides of different rows, and rows that leave no pool beside n labels."""
    rows = len(weak)
    check.same_rows({"strong": len(strong), "weak": rows})
    if rows < n + LEAST_POOL:
        raise InputError(
            "weak",
            f"has {rows:,} rows and there are {n:,} labels; a pool of at least {LEAST_POOL} "
            "rows without labels is needed: give labels of fewer rows (--n takes the first n)",
        )


@dataclass(frozen=True, eq=False)
class PairSample:
    """Both sides, over the same rows and labels."""

    weak: LabeledSide
    strong: LabeledSide
    pool: Unlabeled  # the rows without labels

    @classmethod
    def of(cls, weak: Matrix, strong: Matrix, labels: Labels) -> "PairSample":
        """Divide (rows, p) features: those of the labels come first."""
        n = len(labels.values)
        left, right = _labeled(weak, labels, "weak"), _labeled(strong, labels, "strong")
        pool = Unlabeled.from_rows(after(weak, n), after(strong, n))
        _look_at(pool, "weak", "strong")
        return cls(left, right, pool)

    def with_teacher(self, weak: Matrix) -> "PairSample":
        """Give the same student another teacher, (rows, p_w): its side is not done again."""
        left = _labeled(weak, self.labels, "weak")
        pool = self.pool.with_teacher(after(weak, len(self.labels.values)))
        _look_at(pool, "weak")
        return PairSample(left, self.strong, pool)

    @cached_property
    def block(self) -> LabeledBlock:
        """The rows with labels."""
        return LabeledBlock(self.weak.design, self.strong.design, self.labels.values)

    @property
    def labels(self) -> Labels:
        """Of the labeled rows."""
        return self.strong.labels

    def ridges(self, weak: Ridge, strong: Ridge) -> Ridges:
        """Choose the ridges that are left open."""
        λ_w, λ_s = self.weak.ridge(weak), self.strong.ridge(strong)
        if strong != "auto":
            return Ridges(λ_w, strong, λ_s)
        return Ridges(λ_w, choose_w2s(self.block, self.pool.moments, λ_w), λ_s)

    def held_out(self, ridges: Ridges) -> Losses:
        """(n, k) scores of each labeled row by models that never saw its label."""
        y = self.labels.values
        (student,) = self.block.loo_w2s(self.pool.moments, ridges.weak, [ridges.w2s])
        weak = y - self.weak.residuals(ridges.weak)
        return Losses(weak, student, y - self.strong.residuals(ridges.strong))

    def losses(self, held_out: Losses) -> Losses:
        """(n,) squared errors of scores of held-out rows."""
        y = self.labels.values
        return Losses(*(np.sum((y - scores) ** 2, axis=1) for scores in held_out))

    def marks(self, held_out: Losses, metric: str) -> HeldOut | None:
        """Accuracy or AUROC of the scores; squared errors are no marks."""
        check_metric(metric, self.labels.task)
        if metric == METRICS[0]:
            return None
        return HeldOut(metric, held_out._asdict(), self.labels.values.argmax(axis=1))
