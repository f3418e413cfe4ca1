"""Which pseudo-labels a student is taught, and when: pure functions of arrays.

Every choice is by the labels' order, ties by position, so that the same arrays give the same rows.
Filters discard what is unsure; whether that helps depends on the teacher: unsure labels may be the
ones that carry what it knows.
"""

from collections.abc import Callable

import numpy as np
from sklearn.neighbors import NearestNeighbors

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index

__all__ = ["admitted", "confident", "curriculum", "kept", "neighbours_agree"]

NEIGHBOURS = 10
"""Nearest others whose labels a label is compared with, where no number is given."""


def confident(soft: Array, share: float, *, balanced: bool = False) -> Index:
    """Rows of the most confident pseudo-labels, by their largest probability.

    Parameters
    ----------
    soft
        (rows, k) probabilities.
    share
        How many to keep, in (0, 1] of the rows; rounded, and at least one.
    balanced
        Keep the share of every predicted class by itself; otherwise classes of which the teacher is
        less sure become rare.

    Returns
    -------
    Index
        Positions, in their order.

    Raises
    ------
    InputError
        If `soft` is no matrix of finite numbers, or `share` no share.

    Examples
    --------
    >>> confident(np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]), 0.5)
    array([0, 2])
    """
    soft = _soft(soft)
    return _best(soft.max(axis=1), soft, share, balanced)


def neighbours_agree(
    features: Array, soft: Array, k: int, share: float, *, balanced: bool = False
) -> Index:
    """Rows whose pseudo-label is closest to the mean of its k nearest neighbours' labels.

    Closeness is ``½ Σ |ỹ − mean|``, of two classes the difference in probability (as in
    ``zeta_filter`` of github.com/EleutherAI/w2s). A row is no neighbour of its own. Of neighbours
    equally far, scikit-learn takes some, the same every time.

    Parameters
    ----------
    features
        (rows, p), compared by Euclidean distance; scale them first if columns differ in unit.
    soft
        (rows, classes) probabilities.
    k
        Number of neighbours, below the number of rows.
    share
        How many to keep, in (0, 1] of the rows; rounded, and at least one.
    balanced
        Keep the share of every predicted class by itself.

    Returns
    -------
    Index
        Positions, in their order.

    Raises
    ------
    InputError
        If arrays are no matrices of finite numbers or differ in rows, k is no number of other rows,
        or `share` no share.
    """
    soft = _soft(soft)
    rows = check.numeric(features, "features")
    check.matrix_shape(rows.shape, "features")
    check.finite(rows, "features")
    count = check.same_rows({"features": len(rows), "soft": len(soft)})
    if check.whole(k, "k") >= count:
        raise InputError("k", f"is {k:,}; {check.plural(count, 'row')} have {count - 1:,} others")
    near = NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False)
    mean = sum(soft[column] for column in near.T) / k  # (rows, classes), without (rows, k, classes)
    return _best(-np.abs(soft - mean).sum(axis=1) / 2, soft, share, balanced)


def curriculum(soft: Array) -> Index:
    """Order rows from the most confident pseudo-label to the least, for `admitted`.

    Parameters
    ----------
    soft
        (rows, k) probabilities.

    Returns
    -------
    Index
        (rows,) positions; equally confident ones in their order.

    Raises
    ------
    InputError
        If `soft` is no matrix of finite numbers.
    """
    return np.argsort(-_soft(soft).max(axis=1), kind="stable")


def admitted(order: Index, fraction: float, *, start: float = 0.3, full: float = 0.5) -> Index:
    """Rows that a curriculum has reached: ``start + (1 − start)·min(1, s/full)`` of them.

    Parameters
    ----------
    order
        (rows,) positions, the first to be taught first.
    fraction
        s, the share of the steps that is done, from 0 to 1.
    start
        Share of the rows at the first step, in (0, 1]; at least one row.
    full
        Share of the steps after which all rows are in, from 0 to 1.

    Returns
    -------
    Index
        The first ones of the order.

    Raises
    ------
    InputError
        If a share is none.

    Examples
    --------
    >>> admitted(np.array([2, 0, 3, 1]), 0.25, start=0.5)
    array([2, 0, 3])
    """
    check.share(start, "start")
    for name, value in (("fraction", fraction), ("full", full)):
        if check.non_negative(value, name) > 1:
            raise InputError(name, f"is {value!r}; a number from 0 to 1 is needed")
    grown = min(1.0, fraction / full) if full else 1.0
    return order[: _size(len(order), start + (1 - start) * grown)]


def kept(name: str, soft: Array, share: float, features: Callable[[], Array]) -> Index:
    """Apply a filter by its name, class by class.

    Parameters
    ----------
    name
        ``"confident"`` or ``"neighbours"``.
    soft
        (rows, k) probabilities.
    share
        How many of every predicted class to keep, in (0, 1].
    features
        Makes (rows, p) features; called only where the filter looks at them.

    Returns
    -------
    Index
        Positions, in their order.

    Raises
    ------
    InputError
        If there is no such filter, or it refuses what it is given.
    """
    check.choice(name, "filter", ("confident", "neighbours"))
    k = min(NEIGHBOURS, len(soft) - 1)
    if name == "confident" or k < 1:
        return confident(soft, share, balanced=True)
    return neighbours_agree(features(), soft, k, share, balanced=True)


def _soft(soft: Array) -> Array:
    array = check.numeric(soft, "soft")
    check.matrix_shape(array.shape, "soft")
    check.finite(array, "soft")
    return array.astype(np.float64, copy=False)


def _best(score: Array, soft: Array, share: float, balanced: bool) -> Index:
    """Positions of the highest scores, of all rows or of every predicted class."""
    check.share(share, "share")
    codes = soft.argmax(axis=1) if balanced else np.zeros(len(soft), np.intp)
    found = []
    for code in np.unique(codes):
        places = np.flatnonzero(codes == code)
        order = np.argsort(-score[places], kind="stable")
        found.append(places[order[: _size(len(places), share)]])
    return np.sort(np.concatenate(found))


def _size(rows: int, share: float) -> int:
    """Count a share of some rows, halves rounded up; at least one."""
    return max(int(share * rows + 0.5), 1)
