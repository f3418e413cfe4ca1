"""Arrow tables as matrices: numeric columns side by side, or one column of vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.features.columns import matrix_of, picked, text_of

INDEX = "__index_level_"
"""Prefix of the columns in which pandas keeps an index without a name."""

LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary)
"""Types of a column of vectors, of one of numbers, and of one of classes."""


def fields_of(
    schema: Any, columns: str | None, argument: str, name: str, but: str | None = None
) -> list[Any]:
    """List the fields that are meant: none of ids, or of an index of pandas that is not named."""
    meant = {but, *([] if columns is None else columns.split(","))}
    index = index_of(schema) - meant
    fields = [field for field in schema if field.name not in index] or list(schema)
    names = [field.name for field in fields]
    return [fields[i] for i in picked(names, columns, name, argument, but)]


def index_of(schema: Any) -> set[str]:
    """Name the columns in which pandas keeps an index."""
    described = schema.pandas_metadata
    listed = described.get("index_columns", []) if isinstance(described, dict) else []
    told = {name for name in listed if isinstance(name, str)}
    return {name for name in schema.names if name in told or name.startswith(INDEX)}


def is_plain(fields: list[Any]) -> bool:
    """Whether each field is one column of numbers."""
    return all(_is(field.type, NUMBERS) for field in fields)


def is_text(fields: list[Any]) -> bool:
    """Whether the fields are one column of classes."""
    return len(fields) == 1 and _is(fields[0].type, TEXTS)


def text_column(table: Any) -> NDArray[Any]:
    """Return the one column of a table as text."""
    return text_of(table.to_pandas(ignore_metadata=True).iloc[:, 0])


def _is(kind: Any, kinds: tuple[Callable[[Any], bool], ...]) -> bool:
    return any(is_one(kind) for is_one in kinds)


def _stored(kind: Any) -> Any:
    """Return the type in which a type of `datasets`, as Array2D, is stored."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


@dataclass(frozen=True, eq=False)
class Columns:
    """Which columns of a table make a matrix.

    Raises
    ------
    InputError
        If one of them holds no numbers.
    """

    fields: list[Any]
    table: str  # its name
    argument: str

    def __post_init__(self) -> None:
        for field in self.fields:
            kind = _stored(field.type)
            while self.vectors and _is(kind, LISTS):
                kind = kind.value_type
            if not _is(kind, NUMBERS):
                raise InputError(
                    self.argument,
                    f"column {field.name!r} of {self.table} holds {field.type}; only numeric "
                    "columns, or one of vectors, can be read",
                )

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [field.name for field in self.fields]

    @cached_property
    def vectors(self) -> bool:
        """Whether it is one column of vectors, or of matrices that are read row after row."""
        return len(self.fields) == 1 and _is(_stored(self.fields[0].type), LISTS)

    def width(self, head: Any) -> int:
        """Count the coordinates, by the first row of a table."""
        return self.matrix(head.slice(0, 1)).shape[1] if self.vectors else len(self.fields)

    def matrix(self, table: Any) -> NDArray[Any]:
        """Return rows of a table as (rows, coordinates)."""
        if self.vectors:
            return self._flat(table.column(self.names[0]))
        return matrix_of(table.select(self.names).to_pandas(ignore_metadata=True))

    def _flat(self, column: Any) -> NDArray[Any]:
        """Lay out one vector a row, or one matrix."""
        rows = column.combine_chunks()
        rows = rows.storage if isinstance(rows, pa.ExtensionArray) else rows
        count = len(rows)
        while _is(rows.type, LISTS):
            lengths = pc.list_value_length(rows)
            if lengths.null_count:
                lacking = f"{self.table} lacks {lengths.null_count} of its vectors"
                raise InputError(self.argument, lacking)
            if len(lengths) and (np.asarray(lengths) != lengths[0].as_py()).any():
                raise InputError(self.argument, f"the vectors in {self.table} differ in length")
            rows = rows.flatten()
        return np.asarray(rows).reshape(count, -1 if count else 0)


class ArrowMatrix:
    """Columns of a table that is read when it is sliced: `read` takes a start and a stop."""

    def __init__(self, rows: int, columns: Columns, read: Callable[[int, int], Any]) -> None:
        self._columns, self._read = columns, read
        self.shape = rows, columns.width(read(0, 1)) if rows else 0

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        found = self._columns.matrix(self._read(start, max(start, stop)))
        if len(found) and found.shape[1] != self.shape[1]:
            raise InputError(
                self._columns.argument, f"the vectors in {self._columns.table} differ in length"
            )
        return found.reshape(-1, self.shape[1])
