"""Columns of a table: those that names and patterns pick, as numbers or as text."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from w2slens._core.errors import InputError

SHOWN = 12
"""Names of columns that an error lists at most."""


def picked(
    names: Sequence[str], wanted: str | None, table: str, argument: str, but: str | None = None
) -> list[int]:
    """Return the places of the columns that ``w0,w1`` or ``w*`` names, each once, in that order.

    The column of ids, `but`, is taken where it is named in full only.
    """
    if but is not None and but not in names:
        raise InputError(argument, f"{table} has no column {but!r} of ids; it has {_listed(names)}")
    if wanted is None:
        return [i for i, name in enumerate(names) if name != but]
    found: dict[int, None] = {}
    for pattern in wanted.split(","):
        places = [i for i, name in enumerate(names) if name == pattern]
        if not places:
            matches = (name != but and fnmatchcase(name, pattern) for name in names)
            places = [i for i, matching in enumerate(matches) if matching]
        if not places:
            raise InputError(
                argument, f"{table} has no column {pattern!r}; it has {_listed(names)}"
            )
        found.update(dict.fromkeys(places))
    return list(found)


def the_one(names: Sequence[str], table: str, argument: str) -> str:
    """Return the only column of a table of ids."""
    if len(names) != 1:
        example = f"{table}:COLUMN ({_listed(names)})"
        raise InputError(
            argument, f"{table} holds {len(names)} columns; name the one of ids as {example}"
        )
    return names[0]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def numeric_columns(frame: pd.DataFrame, name: str, argument: str) -> pd.DataFrame:
    """Convert columns to numbers, refusing text with its place (rows counted from 0)."""
    if all(map(pd.api.types.is_numeric_dtype, frame.dtypes)):  # ten times faster than one by one
        return frame.set_axis(range(frame.shape[1]), axis=1)
    numeric = {}
    for position, label in enumerate(frame.columns):
        column = frame.iloc[:, position]
        numbers = pd.to_numeric(column, errors="coerce")
        text = column[numbers.isna() & column.notna()]
        if len(text):
            named = "" if str(label).isdigit() else f" ({str(label)!r})"
            raise InputError(
                argument,
                f"column {position}{named} of {name} holds text, first {text.iloc[0]!r} at row "
                f"{text.index[0]}; only numeric columns can be read",
            )
        numeric[position] = numbers
    return pd.DataFrame(numeric, index=frame.index)


def matrix_of(frame: pd.DataFrame) -> NDArray[Any]:
    """Return numeric columns as one array: of integers where all are, else of floats."""
    kinds = [kind for kind in frame.dtypes if isinstance(kind, np.dtype)]
    if len(kinds) == frame.shape[1] and len({kind.kind for kind in kinds}) <= 1:
        return frame.to_numpy()
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def is_text(column: pd.Series) -> bool:
    """Whether a column holds anything that is no number."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return False
    return bool((pd.to_numeric(column, errors="coerce").isna() & column.notna()).any())


def text_of(column: pd.Series) -> NDArray[Any]:
    """Return a column of classes as objects: text, and None where it is missing."""
    values = [None if gap else str(one) for one, gap in zip(column, column.isna(), strict=True)]
    return np.array(values, dtype=object)
