"""The validated rows of teachers and a student, read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Id, Index, Task
from w2slens.experiments.components import cut_of
from w2slens.experiments.given import fingerprint, held_out, known_truth, named_teachers
from w2slens.experiments.said import NOTHING, Said
from w2slens.experiments.settings import Settings
from w2slens.experiments.split import Split
from w2slens.features.aligned import in_order, order_of
from w2slens.features.chosen import Chosen
from w2slens.features.ondisk import Stream, taken
from w2slens.features.reading import open_features, read_array, read_labels
from w2slens.moments import Moments
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.components import Axes


@dataclass(frozen=True, eq=False)
class Rows:
    """Validated rows of one or several teachers and a student, held in memory or mapped."""

    teachers: Mapping[str, NDArray[Any]]  # name → (rows, p_w) features in their own type
    strong: NDArray[Any]  # (rows, p_s)
    targets: Array  # (rows, k) labels, one-hot for classification
    truth: Array | None = None  # (rows, k) f* where it is known
    classes: NDArray[Any] | None = None  # (k,) class labels; None for regression
    groups: Index | None = None  # (rows,) numbers of the groups that no test block divides
    components: Mapping[str, Any] = field(default_factory=dict)  # side → what its components miss

    @classmethod
    def read(
        cls,
        weak: Any,
        strong: Any,
        y: Any,
        task: Task | None,
        *,
        target: Any = None,
        groups: Any = None,
        header: bool | None = None,
        id: Id = None,
        stream: Stream = "no",
    ) -> "Rows":
        """Read each input once, join them by ids or by position, and check that they fit together.

        With `stream`, features stay on disk: ``"yes"``, or ``"auto"`` where they are large.
        """
        told: dict[str, Any] = {"header": header, "id": id}
        named = named_teachers(weak)
        opened = {name: open_features(rows, argument, **told) for name, argument, rows in named}
        opened["strong"] = open_features(strong, "strong", **told)
        order = order_of(opened.values())
        sides = taken(opened, stream, order)
        right, teachers = sides["strong"], {name: sides[name] for name, _, _ in named}
        known: dict[str, Any] = {**told, "rows": len(right)}
        put = partial(in_order, order, id)
        targets, classes = check.labels(read_labels(y, "y", **known), "y", task)
        targets = put("y", y, targets)
        sizes = {argument: len(teachers[name]) for name, argument, _ in named}
        sizes |= {"strong": len(right), "y": len(targets)}
        truth = numbers = None
        if target is not None:
            truth = known_truth(read_array(target, "target", **known), classes)
            truth = put("target", target, truth)
            sizes["target"] = len(truth)
        if groups is not None:
            numbers = check.groups(read_labels(groups, "groups", **known), "groups")
            numbers = put("groups", groups, numbers)
            sizes["groups"] = len(numbers)
        check.same_rows(sizes)
        if truth is not None and truth.shape[1] != targets.shape[1]:
            raise InputError(
                "target",
                f"has {check.plural(truth.shape[1], 'column')}; the labels have "
                f"{check.plural(targets.shape[1], 'output')}"
                + (" (a column of probabilities a class)" if classes is not None else ""),
            )
        return cls(teachers, right, targets, truth, classes, numbers)

    def prepared(self, settings: Settings) -> tuple["Rows", Settings]:
        """Cut the features to components as asked, and settle what depends on the rows."""
        settings = replace(settings, test=held_out(settings.test, self.rows))
        settings.check_rows(self.rows, self.unused)
        return self._cut(settings), settings

    def _cut(self, settings: Settings) -> Self:
        """Project the sides on the components that are asked for."""
        sides: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        for name in ("strong", *self.teachers):
            sides[name] = self.side(name)
            cut = cut_of(sides[name], name, settings, partial(self._summary, name))
            if cut is not None:
                sides[name] = self._projected(sides[name], cut.axes)
                facts |= {name: cut.facts} if cut.facts else {}
        strong = sides.pop("strong")
        return replace(self, teachers=sides, strong=strong, components=facts)

    def _summary(self, name: str) -> tuple[Moments, str]:
        """Return moments of all rows, and the block in them that is a side."""
        return Moments.from_rows(features=self.side(name)), "features"

    def _projected(self, side: Any, axes: Axes) -> Any:
        return axes.scores(side)

    def trial(self, settings: Settings, number: int) -> tuple["Rows", Split]:
        """Return the rows of one trial, and which are for what."""
        test = int(settings.test)
        return self, Split.draw(self.rows, test, settings.seed, number, self.groups)

    def facts(self, settings: Settings) -> dict[str, Any]:
        """Return what a result says of its rows."""
        return {
            "scale": "raw" if self.truth is None else "excess",
            "rows": self.rows,
            "groups": None if self.groups is None else int(self.groups.max()) + 1,
            "outputs": self.targets.shape[1],
            "classes": None if self.classes is None else self.classes.tolist(),
            "teachers": list(self.teachers),
            **({"components": self.components} if self.components else {}),
        }

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of every array."""
        arrays = {f"weak.{name}": features for name, features in self.teachers.items()}
        arrays |= {"strong": self.strong, "labels": self.targets}
        optional = {"target": self.truth, "groups": self.groups}
        arrays |= {name: array for name, array in optional.items() if array is not None}
        return {name: fingerprint(array) for name, array in arrays.items()}

    @property
    def rows(self) -> int:
        """Number of examples."""
        return len(self.targets)

    @property
    def unused(self) -> int:
        """Most rows that a split leaves out, so that it divides no group."""
        return 0 if self.groups is None else int(np.bincount(self.groups).max()) - 1

    def widths(self, teachers: Sequence[str]) -> dict[str, int]:
        """Return the coordinates of some teachers and the student."""
        return {name: self.side(name).shape[1] for name in (*teachers, "strong")}

    def side(self, name: str) -> NDArray[Any]:
        """Return the features of a teacher, or of the student (``strong``)."""
        return self.strong if name == "strong" else self.teachers[name]

    def chosen(self, name: str, index: Index) -> NDArray[Any] | Chosen:
        """Take many rows of one side, which may be read whenever they are needed."""
        return self.side(name)[index]

    def noisy(self, levels: Sequence[float], rng: np.random.Generator) -> Array:
        """Return the labels at several levels of noise, side by side: (rows, levels · k).

        A level is the share of rows whose class becomes another one, all others being equally
        likely; in a regression the standard deviation of Gaussian noise, in those of each label
        column. The same draw serves all levels, so that they differ by the level alone.
        """
        if not any(levels):
            return np.tile(self.targets, len(levels)) if len(levels) > 1 else self.targets
        if self.classes is None:
            noise = rng.standard_normal(self.targets.shape) * self.targets.std(axis=0)
            return np.concatenate([self.targets + level * noise for level in levels], axis=1)
        k = self.targets.shape[1]
        lot = rng.random(self.rows)
        codes = self.targets.argmax(axis=1)
        others = (codes + rng.integers(1, k, self.rows)) % k
        return np.concatenate(
            [np.eye(k)[np.where(lot < level, others, codes)] for level in levels], axis=1
        )

    def gather(
        self,
        index: Index,
        into: Accumulator,
        sides: Sequence[str],
        labels: Array,
        said: Said = NOTHING,
    ) -> None:
        """Add rows to an accumulator, panel by panel: some feature blocks, `labels`, what is said.

        What linear teachers say of the rows is a block each.
        """
        for start in range(0, len(index), PANEL_ROWS):
            some = index[start : start + PANEL_ROWS]
            blocks = {name: self.side(name)[some] for name in sides}
            into.add({**blocks, **said.of(self.side, some), "label": labels[some]})

    def growth(
        self, split: Split, teachers: Sequence[str], labels: Array, said: Said = NOTHING
    ) -> Any:
        """Return the moments of the pools of a split, which grow from call to call.

        What is said may stand for the teachers' features, and does where that is less to multiply.
        """
        if said.saves(self.widths(teachers), labels.shape[1]):
            return Growth(self, split.pool, ["strong"], labels, said)
        return Growth(self, split.pool, ["strong", *teachers], labels)

    def moments(self, teacher: str) -> Moments:
        """Summarise ``weak``, ``strong`` and ``label`` (f* if known) of all rows."""
        label = self.targets if self.truth is None else self.truth
        return Moments.from_rows(weak=self.teachers[teacher], strong=self.strong, label=label)


class Growth:
    """The moments of a growing prefix of rows."""

    def __init__(
        self,
        rows: Rows,
        order: Callable[[int], Index],
        sides: Sequence[str],
        labels: Array,
        said: Said = NOTHING,
    ) -> None:
        self._rows, self._order, self._told = rows, order, (sides, labels, said)
        self._running = Accumulator()

    def to(self, size: int) -> Moments:
        """Grow to the first `size` rows of the order."""
        index = self._order(size)[self._running.count :]
        self._rows.gather(index, self._running, *self._told)
        return Moments.of(self._running)
