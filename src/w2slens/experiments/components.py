"""Principal components of rows as a run asks for them: of all rows, or of a sample of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens.experiments.settings import Settings
from w2slens.features.ondisk import Matrix, gathered
from w2slens.moments import Moments
from w2slens.moments.components import Axes

BLOCK = "features"
"""Name of the side in moments of its own."""


@dataclass(frozen=True, eq=False)
class Cut:
    """The axes on which a side is projected, and what a result says of them."""

    axes: Axes
    facts: dict[str, Any] | None  # of a sample: what it misses


def cut_of(
    side: Matrix, name: str, settings: Settings, whole: Callable[[], tuple[Moments, str]]
) -> Cut | None:
    """Find the axes of a side, of a teacher or ``strong``; None where it keeps all coordinates.

    `whole` gives the moments of all rows, and the block that is this side, where they are needed.
    """
    argument = f"components_{'strong' if name == 'strong' else 'weak'}"
    components = getattr(settings, argument)
    if components is None:
        return None
    size = settings.components_sample
    if size is None:
        return Cut(Axes.of(*whole(), components, argument), None)
    rows = check.whole(size, "components_sample", 2, len(side) // 2)
    drawn = np.random.default_rng(settings.seed).permutation(len(side))[: 2 * rows]
    parts = gathered(side, [np.sort(drawn[:rows]), np.sort(drawn[rows:])])
    seen, others = (Moments.from_rows(**{BLOCK: part}) for part in parts)
    axes = Axes.of(seen, BLOCK, components, argument)
    facts = {
        "kept": axes.vectors.shape[1],
        "variance_of_sample": axes.share(seen, BLOCK),
        "variance_of_others": axes.share(others, BLOCK),
    }
    return Cut(axes, facts)
