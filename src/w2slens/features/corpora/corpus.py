"""What every collection of examples is: ids, labels, and a way to load one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["image", "text"]
KINDS = get_args(Kind)
"""What examples are."""


class BrokenExampleError(ValueError):
    """An example that cannot be read; `skip` leaves it out, else it stops the extraction."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """A sequence of images (uint8 arrays, height × width × 3) or texts (strings).

    Attributes
    ----------
    kind
        ``"image"`` or ``"text"``.
    ids
        By which a row of features is found again, one an example.
    load
        Position → the example; raises `BrokenExampleError` where it cannot be read.
    source
        Where the examples come from, as JSON types.
    labels
        (examples,), where they are known.
    target
        (examples,) f*, where it is known.
    groups
        (examples,) groups that no split may divide.
    """

    kind: Kind
    ids: Sequence[str]
    load: Callable[[int], Any]
    source: dict[str, Any]
    labels: NDArray[Any] | None = None
    target: NDArray[Any] | None = None
    groups: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.ids)

    def take(self, index: NDArray[np.intp]) -> Corpus:
        """Keep the examples of an index, in its order."""
        columns: dict[str, Any] = {name: values[index] for name, values in self.columns.items()}
        ids = [self.ids[i] for i in index]
        return replace(self, ids=ids, load=lambda i: self.load(int(index[i])), **columns)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """What is known of each example, by name: (examples,) each."""
        columns = {"labels": self.labels, "target": self.target, "groups": self.groups}
        return {name: values for name, values in columns.items() if values is not None}
