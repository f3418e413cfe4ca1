"""What every collection of examples is: ids, labels, and a way to load one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


class BrokenExampleError(ValueError):
    """An example that cannot be read; `skip` leaves it out, else it stops the extraction."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """A sequence of images or texts.

    `kind`: ``"image"`` (uint8 arrays, height × width × 3) or ``"text"`` (strings); `ids`: a name
    for each example, by which a row of features is found again; `load`: position → the example;
    raises `BrokenExampleError` where it cannot be read; `source`: where the examples come from, as
    JSON types; `labels`: (examples,) labels, if there are any; `target`: (examples,) f*, where it
    is known; `groups`: (examples,) numbers of groups that no split may divide, if there are any.
    """

    kind: str
    ids: Sequence[str]
    load: Callable[[int], Any]
    source: dict[str, Any]
    labels: NDArray[Any] | None = None
    target: NDArray[Any] | None = None
    groups: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.ids)

    def take(self, index: NDArray[np.intp]) -> "Corpus":
        """Keep the examples of an index, in its order."""
        columns: dict[str, Any] = {
            name: None if values is None else values[index] for name, values in self.columns.items()
        }
        return replace(
            self,
            ids=[self.ids[i] for i in index],
            load=lambda i: self.load(int(index[i])),
            **columns,
        )

    @property
    def columns(self) -> dict[str, NDArray[Any] | None]:
        """What is known of each example, by name."""
        return {"labels": self.labels, "target": self.target, "groups": self.groups}
