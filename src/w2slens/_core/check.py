"""Arrays and numbers validated once, at the border; inside, they are trusted.

Every refusal is an `InputError` that names the argument, says what came and what was needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Index, Ridge, Task

ROLES = {"y": "labels"}
"""What arguments are called in a list of rows."""

CHECK_ROWS = 4096
"""Rows looked at together when an array is searched for NaN, so that no full-size mask is made."""


LARGEST_CLASS = 2.0**53
"""Beyond this, floating-point numbers no longer tell neighbouring integers apart."""

LARGEST_RIDGE = 1e100
"""A ridge beyond this overflows when it is multiplied by the number of rows."""


def plural(count: int, noun: str) -> str:
    """Write ``1 row``, ``2 rows``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def numeric(value: Any, argument: str) -> NDArray[Any]:
    """Return the value as an array of real numbers, of its own type and without a copy."""
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(argument, "is a masked array; fill or drop what is masked first")
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(argument, "has rows of different lengths") from None
    if array.dtype.kind not in "fiub":
        what = "text or objects" if array.dtype.kind in "OUSTM" else "numbers that are not real"
        raise InputError(
            argument, f"holds {what} (dtype {array.dtype}); an array of real numbers is needed"
        )
    return array


def all_finite(array: NDArray[Any]) -> bool:
    """Whether an array holds neither NaN nor infinity."""
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def finite(array: NDArray[Any], argument: str, first_row: int = 0) -> None:
    """Refuse NaN and infinity, saying how many and where the first is (0-based row, column)."""
    pieces = [array[i : i + CHECK_ROWS] for i in range(0, len(array), CHECK_ROWS)]
    if not all(map(all_finite, pieces)):
        refuse_infinite(pieces, argument, first_row)


def refuse_infinite(pieces: Iterable[Any], argument: str, first_row: int = 0) -> None:
    """Raise for the NaN and infinite values in consecutive pieces of one array."""
    count, where = 0, ""
    for piece in pieces:
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

    Returns
    -------
    (rows, coordinates) array of the input's own type.
    """
    array = numeric(value, argument)
    matrix_shape(array.shape, argument)
    finite(array, argument)
    if len(array) > 1 and all(
        bool((array[start : start + CHECK_ROWS] == array[0]).all())
        for start in range(0, len(array), CHECK_ROWS)
    ):
        refuse_constant(argument)
    return array


def refuse_constant(argument: str) -> None:
    """Raise for features in which no column varies."""
    raise InputError(
        argument, "is constant: no column varies over the rows, so there is nothing to learn from"
    )


def refuse_rounding(argument: str) -> None:
    """Raise for features that vary by no more than the rounding of their values."""
    raise InputError(
        argument,
        "has no column that varies by more than the rounding of its values; subtract the column "
        "means before storing it, scale it, or store it in a wider type",
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
        raise InputError(odd, f"the numbers of rows differ ({rows}); {hint}")
    return counts[0]


def task_of(array: NDArray[Any]) -> Task:
    """Take real labels as regression; ask where integers could be either."""
    if array.dtype.kind not in "iub":
        return "regression"
    raise InputError(
        "task",
        f"is missing and the labels are integers with {len(np.unique(array))} distinct values; are "
        "they classes (task classification) or numbers (task regression)?",
    )


def labels(
    value: Any, argument: str, task: Task
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Validate labels and write them as numbers to regress on.

    Returns
    -------
    targets
        (rows, outputs) float64: the labels, or one-hot columns in the order of `classes`.
    classes
        (outputs,) sorted class labels; None for regression.
    """
    array = numeric(value, argument)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.size == 0 or array.ndim not in (1, 2):
        raise InputError(
            argument, f"has shape {array.shape}; one row of labels an example is needed"
        )
    finite(array, argument)
    if task == "classification":
        return _one_hot(array, argument)
    targets = array.astype(np.float64).reshape(len(array), -1)
    if len(targets) > 1 and bool((targets == targets[0]).all()):
        raise InputError(argument, f"is constant ({targets[0].tolist()} in every row)")
    return targets, None


def _one_hot(array: NDArray[Any], argument: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
    if array.ndim != 1:
        raise InputError(
            argument,
            f"has shape {array.shape}; classification takes one integer class a row "
            "(several outputs are a regression)",
        )
    if array.dtype.kind == "f":
        if bool((array != np.round(array)).any()):
            raise InputError(argument, "holds fractions; classification takes integer classes")
        if bool((np.abs(array) > LARGEST_CLASS).any()):
            raise InputError(argument, "holds numbers too large to be classes")
        array = array.astype(np.int64)
    classes, codes = np.unique(array, return_inverse=True)
    if len(classes) < 2:
        raise InputError(argument, f"holds one class only ({classes[0]}); at least two are needed")
    return np.eye(len(classes))[codes], classes


def groups(value: Any, argument: str) -> Index:
    """Validate (rows,) whole numbers, one a group; number the groups from 0."""
    array = numeric(value, argument)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(
            argument,
            f"has shape {array.shape} and type {array.dtype}; one whole number a row is needed",
        )
    return np.asarray(np.unique(array, return_inverse=True)[1], dtype=np.intp)


def counts(value: int | Iterable[int], argument: str) -> tuple[int, ...]:
    """Validate a list of sample sizes: whole, positive, each once; a single number is a list."""
    single = isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)
    listed: list[Any] = [value] if single else list(value)  # type: ignore[arg-type]
    if not listed:
        raise InputError(argument, "is an empty list; give at least one sample size")
    sizes = tuple(whole(v, argument) for v in listed)
    if len(set(sizes)) < len(sizes):
        twice = next(size for size in sizes if sizes.count(size) > 1)
        raise InputError(argument, f"lists {twice:,} twice")
    return sizes


def _is_bool(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def whole(value: Any, argument: str, least: int = 1) -> int:
    """Validate one whole number of at least `least`."""
    if _is_bool(value) or not isinstance(value, Integral):
        raise InputError(argument, f"is {value!r}; a whole number is needed")
    if value < least:
        raise InputError(argument, f"is {int(value):,}; at least {least} is needed")
    return int(value)


def non_negative(value: Any, argument: str) -> float:
    """Validate one finite number of at least zero."""
    if _is_bool(value) or not isinstance(value, Real) or not 0 <= float(value) < np.inf:
        raise InputError(argument, f"is {value!r}; a finite number of at least 0 is needed")
    return float(value)


def ridge(value: Any, argument: str) -> Ridge:
    """Validate a ridge: a number ≥ 0, or ``"auto"``."""
    if isinstance(value, str):
        if value == "auto":
            return "auto"
        raise InputError(argument, f"is {value!r}; a number of at least 0 or 'auto' is needed")
    if non_negative(value, argument) > LARGEST_RIDGE:
        raise InputError(argument, f"is {value!r}; at most {LARGEST_RIDGE:g} is possible")
    return float(value)


def share(value: Any, argument: str) -> float:
    """Validate one number in (0, 1]."""
    if not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise InputError(argument, f"is {value!r}; a share in (0, 1] is needed")
    return float(value)


def choice(value: str, argument: str, options: Sequence[str]) -> None:
    """Refuse a word that is not among the options."""
    if value not in options:
        raise InputError(argument, f"is {value!r}; one of {', '.join(options)} is needed")
