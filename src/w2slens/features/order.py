"""Rows joined by their ids: in which order those of an input are those of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np
import pyarrow.compute as pc

from w2slens._core.errors import InputError
from w2slens._core.types import Index
from w2slens.features.ids import Ids, alike

ALIKE = "are read in one order: sort the files by their ids"
LABELED = "begin with the labeled rows, in the order of the labels: put these first in every file"
"""What to do about files that are in different orders."""


@dataclass(frozen=True, eq=False)
class Order:
    """The order that rows are put into: that of some ids, labeled rows first."""

    ids: Ids
    labels: Ids | None = None  # of the rows that come first, in their order

    def places(self, other: Ids) -> Index | None:
        """Return which row of an input comes where; None where they are in order already.

        Raises
        ------
        InputError
            If an id stands twice, or on one side only.
        """
        first = self._labeled
        if other is self.ids:
            return first
        known, given = alike(self._known, other.whole())
        if known.equals(given):
            return first
        _unique(other, given)
        found = pc.index_in(known, value_set=given)
        self._refuse_lacking(found, known, self.ids, other)
        self._refuse_lacking(pc.index_in(given, value_set=known), given, other, self.ids)
        places = np.asarray(found, np.intp)
        return places if first is None else places[first]

    def rows(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return which rows of the reference stand in some places."""
        order = self._labeled
        return tuple(places) if order is None else tuple(order[list(places)].tolist())

    def refuse_broken(self) -> None:
        """Refuse ids that are missing or stand twice.

        Raises
        ------
        InputError
            At the first such row, or where there are not as many as rows.
        """
        _ = self._known

    def refuse_other(self, other: Ids) -> None:
        """Refuse an input that is in another order, comparing ids chunk by chunk.

        Raises
        ------
        InputError
            At the first row whose ids differ.
        """
        if self.labels is not None:
            _refuse_difference(self.ids, self.labels, short=True)
        if other is not self.ids:
            _refuse_difference(self.ids, other)

    @cached_property
    def _known(self) -> Any:
        return _unique(self.ids, self.ids.whole())

    @cached_property
    def _labeled(self) -> Index | None:
        """Return the rows of the reference, the labeled ones first."""
        if self.labels is None:
            return None
        known, labeled = alike(self._known, _unique(self.labels, self.labels.whole()))
        found = pc.index_in(labeled, value_set=known)
        self._refuse_lacking(found, labeled, self.labels, self.ids)
        places = np.asarray(found, np.intp)
        rest = np.setdiff1d(np.arange(len(known)), places, assume_unique=True)
        order = np.concatenate([places, rest])
        return None if np.array_equal(order, np.arange(len(order))) else order

    @staticmethod
    def _refuse_lacking(found: Any, ids: Any, there: Ids, lacking: Ids) -> None:
        if found.null_count:
            row = int(np.flatnonzero(np.asarray(found.is_null()))[0])
            more = "" if found.null_count == 1 else f" and {found.null_count - 1:,} more"
            raise InputError(
                lacking.argument,
                f"lacks the id {ids[row].as_py()!r} of {there.argument} (row {row}, counted from "
                f"0){more}",
            )


def _unique(ids: Ids, listed: Any) -> Any:
    """Refuse an id that stands twice."""
    first = np.asarray(pc.index_in(listed, value_set=listed))
    again = np.flatnonzero(first != np.arange(len(first)))
    if len(again):
        row = int(again[0])
        raise InputError(
            ids.argument,
            f"has the id {listed[row].as_py()!r} twice, at rows {first[row]} and {row} (counted "
            "from 0); rows can be joined by ids that stand once each",
        )
    return listed


def _refuse_difference(one: Ids, other: Ids, *, short: bool = False) -> None:
    """Refuse ids in another order; `short` are those of labels, of the first rows alone."""
    start = 0
    for a, b in zip_longest(one.blocks(), other.blocks()):
        if b is None and short:
            return
        if a is None or b is None:
            longer, lacking = (one, other) if b is None else (other, one)
            raise InputError(lacking.argument, f"ends at row {start}; {longer.argument} goes on")
        left, right = alike(a, b)
        size = min(len(left), len(right))
        differs = np.flatnonzero(~np.asarray(pc.equal(left.slice(0, size), right.slice(0, size))))
        if len(differs):
            row = int(differs[0])
            raise InputError(
                other.argument,
                f"has the id {right[row].as_py()!r} at row {start + row} (counted from 0) where "
                f"{one.argument} has {left[row].as_py()!r}; features that stay on disk "
                + (LABELED if short else ALIKE),
            )
        if len(left) != len(right) and not (short and len(right) < len(left)):
            longer, lacking = (one, other) if len(left) > len(right) else (other, one)
            row = start + size
            raise InputError(lacking.argument, f"ends at row {row}; {longer.argument} goes on")
        start += size
