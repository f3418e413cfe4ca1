"""What decisions may be judged by: squared error, which theory predicts, or marks of classes.

Accuracy and the area under the ROC curve are measured only: on test rows in a run, by leave-one-out
where there are no others. Their error is that of a jackknife over blocks of rows, paired between
models, which err on the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Task

Metric = Literal["risk", "accuracy", "auroc"]
METRICS = get_args(Metric)

NAMES: Mapping[str, str] = {"risk": "risk", "accuracy": "accuracy", "auroc": "AUROC"}

BLOCKS = 20
"""Blocks of the jackknife."""


def check_metric(metric: str, task: Task | None) -> None:
    """Refuse an unknown metric, and marks of classes where there are none."""
    check.choice(metric, "metric", METRICS)
    if metric != "risk" and task == "regression":
        raise InputError("metric", f"is {metric!r}; it goes with task classification only")


def mark(metric: str, scores: Array, codes: NDArray[Any]) -> float:
    """Accuracy or area under the ROC curve of (m, k) scores of rows of classes `codes`."""
    return auroc(scores, codes) if metric == "auroc" else float(np.mean(scores.argmax(1) == codes))


def auroc(scores: Array, codes: NDArray[Any]) -> float:
    """Area under the ROC curve of (m, k) scores; nan where no class has a rival on these rows.

    Of more than two classes, the mean of each against the rest.
    """
    from sklearn.metrics import roc_auc_score

    k = scores.shape[1]
    present = [c for c in ([1] if k == 2 else range(k)) if 0 < np.sum(codes == c) < len(codes)]
    areas = [roc_auc_score(codes == c, scores[:, c]) for c in present]
    return float(np.mean(areas)) if areas else float("nan")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Marks of models on rows that none of them saw, the same rows for all."""

    metric: str
    scores: Mapping[str, Array]  # model → (n, k)
    codes: NDArray[Any]  # (n,)

    @cached_property
    def marks(self) -> dict[str, float]:
        """Model → its mark on all rows."""
        return {name: mark(self.metric, rows, self.codes) for name, rows in self.scores.items()}

    @cached_property
    def _without(self) -> dict[str, Array]:
        """Model → its mark without each block of rows."""
        block = np.arange(len(self.codes)) % BLOCKS
        kept = [block != b for b in range(min(BLOCKS, len(self.codes)))]
        return {
            name: np.array([mark(self.metric, rows[some], self.codes[some]) for some in kept])
            for name, rows in self.scores.items()
        }

    def error(self, model: str, rival: str | None = None) -> float:
        """Estimate the standard error of a mark, or of its difference to a rival's."""
        found = self._without[model] - (0.0 if rival is None else self._without[rival])
        return float(np.sqrt((len(found) - 1) * np.mean((found - found.mean()) ** 2)))

    def to_dict(self) -> dict[str, Any]:
        """Return the marks as JSON types."""
        marks = {n: {"mean": value, "se": self.error(n)} for n, value in self.marks.items()}
        return {"metric": self.metric, "by": "leave-one-out", **marks}
