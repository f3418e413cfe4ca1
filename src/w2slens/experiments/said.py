"""What linear teachers say of rows: enough of the weak features, where students only imitate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Index
from w2slens.models.probe import LinearProbe


@dataclass(frozen=True)
class Said:
    """A block of scores for each of several linear teachers.

    A student at a given ridge needs the cross-scatter of the strong features with its teacher's
    scores only: a few columns, where the weak features are many.
    """

    teachers: Mapping[str, tuple[str, LinearProbe]]  # name of the block → whose features, scored

    def of(
        self, side: Callable[[str], NDArray[Any]], some: Index | NDArray[np.bool_]
    ) -> dict[str, Array]:
        """Score some rows of the sides: block → (rows, outputs)."""
        found: dict[str, Array] = {}
        for name in dict.fromkeys(name for name, _ in self.teachers.values()):
            rows = side(name)[some].astype(np.float64)
            own = {block: probe for block, (whose, probe) in self.teachers.items() if whose == name}
            scores = LinearProbe.stack(list(own.values())).predict(rows)
            found |= dict(zip(own, np.split(scores, len(own), axis=1), strict=True))
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
