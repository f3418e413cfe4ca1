"""What every tracker offers: a run begins, its numbers, words and files come, it ends."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """Where runs are told of, one at a time: `tracker=` of whatever runs the protocol.

    `begin` comes before any trial, the others once all are done; `end` comes last, whatever
    happens. What `begin` raises stops the run; what the others raise is a warning, since the
    results are there by then.
    """

    def begin(self, title: str, settings: Mapping[str, Any]) -> None:
        """Begin a run; `settings` is ``Results.config``: everything that replays it."""

    def log(self, n: int, numbers: Mapping[str, float]) -> None:
        """Take the numbers of all cells of n labels, finite ones alone; n rises from call to call.

        Their names are those of the result's JSON, joined by slashes: ``risk/w2s/mean``. Where
        there are several N, ``N 2000/`` stands before, and where there are several curves the name
        of the curve before that.
        """

    def note(self, facts: Mapping[str, float | str]) -> None:
        """Take what is said of whole curves: dimensions, and the verdict in words."""

    def keep(self, files: Sequence[Path]) -> None:
        """Take the files of the result, where it has a folder."""

    def end(self, *, failed: bool) -> None:
        """End the run; `failed` where it was stopped."""
