"""The validated rows of a teacher–student pair, read once."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from w2slens import _check
from w2slens._check import Task
from w2slens._errors import InputError
from w2slens._linalg import Array
from w2slens.moments import PANEL_ROWS, Accumulator, Moments
from w2slens.sources import open_features, read_array
from w2slens.splits import Index


@dataclass(frozen=True, eq=False)
class Pair:
    """Validated rows of a teacher–student pair.

    Attributes
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features in their own types.
    targets
        (rows, k) labels, one-hot for classification.
    truth
        (rows, k) f* where it is known, else None.
    classes
        (k,) class labels, None for regression.
    """

    weak: NDArray[Any]
    strong: NDArray[Any]
    targets: Array
    truth: Array | None
    classes: NDArray[Any] | None

    @classmethod
    def validated(cls, weak: Any, strong: Any, y: Any, target: Any, task: Task) -> "Pair":
        """Read each input once and check that they fit together."""
        _check.choice(task, "task", ("regression", "classification"))
        left = open_features(weak, "weak").read()
        right = open_features(strong, "strong").read()
        targets, classes = _check.labels(read_array(y, "y"), "y", task)
        sizes = {"weak": len(left), "strong": len(right), "y": len(targets)}
        truth = None
        if target is not None:
            truth, _ = _check.labels(read_array(target, "target"), "target", "regression")
            sizes["target"] = len(truth)
        _check.same_rows(sizes)
        if truth is not None and truth.shape[1] != targets.shape[1]:
            raise InputError(
                "target",
                f"has {_check.plural(truth.shape[1], 'column')}; the labels have "
                f"{_check.plural(targets.shape[1], 'output')}"
                + (" (one column of class probabilities a class)" if classes is not None else ""),
            )
        return cls(left, right, targets, truth, classes)

    @property
    def rows(self) -> int:
        """Number of examples."""
        return len(self.targets)

    @property
    def outputs(self) -> int:
        """Number of label columns k."""
        return int(self.targets.shape[1])

    def gather(self, index: Index, into: Accumulator) -> None:
        """Add the rows of an index to an accumulator, a panel at a time."""
        for start in range(0, len(index), PANEL_ROWS):
            some = index[start : start + PANEL_ROWS]
            blocks = {"weak": self.weak[some], "strong": self.strong[some]}
            into.add({**blocks, "label": self.targets[some]})

    def moments(self, parts: int) -> list[Moments]:
        """Moments of all rows, dealt to `parts` like cards; the block ``label`` is f* if known."""
        label = self.targets if self.truth is None else self.truth
        found = []
        for part in range(min(parts, len(label))):
            running = Accumulator()
            deal = slice(part, None, parts)
            running.add(
                {"weak": self.weak[deal], "strong": self.strong[deal], "label": label[deal]}
            )
            found.append(running.result())
        return found
