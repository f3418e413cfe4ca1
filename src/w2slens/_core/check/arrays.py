"""Arrays: real, finite, of one number of rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.check.foreign import as_numpy, densified, is_sparse
from w2slens._core.check.scalars import plural
from w2slens._core.errors import InputError, first_line

ROLES = {"y": "labels"}
"""What arguments are called in a list of rows."""

CHECK_ROWS = 4096
"""Rows looked at together when an array is searched for NaN, so that no full-size mask is made."""


def numeric(value: Any, argument: str) -> NDArray[Any]:
    """Return the value as an array of real numbers, of its own type and without a copy."""
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(argument, "is a masked array; fill or drop what is masked first")
    array = plain(value, argument)
    if array.dtype.kind not in "fiub":
        what = "text or objects" if array.dtype.kind in "OUSTM" else "numbers that are not real"
        raise InputError(
            argument, f"holds {what} (dtype {array.dtype}); an array of real numbers is needed"
        )
    return array


def plain(value: Any, argument: str) -> NDArray[Any]:
    """Return the value as an array of whatever it holds, sparse matrices made dense."""
    if is_sparse(value):
        rows = densified(value, argument)
        return rows[: rows.shape[0]]
    try:
        return np.asarray(as_numpy(value))
    except (ValueError, TypeError, RuntimeError) as error:
        ragged = "inhomogeneous" in str(error)
        reason = "has rows of different lengths" if ragged else f"is no array ({first_line(error)})"
        raise InputError(argument, reason) from None


def all_finite(array: NDArray[Any]) -> bool:
    """Whether an array holds neither NaN nor infinity."""
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def pieces(rows: Any) -> Iterator[Any]:
    """Take an array, or what is read when it is sliced, some rows at a time."""
    for start in range(0, int(rows.shape[0]), CHECK_ROWS):
        yield rows[start : start + CHECK_ROWS]


def finite(array: NDArray[Any], argument: str, first_row: int = 0) -> None:
    """Refuse NaN and infinity, saying how many and where the first is (0-based row, column)."""
    if not all(map(all_finite, pieces(array))):
        refuse_infinite(pieces(array), argument, first_row)


def refuse_infinite(parts: Iterable[Any], argument: str, first_row: int = 0) -> None:
    """Raise for the NaN and infinite values in consecutive parts of one array."""
    count, where = 0, ""
    for piece in parts:
        bad = ~np.isfinite(piece)
        if bad.any() and not count:
            row, *column = (int(i) for i in np.argwhere(bad)[0])
            where = f"row {row + first_row}" + (f", column {column[0]}" if column else "")
        count += int(bad.sum())
        first_row += len(bad)
    are = "is" if count == 1 else "are"
    raise InputError(
        argument,
        f"holds {plural(count, 'value')} that {are} NaN or infinite, the first at {where} "
        "(counted from 0); drop or impute them first",
    )


def matrix_shape(shape: Sequence[int], argument: str) -> None:
    """Refuse a shape that is not rows × coordinates with at least one of each."""
    if len(shape) != 2:
        hint = "; reshape a single coordinate to (rows, 1)" if len(shape) == 1 else ""
        raise InputError(
            argument,
            f"has {plural(len(shape), 'dimension')} (shape {tuple(shape)}); features are a "
            f"2-d array, rows × coordinates{hint}",
        )
    if 0 in shape:
        raise InputError(argument, f"is empty (shape {tuple(shape)})")


def features(value: Any, argument: str) -> NDArray[Any]:
    """Validate a feature matrix: 2-d, real, finite, not constant altogether.

    Single constant columns are normal (dead units) and stay.

    Returns (rows, coordinates) array of the input's own type.
    """
    array = numeric(value, argument)
    matrix_shape(array.shape, argument)
    finite(array, argument)
    if len(array) > 1 and all(bool((piece == array[0]).all()) for piece in pieces(array)):
        refuse_constant(argument)
    return array


def refuse_constant(argument: str) -> None:
    """Raise for features in which no column varies."""
    raise InputError(
        argument, "is constant: no column varies over the rows, so there is nothing to learn from"
    )


def same_rows(sizes: dict[str, int]) -> int:
    """Refuse arguments whose numbers of rows differ; return the common number."""
    counts = list(sizes.values())
    if len(set(counts)) > 1:
        odd = min(reversed(sizes), key=lambda name: counts.count(sizes[name]))
        rows = ", ".join(f"{ROLES.get(name, name)} {count:,}" for name, count in sizes.items())
        hint = "row i must be one example"
        if max(counts) - min(counts) == 1:
            hint += " (a header line of numbers counts as a row)"
        elif odd == "y" and sizes["y"] == min(counts):
            hint += "; labels of the first rows are enough for forecast, rank and train"
        raise InputError(odd, f"the numbers of rows differ ({rows}); {hint}")
    return counts[0]
