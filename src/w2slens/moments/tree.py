"""Moments of many ranges of rows merged pairwise in a fixed order, whenever each is there.

The digits of a sum depend on its order. Here it is that of a binary tree over the ranges: a range
is merged with its neighbour, the pair with the neighbouring pair, and so on, so that the sum is the
same to the last bit whoever computed the ranges and whichever came first.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.moments.moments import Moments
from w2slens.moments.saved import SAVED

Node = tuple[int, int]
"""Level, 0 for ranges, and place in the level."""


class Tree:
    """The sums of neighbouring ranges that are known so far.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((30, 2))
    >>> parts = [Moments.from_rows(weak=part) for part in np.split(rows, 3)]
    >>> one, other = Tree(3), Tree(3)
    >>> for place in (0, 1, 2):
    ...     one.add(place, parts[place])
    >>> for place in (2, 0, 1):
    ...     other.add(place, parts[place])
    >>> bool(np.array_equal(one.sum.scatter, other.sum.scatter))
    True
    """

    def __init__(self, leaves: int) -> None:
        self.sizes = [leaves]  # ranges, pairs, fours, …
        while self.sizes[-1] > 1:
            self.sizes.append(-(-self.sizes[-1] // 2))
        self.nodes: dict[Node, Moments] = {}

    def add(self, place: int, part: Moments) -> None:
        """Add the moments of one range; each comes once."""
        level = 0
        while self.sizes[level] > 1:
            sibling = place ^ 1
            if sibling < self.sizes[level]:
                other = self.nodes.pop((level, sibling), None)
                if other is None:
                    break
                part = other + part if sibling < place else part + other
            level, place = level + 1, place // 2
        self.nodes[level, place] = part

    @property
    def missing(self) -> list[int]:
        """List the ranges that are not summed yet."""
        known = {
            leaf
            for level, place in self.nodes
            for leaf in range(place << level, min((place + 1) << level, self.sizes[0]))
        }
        return [leaf for leaf in range(self.sizes[0]) if leaf not in known]

    @property
    def sum(self) -> Moments:
        """Return the moments of all ranges."""
        root = len(self.sizes) - 1, 0
        if root not in self.nodes:
            raise InputError("parts", f"lack {len(self.missing):,} of {self.sizes[0]:,}")
        return self.nodes[root]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the sums as plain arrays by name, for a file."""
        found: dict[str, NDArray[Any]] = {"leaves": np.array(self.sizes[0])}
        for (level, place), part in self.nodes.items():
            found |= {f"{level}.{place}.{name}": array for name, array in part.arrays().items()}
        return found

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Tree":
        """Read what `arrays` gave."""
        tree = cls(int(arrays["leaves"]))
        for level, place in _nodes(arrays):
            own = {name: arrays[f"{level}.{place}.{name}"] for name in SAVED}
            tree.nodes[level, place] = Moments.of_arrays(own)
        return tree


def _nodes(arrays: Mapping[str, Any]) -> Iterator[Node]:
    for name in arrays:
        if name.endswith(".count"):
            level, place, _ = name.split(".")
            yield int(level), int(place)
