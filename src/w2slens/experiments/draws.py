"""Fresh draws of a planted problem, in place of rows: every trial has its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.experiments.given import TEACHER, fingerprint
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import DRAWN, OPTIONS, Settings
from w2slens.experiments.split import Split
from w2slens.synthetic import Planted, Sample

TEST_DRAWN = 2000
"""Rows on which the models of a drawn trial are tested, unless asked otherwise."""

DRAW = 2
"""Entry of the seed of a trial's rows; its splits and its noise have others."""

DRAWN_ROWS = 512
"""Rows drawn from one seed."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Rows of a planted problem, drawn anew in every trial.

    Labels, pool and test rows are drawn apart, block by block, so that a smaller grid sees a part
    of the same rows.
    """

    planted: Any

    def __post_init__(self) -> None:
        if not isinstance(self.planted, Planted):
            kind = type(self.planted).__name__
            raise InputError("planted", f"is {kind}; a Planted problem is needed")

    @property
    def teachers(self) -> Mapping[str, Any]:
        """The one teacher."""
        return {TEACHER: self.planted}

    def prepared(self, settings: Settings) -> tuple["Draws", Settings]:
        """Settle the size of the test block; refuse settings that need rows of a user's."""
        for name, one in OPTIONS.items():
            if name not in DRAWN and getattr(settings, name) != one.default:
                raise InputError(name, "goes with rows; those of a population are drawn")
        test = TEST_DRAWN if settings.test is None else settings.test
        settings = replace(settings, test=check.whole(test, "test"), task="regression")
        settings.check_rows(settings.rows)
        return self, settings

    def trial(self, settings: Settings, number: int) -> tuple[Rows, Split]:
        """Draw the rows of one trial; return which are for what."""
        sizes = (int(settings.test), max(settings.n), max(settings.N))
        seeds = [[settings.seed, number, DRAW, part] for part in range(3)]
        parts = [self._draw(seed, size) for seed, size in zip(seeds, sizes, strict=True)]
        weak, strong, y, target = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        test, labels, pool = np.split(np.arange(len(y)), np.cumsum(sizes)[:-1])
        split = Split(test, np.concatenate([labels, pool[::-1]]))
        return Rows({TEACHER: weak}, strong, y, target), split

    def _draw(self, seed: list[int], size: int) -> Sample:
        """Draw the first rows of one part of a trial, whatever the number asked for."""
        blocks = [
            self.planted.draw(DRAWN_ROWS, np.random.default_rng([*seed, block]))
            for block in range(-(-size // DRAWN_ROWS))
        ]
        return Sample(*(np.concatenate(arrays)[:size] for arrays in zip(*blocks, strict=True)))

    def facts(self, settings: Settings) -> dict[str, Any]:
        """Return what a result says of its rows."""
        return {
            "scale": "excess",
            "rows": settings.rows,
            "outputs": self.planted.coef.shape[1],
            "classes": None,
            "teachers": [TEACHER],
            "drawn": {"law": self.planted.law, "noise": float(self.planted.noise)},
        }

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of the maps that define the problem."""
        names = ("weak_map", "strong_map", "coef")
        return {name: fingerprint(getattr(self.planted, name)) for name in names}
