"""The validated settings of a run: which cells, how many trials, on which rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Ridge
from w2slens.models.risks import CEILINGS

LEAST_LABELS_AUTO = 3
"""Leave-one-out needs at least this many labels."""

TEST_SHARE = 0.2
"""Share of the rows that is held out for testing unless asked otherwise."""

LOSSES = ("squared", "cross-entropy")
"""What probes minimise."""


class Setting(NamedTuple):
    """What is the same for all (n, N) of one curve."""

    teacher: str
    noise: float
    ridge_weak: Ridge
    ridge_strong: Ridge


@dataclass(frozen=True)
class Grid:
    """Validated settings of a run; the cells are the product of the lists.

    Attributes
    ----------
    n, N
        Numbers of labels and of pseudo-labels.
    trials
        Independent splits (or draws) of the rows.
    test
        Held-out rows.
    ridges_weak, ridges_strong
        Each a number or ``"auto"``.
    noise_levels
        Noise added to the training labels.
    ceiling
        Rows of the ceiling.
    seed
        Of all draws.
    loss
        By what probes are fitted: one of `LOSSES`.
    """

    n: tuple[int, ...]
    N: tuple[int, ...]
    trials: int
    test: int
    ridges_weak: tuple[Ridge, ...]
    ridges_strong: tuple[Ridge, ...]
    noise_levels: tuple[float, ...]
    ceiling: str
    seed: int
    loss: str = LOSSES[0]

    @classmethod
    def validated(
        cls,
        *,
        n: int | Iterable[int],
        N: int | Iterable[int],
        trials: int,
        test: int,
        ridge_weak: Ridge | Sequence[Ridge],
        ridge_strong: Ridge | Sequence[Ridge],
        noise_levels: Sequence[float] | None = None,
        classification: bool = False,
        ceiling: str,
        seed: int,
        loss: str = LOSSES[0],
    ) -> "Grid":
        """Check every setting by itself."""
        check.choice(ceiling, "ceiling", CEILINGS)
        check.choice(loss, "loss", LOSSES)
        if loss == "cross-entropy" and not classification:
            raise InputError("loss", f"is {loss!r}; it goes with task classification only")
        grid = cls(
            check.counts(n, "n"),
            check.counts(N, "N"),
            check.whole(trials, "trials"),
            test,
            _ridges(ridge_weak, "ridge_weak"),
            _ridges(ridge_strong, "ridge_strong"),
            _levels(noise_levels, 1.0 if classification else np.inf),
            ceiling,
            check.whole(seed, "seed", least=0),
            loss,
        )
        grid.check_ridges()
        return grid

    @property
    def rows(self) -> int:
        """Number of rows that the largest cell and the test block take."""
        return max(self.n) + max(self.N) + self.test

    @property
    def levels(self) -> int:
        """Number of noise levels."""
        return len(self.noise_levels)

    def settings(self, teachers: Iterable[str]) -> list[Setting]:
        """List all curves of the grid."""
        lists = (teachers, self.noise_levels, self.ridges_weak, self.ridges_strong)
        return [Setting(*values) for values in product(*lists)]

    def check_rows(self, rows: int, unused: int = 0) -> None:
        """Refuse a grid whose largest cell and test block do not fit into the rows.

        Parameters
        ----------
        rows
            How many there are.
        unused
            How many of them a split may have to leave out, so that it divides no group.
        """
        if self.rows + unused > rows:
            more = f", {unused:,} more for the largest group," if unused else ""
            raise InputError(
                "n",
                f"max n + max N + test = {max(self.n):,} + {max(self.N):,} + {self.test:,} = "
                f"{self.rows:,} rows are needed{more} and there are {rows:,}; lower one of them",
            )
        if "auto" in (*self.ridges_weak, *self.ridges_strong) and min(self.n) < LEAST_LABELS_AUTO:
            raise InputError(
                "n",
                f"is {min(self.n)}; ridge 'auto' (leave-one-out) needs at least "
                f"{LEAST_LABELS_AUTO} labels",
            )

    def check_ridges(self) -> None:
        """Refuse a cross-entropy without a penalty: it has no minimiser where classes separate."""
        given = {"ridge_weak": self.ridges_weak, "ridge_strong": self.ridges_strong}
        for argument, ridges in given.items():
            if self.loss == "cross-entropy" and 0 in ridges:
                raise InputError(
                    argument,
                    "is 0; a cross-entropy has no minimum where the classes can be separated: "
                    "give a small number as 1e-6, or 'auto'",
                )

    def to_dict(self) -> dict[str, Any]:
        """Return what replays the grid; a list of one ridge as the ridge."""
        return {
            "n": list(self.n),
            "N": list(self.N),
            "trials": self.trials,
            "test": self.test,
            "ridge_weak": _one_or_list(self.ridges_weak),
            "ridge_strong": _one_or_list(self.ridges_strong),
            "noise_levels": list(self.noise_levels),
            "ceiling": self.ceiling,
            "seed": self.seed,
            "loss": self.loss,
        }


def test_rows(test: int | float | None, rows: int) -> int:
    """Resolve the size of the test block: a count, a share, or the default share."""
    share = TEST_SHARE if test is None else test
    if not isinstance(share, (float, np.floating)):
        return check.whole(share, "test")
    if not 0 < share < 1:
        raise InputError("test", f"is {share!r}; a number of rows or a share below 1 is needed")
    return max(int(share * rows), 1)


test_rows.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name says


def _ridges(value: Ridge | Sequence[Ridge], argument: str) -> tuple[Ridge, ...]:
    """Validate one ridge or a list of different ones."""
    listed = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]
    ridges = tuple(check.ridge(one, argument) for one in listed)
    _check_list(ridges, argument, "ridge")
    return ridges


def _levels(value: Sequence[float] | None, limit: float) -> tuple[float, ...]:
    if value is None:
        return (0.0,)
    listed: list[Any] = [value] if np.ndim(value) == 0 else list(value)
    levels = tuple(check.non_negative(one, "noise_levels") for one in listed)
    _check_list(levels, "noise_levels", "noise level")
    if max(levels) >= limit:
        raise InputError(
            "noise_levels", f"holds {max(levels):g}; a share of flipped classes is below {limit:g}"
        )
    return levels


def _check_list(values: Sequence[Any], argument: str, noun: str) -> None:
    if not values:
        raise InputError(argument, f"is an empty list; give at least one {noun}")
    if len(set(values)) < len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise InputError(argument, f"lists {twice} twice")


def _one_or_list(values: Sequence[Ridge]) -> Ridge | list[Ridge]:
    return values[0] if len(values) == 1 else list(values)
