"""Which columns a side is made of, and their numbers."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.utils.validation import check_array, validate_data

from w2slens._core.errors import InputError, first_line
from w2slens._core.types import Array, Index


def read(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Take rows as they are where they are a table, else as an array; note or compare columns.

    Missing values are refused where numbers are needed (`numbers`): a foreign model may take them.
    """
    X = table(X)
    if hasattr(X, "iloc"):
        if X.ndim != 2:
            raise InputError("X", "is one column of a table; X.to_frame() makes a table of it")
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return X
    return validate_data(
        estimator,
        X,
        reset=reset,
        accept_sparse="csr",
        ensure_all_finite=False,
        ensure_min_samples=2 if reset else 1,
    )


def table(X: Any) -> Any:
    """Take a table of another library than pandas as one of pandas; leave what else there is."""
    return X if hasattr(X, "iloc") or not hasattr(X, "to_pandas") else X.to_pandas()


def places(X: Any, columns: Any, argument: str) -> Index:
    """Return the numbers of the columns that a selector of `ColumnTransformer` picks."""
    p = X.shape[1]
    if columns is None:
        return np.arange(p)
    # What it makes of the columns' own numbers.
    numbered = np.arange(p)[None]
    if hasattr(X, "iloc"):
        numbered = type(X)(numbered, columns=X.columns)
    try:
        asked = columns(X) if callable(columns) else columns
        asked = [asked] if isinstance(asked, (str, Integral)) else asked
        found = ColumnTransformer([("side", "passthrough", asked)]).fit_transform(numbered)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(argument, f"picks no columns of X ({first_line(error)})") from None
    return np.asarray(found).reshape(-1).astype(np.intp)


def side(X: Any, columns: Index) -> Any:
    """Pick columns, of all rows."""
    return X.iloc[:, columns] if hasattr(X, "iloc") else X[:, columns]


def some(X: Any, rows: Any) -> Any:
    """Pick rows."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def numbers(X: Any) -> Array:
    """Take a side as an array of floats, for closed forms."""
    # A table of sparse columns would be refused as sparse; it is an array like any other.
    whole = np.asarray(X) if hasattr(X, "sparse") else X
    dense = X.toarray() if hasattr(X, "toarray") else whole
    kept = [np.float64, np.float32]
    return np.asarray(check_array(dense, dtype=kept, order="C", input_name="X"))
