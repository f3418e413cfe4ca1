"""What linear teachers say of rows: enough of the weak features, where students only imitate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index
from w2slens.models.probe import LinearProbe


@dataclass(frozen=True, eq=False)
class Said:
    """A block of scores for each of several linear teachers.

    A student at a given ridge needs the cross-scatter of the strong features with its teacher's
    scores only: a few columns, where the weak features are many.
    """

    teachers: Mapping[str, tuple[str, LinearProbe]]  # name of the block → whose features, scored

    @cached_property
    def _by_side(self) -> dict[str, tuple[list[str], LinearProbe]]:
        """Side → its blocks, and the teachers that read it as one probe."""
        blocks: dict[str, list[str]] = {}
        for block, (side, _) in self.teachers.items():
            blocks.setdefault(side, []).append(block)
        return {
            side: (own, LinearProbe.stack([self.teachers[block][1] for block in own]))
            for side, own in blocks.items()
        }

    def of(
        self, side: Callable[[str], NDArray[Any]], some: Index | NDArray[np.bool_]
    ) -> dict[str, Array]:
        """Score some rows of the sides: block → (rows, outputs)."""
        found: dict[str, Array] = {}
        for name, (blocks, probe) in self._by_side.items():
            scores = probe.predict(side(name)[some].astype(np.float64))
            found |= dict(zip(blocks, np.split(scores, len(blocks), axis=1), strict=True))
        return found

    def saves(self, widths: Mapping[str, int], labels: int) -> bool:
        """Whether scores are less to multiply than features: `widths` of ``strong`` and teachers.

        A row costs the square of all coordinates in the Gram, and twice a coefficient a score.
        """
        if not self.teachers:
            return False
        scores = [widths[side] * probe.coef.shape[1] for side, probe in self.teachers.values()]
        columns = sum(probe.coef.shape[1] for _, probe in self.teachers.values())
        with_scores = (widths["strong"] + columns + labels) ** 2 + 2 * sum(scores)
        return bool(with_scores < (sum(widths.values()) + labels) ** 2)


NOTHING = Said({})
