"""Which rows have labels: the others are marked by −1 among classes, by NaN among numbers."""

from typing import Any, NamedTuple, Never

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, column_or_1d

from w2slens._core.errors import InputError
from w2slens._core.types import Array

UNLABELED = -1
"""What stands in place of the class of a row without one."""


class Marked(NamedTuple):
    """(rows,) which rows have labels, and these, (n,) or (n, outputs), as scikit-learn has them."""

    known: NDArray[np.bool_]
    labels: NDArray[Any]


def given(y: Any) -> Any:
    """Refuse to go on without labels."""
    if y is None:
        raise InputError("y", "requires y to be passed, but the target y is None")
    return y


def of_numbers(y: Any) -> Marked:
    """Read (rows,) or (rows, outputs) numbers, NaN for rows without a label."""
    values: Array = check_array(
        given(y), ensure_2d=False, dtype=np.float64, ensure_all_finite="allow-nan", input_name="y"
    )
    missing = np.isnan(values).reshape(len(values), -1)
    known = np.asarray(~missing.any(axis=1))
    partly = np.flatnonzero(missing.any(axis=1) & ~missing.all(axis=1))
    if len(partly):
        raise InputError("y", f"has some outputs but not all at row {partly[0]} (counted from 0)")
    return Marked(known, values[known])


def of_classes(y: Any) -> Marked:
    """Read (rows,) classes, −1 for rows without one."""
    _refuse_missing(given(y))
    values = np.asarray(column_or_1d(y, warn=True))
    if values.dtype.kind == "O":
        whole = values.tolist()
        if str(UNLABELED) in [one for one in whole if isinstance(one, str)]:
            _refuse_text()
        known = np.array([not _unlabeled(one) for one in whole], dtype=bool)
        if pd.api.types.infer_dtype(values[known], skipna=False) in ("boolean", "integer"):
            return Marked(known, np.array(values[known].tolist()))
    elif values.dtype.kind in "US":
        known = np.ones(len(values), dtype=bool)
        if (values == str(UNLABELED)).any():
            _refuse_text()
    else:
        known = np.asarray(values != UNLABELED)
    return Marked(known, values[known])


def _refuse_text() -> Never:
    raise InputError(
        "y",
        "is text and holds '-1'; mark rows without a class by the number -1, in an array of dtype "
        "object",
    )


def _unlabeled(one: Any) -> bool:
    return not isinstance(one, str) and bool(one == UNLABELED)


def _refuse_missing(y: Any) -> None:
    absent = np.flatnonzero(pd.isna(y if hasattr(y, "dtype") else np.asarray(y)))
    if len(absent):
        raise InputError(
            "y", f"is missing at row {absent[0]} (counted from 0); mark rows without a class by -1"
        )
