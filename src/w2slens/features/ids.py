"""Ids of rows: a column of a table, an array beside others, the rows of a store, or a file of them.

They are whole numbers or text. Text is compared to the letter; a number is equal to its digits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Id
from w2slens.features.address import address
from w2slens.features.id_files import STEP, Read, column_in, of_path, of_python, of_table
from w2slens.features.readers import Layout, names_file
from w2slens.features.saved import DatasetTable

ALSO = {"labels": "y"}
"""Other names of arguments."""

ARGUMENTS = ("weak", "strong", "y", "target", "groups", "features", "*")
"""What may be said to have ids: an input, or all others."""


@dataclass(frozen=True, eq=False)
class Ids:
    """The ids of the rows of one input."""

    argument: str
    read: Read
    rows: int | None = None  # how many there are to be

    def blocks(self) -> Iterator[Any]:
        """Go through the ids, `STEP` at a time; the last block is shorter."""
        row, held = 0, list[Any]()
        for array in self.read():
            held.append(self._valid(array, row))
            row += len(array)
            while sum(map(len, held)) >= STEP:
                joined = _joined(held)
                yield joined.slice(0, STEP)
                held = [joined.slice(STEP)]
        if self.rows is not None and row != self.rows:
            raise InputError(self.argument, f"has {self.rows:,} rows, and {row:,} ids of them")
        if sum(map(len, held)):
            yield _joined(held)

    def whole(self) -> Any:
        """Read all ids: int64, or text where one is text."""
        return _joined([pa.array([], pa.int64()), *self.blocks()])

    def _valid(self, array: Any, row: int) -> Any:
        """Take whole numbers as int64, all else as large_string, and refuse a missing id."""
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        kind = array.type
        if pa.types.is_integer(kind):
            found, missing = _whole_numbers(array), array.is_null()
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            found = array.cast(pa.large_string())
            missing = pc.or_(found.is_null(), pc.equal(pc.utf8_length(found), 0).fill_null(True))
        elif not pa.types.is_null(kind):
            raise InputError(
                "id", f"of {self.argument} is of type {kind}; ids are whole numbers or text"
            )
        else:
            found, missing = array.cast(pa.int64()), array.is_null()
        gaps = np.flatnonzero(np.asarray(missing))
        if len(gaps):
            raise InputError(
                self.argument,
                f"has no id at row {row + gaps[0]} (counted from 0); each row needs one",
            )
        return found


def _whole_numbers(array: Any) -> Any:
    """Take numbers as int64, or where one is too large, as a hash may be, as their digits."""
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        return array.cast(pa.large_string())


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Write both as text where one is."""
    if a.type == b.type:
        return a, b
    return a.cast(pa.large_string()), b.cast(pa.large_string())


def _joined(arrays: list[Any]) -> Any:
    arrays = [array for array in arrays if len(array)] or arrays[:1]
    if len({array.type for array in arrays}) > 1:
        arrays = [array.cast(pa.large_string()) for array in arrays]
    return pa.concat_arrays(arrays)


def column_of(id: Id, argument: str) -> str | None:
    """Return the column of an input that holds its ids, if one does."""
    told = _told(id, argument)
    return told if isinstance(told, str) and not names_file(told) else None


def ids_of(value: Any, argument: str, id: Id, rows: int, header: bool | None = None) -> Ids:
    """Find the ids of an input of so many rows.

    `header` says whether a first line that may be either names the column of ids.

    Raises
    ------
    InputError
        If the input has no such column, or no columns.
    """
    told = _told(id, argument)
    if told is None:
        raise InputError("id", f"names none for {argument}; give a column, or a file of its ids")
    return Ids(argument, _reader(value, argument, told, Layout(header, rows, text=True)), rows)


def _reader(value: Any, argument: str, told: Any, layout: Layout) -> Read:
    if isinstance(told, Path) or (isinstance(told, str) and names_file(told)):
        where = address(told)
        return of_path(where.path, where.key, argument, layout)
    if not isinstance(told, str):
        return lambda: of_python(told, argument)
    if isinstance(value, (str, Path)):
        return of_path(address(value).path, told, argument)
    if check.is_dataset(value):
        table = DatasetTable(getattr(value, "source", value), argument)
        column_in(table.schema, told, Path(table.name), argument)
        return lambda: of_table(table, told)
    column = _of_frame(value, told, argument)
    return lambda: of_python(column, argument)


def _told(id: Id, argument: str) -> Any:
    if not isinstance(id, Mapping):
        return id
    named = {ALSO.get(name, name): one for name, one in id.items()}
    for name in named:
        if not isinstance(name, str) or name.partition(".")[0] not in ARGUMENTS:
            listed = ", ".join(ARGUMENTS)
            raise InputError("id", f"is given of {name!r}; one of {listed} may have ids")
    return named.get(argument, named.get(argument.partition(".")[0], named.get("*")))


def _of_frame(value: Any, column: str, argument: str) -> Any:
    """Take a column of a table of pandas, or its index of that name."""
    if column in getattr(value, "columns", ()):
        return value[column]
    index = getattr(value, "index", None)
    if getattr(index, "name", None) == column:
        return index
    if not hasattr(value, "columns"):
        raise InputError(
            "id", f"is {column!r}, and {argument} has no columns; give id={{{argument!r}: its ids}}"
        )
    raise InputError(argument, f"has no column {column!r}, which is to hold its ids")
