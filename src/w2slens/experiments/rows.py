"""The validated rows of teachers and a student, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index, Task
from w2slens.features.reading import open_features, read_array
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.components import Components, principal
from w2slens.moments.moments import Moments

TEACHER = "weak"
"""Name of a teacher that was given none."""

RESERVED = ("strong", "label")
"""Blocks of moments that no teacher may be called."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Validated rows of one or several teachers and a student.

    Attributes
    ----------
    teachers
        Name → (rows, p_w) features in their own type.
    strong
        (rows, p_s) features.
    targets
        (rows, k) labels, one-hot for classification.
    truth
        (rows, k) f* where it is known, else None.
    classes
        (k,) class labels, None for regression.
    groups
        (rows,) numbers from 0 of the groups that the test block does not divide, if any.
    """

    teachers: Mapping[str, NDArray[Any]]
    strong: NDArray[Any]
    targets: Array
    truth: Array | None = None
    classes: NDArray[Any] | None = None
    groups: Index | None = None

    @classmethod
    def validated(
        cls,
        weak: Any,
        strong: Any,
        y: Any,
        target: Any,
        task: Task,
        *,
        groups: Any = None,
        components_weak: Components = None,
        components_strong: Components = None,
    ) -> "Pair":
        """Read each input once, check that they fit together, cut to components if asked."""
        check.choice(task, "task", ("regression", "classification"))
        teachers = {
            name: open_features(features, argument).read()
            for name, argument, features in _named(weak)
        }
        right = open_features(strong, "strong").read()
        targets, classes = check.labels(read_array(y, "y"), "y", task)
        sizes = {argument: len(teachers[name]) for name, argument, _ in _named(weak)}
        sizes |= {"strong": len(right), "y": len(targets)}
        truth = None
        if target is not None:
            truth, _ = check.labels(read_array(target, "target"), "target", "regression")
            truth = _as_probabilities(truth, classes)
            sizes["target"] = len(truth)
        numbers = None if groups is None else check.groups(read_array(groups, "groups"), "groups")
        if numbers is not None:
            sizes["groups"] = len(numbers)
        check.same_rows(sizes)
        if truth is not None and truth.shape[1] != targets.shape[1]:
            raise InputError(
                "target",
                f"has {check.plural(truth.shape[1], 'column')}; the labels have "
                f"{check.plural(targets.shape[1], 'output')}"
                + (" (a column of probabilities a class)" if classes is not None else ""),
            )
        teachers = {
            name: principal(features, components_weak, "components_weak")
            for name, features in teachers.items()
        }
        right = principal(right, components_strong, "components_strong")
        return cls(teachers, right, targets, truth, classes, numbers)

    @property
    def rows(self) -> int:
        """Number of examples."""
        return len(self.targets)

    @property
    def unused(self) -> int:
        """Most rows that a split leaves out, so that it divides no group."""
        return 0 if self.groups is None else int(np.bincount(self.groups).max()) - 1

    @property
    def outputs(self) -> int:
        """Number of label columns k."""
        return int(self.targets.shape[1])

    def side(self, name: str) -> NDArray[Any]:
        """Return the features of a teacher, or of the student (``strong``)."""
        return self.strong if name == "strong" else self.teachers[name]

    def noisy(self, levels: Sequence[float], rng: np.random.Generator) -> Array:
        """Return the labels at several levels of noise, side by side: (rows, levels · k).

        The same draw serves all levels, so that they differ by the level alone.

        Parameters
        ----------
        levels
            Classification: the share of rows whose class becomes another one, all others being
            equally likely. Regression: the standard deviation of Gaussian noise, in standard
            deviations of each label column.
        """
        if not any(levels):
            return np.tile(self.targets, len(levels)) if len(levels) > 1 else self.targets
        if self.classes is None:
            noise = rng.standard_normal(self.targets.shape) * self.targets.std(axis=0)
            return np.concatenate([self.targets + level * noise for level in levels], axis=1)
        k = self.outputs
        lot = rng.random(self.rows)
        codes = self.targets.argmax(axis=1)
        others = (codes + rng.integers(1, k, self.rows)) % k
        return np.concatenate(
            [np.eye(k)[np.where(lot < level, others, codes)] for level in levels], axis=1
        )

    def gather(self, index: Index, into: Accumulator, sides: Sequence[str], labels: Array) -> None:
        """Add rows of some feature blocks and of `labels` to an accumulator, panel by panel."""
        for start in range(0, len(index), PANEL_ROWS):
            some = index[start : start + PANEL_ROWS]
            blocks = {name: self.side(name)[some] for name in sides}
            into.add({**blocks, "label": labels[some]})

    def moments(self, teacher: str, parts: int) -> list[Moments]:
        """Moments of all rows of ``weak``, ``strong`` and ``label`` (f* if known).

        The rows are dealt to `parts` like cards.
        """
        label = self.targets if self.truth is None else self.truth
        weak, found = self.teachers[teacher], []
        for part in range(min(parts, len(label))):
            running = Accumulator()
            deal = slice(part, None, parts)
            running.add({"weak": weak[deal], "strong": self.strong[deal], "label": label[deal]})
            found.append(Moments.of(running))
        return found


def _as_probabilities(truth: Array, classes: NDArray[Any] | None) -> Array:
    """Read one column beside two classes a < b as E[class | x]: ``P(b) = (E − a)/(b − a)``."""
    if classes is None or len(classes) != 2 or truth.shape[1] != 1:
        return truth
    share = (truth - classes[0]) / (classes[1] - classes[0])
    if share.min() < 0 or share.max() > 1:
        raise InputError(
            "target",
            f"holds {truth.min():g} to {truth.max():g}; the mean of two classes lies between "
            f"{classes[0]} and {classes[1]}",
        )
    return np.hstack([1 - share, share])


def _named(weak: Any) -> list[tuple[str, str, Any]]:
    """List (name, argument as the user knows it, features) of one teacher or of several."""
    if not isinstance(weak, Mapping):
        return [(TEACHER, "weak", weak)]
    if not weak:
        raise InputError("weak", "names no teacher; give features or {name: features}")
    for name in weak:
        usable = isinstance(name, str) and name.strip() and name.isprintable()
        if not usable or name in RESERVED:
            raise InputError(
                "weak",
                f"names a teacher {name!r}; a line of printable text other than "
                f"{' and '.join(RESERVED)} is needed",
            )
    return [(name, f"weak.{name}", features) for name, features in weak.items()]
