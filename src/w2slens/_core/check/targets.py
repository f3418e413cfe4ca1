"""Labels as numbers to regress on, and groups of rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.check.arrays import finite, numeric, plain
from w2slens._core.check.scalars import plural
from w2slens._core.errors import InputError
from w2slens._core.types import Index, Task

LARGEST_CLASS = 2.0**53
"""Beyond this, floating-point numbers no longer tell neighbouring integers apart."""

MOST_ONE_HOT = 2**27
"""Entries of one-hot classes, 1 GB, above which hardly two rows of a class are a slip."""


def label_array(value: Any, argument: str) -> NDArray[Any]:
    """Return labels as an array of numbers, or of text: strings, or categories of any kind."""
    if isinstance(value, np.ma.MaskedArray):
        return numeric(value, argument)
    categories = str(getattr(value, "dtype", "")) == "category"
    array = plain(value, argument)
    if array.dtype.kind not in "OUST" and not categories:
        return numeric(array, argument)
    column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if column.ndim != 1:
        raise InputError(argument, f"is text of shape {array.shape}; one class a row is needed")
    listed = column.tolist()
    missing = [i for i, one in enumerate(listed) if one is None or one != one or one == ""]
    if missing:
        raise InputError(
            argument,
            f"lacks {plural(len(missing), 'label')}, the first at row {missing[0]} "
            "(counted from 0)",
        )
    if categories or all(isinstance(one, (str, bytes)) for one in listed):
        return np.array([one.decode() if isinstance(one, bytes) else str(one) for one in listed])
    return numeric(np.array(listed), argument)


def task_of(array: NDArray[Any]) -> Task:
    """Take real labels as regression, text as classes; ask where integers could be either."""
    if array.dtype.kind == "U":
        return "classification"
    if array.dtype.kind not in "iub":
        return "regression"
    raise InputError(
        "task",
        f"is missing and the labels are integers with {len(np.unique(array))} distinct values; are "
        "they classes (task classification) or numbers (task regression)?",
    )


def labels(
    value: Any, argument: str, task: Task | None
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Validate labels and write them as numbers to regress on.

    Returns (rows, outputs) float64, the labels or one-hot columns, and the (outputs,) sorted class
    labels in the order of the columns, None for regression.
    """
    array = label_array(value, argument)
    task = task or task_of(array)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.size == 0 or array.ndim not in (1, 2):
        raise InputError(
            argument, f"has shape {array.shape}; one row of labels an example is needed"
        )
    if array.dtype.kind == "U":
        if task == "regression":
            raise InputError(
                argument, f"is text ({str(array[0])!r} at row 0); a regression needs numbers"
            )
        return _one_hot(array, argument)
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
    n, k = len(array), len(classes)
    if 2 * k >= n and n * k > MOST_ONE_HOT:
        raise InputError(argument, f"holds {k:,} classes in {n:,} rows; is it a regression?")
    one_hot = np.zeros((n, k))
    one_hot[np.arange(n), codes] = 1
    return one_hot, classes


def groups(value: Any, argument: str) -> Index:
    """Validate (rows,) whole numbers or words, one a group; number the groups from 0."""
    array = label_array(value, argument)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "iuU":
        raise InputError(
            argument,
            f"has shape {array.shape} and type {array.dtype}; one whole number a row, or "
            "a word, is needed",
        )
    return np.asarray(np.unique(array, return_inverse=True)[1], dtype=np.intp)
