"""Teachers and students of scikit-learn: fitted, asked, and taught."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from w2slens._core.errors import InputError, first_line
from w2slens._core.types import Array
from w2slens.estimators.columns import some

WEIGHT = "sample_weight"

FOLDS = 5
"""Parts into which labeled rows are divided, as scikit-learn does where nothing is said."""


def is_foreign(model: Any) -> bool:
    """Whether it is a model of scikit-learn, rather than the name of one of ours."""
    return hasattr(model, "fit")


def refuse_unfit(model: Any, argument: str, *, classes: bool) -> None:
    """Refuse a model of the other task."""
    fits = is_classifier(model) if classes else is_regressor(model)
    if not is_foreign(model) or not fits:
        wanted = "classifier" if classes else "regressor"
        raise InputError(argument, f"is {model!r}; a {wanted} of scikit-learn is needed")


def weighing(model: Any) -> str | None:
    """Return the parameter of ``fit`` that takes weights of rows, if there is one."""
    if isinstance(model, Pipeline):
        if get_config()["enable_metadata_routing"]:
            return next(iter(model.get_metadata_routing().consumes("fit", [WEIGHT])), None)
        name, last = model.steps[-1]
        inner = weighing(last)
        return f"{name}__{inner}" if inner else None
    return WEIGHT if has_fit_parameter(model, WEIGHT) else None


def fitted(model: Any, rows: Any, y: NDArray[Any], weights: Array | None, argument: str) -> Any:
    """Fit a clone."""
    return clone(model).fit(rows, y, **_weights(model, weights, argument))


def _weights(model: Any, weights: Array | None, argument: str) -> dict[str, Array]:
    if weights is None:
        return {}
    name = weighing(model)
    if name is None:
        raise InputError(WEIGHT, f"was given and the {argument} {model!r} takes none")
    return {name: weights}


def said(model: Any, rows: Any, classes: NDArray[Any] | None) -> Array:
    """(rows, k) predictions of a fitted model; of classes their probabilities, or 0 and 1."""
    if classes is None:
        found = np.asarray(model.predict(rows), dtype=np.float64)
        return found.reshape(len(found), -1)
    if not hasattr(model, "predict_proba"):
        return np.asarray(np.equal.outer(np.asarray(model.predict(rows)), classes), dtype=float)
    found = np.asarray(model.predict_proba(rows), dtype=np.float64)
    if not set(classes.tolist()) & set(np.asarray(model.classes_).tolist()):
        told = ", ".join(map(str, np.asarray(model.classes_).tolist()[:3]))
        raise InputError("teacher", f"knows none of the classes of y; it says {told}, …")
    whole = np.zeros((len(found), len(classes)))
    places = {one: place for place, one in enumerate(classes.tolist())}
    for column, one in zip(found.T, np.asarray(model.classes_).tolist(), strict=True):
        if one in places:
            whole[:, places[one]] = column
    return whole


def cross_fitted(
    model: Any, rows: Any, y: NDArray[Any], weights: Array | None, cv: Any, trained: Any
) -> Array:
    """(n, k) what a teacher says of labeled rows by which it was not taught.

    A frozen one was taught by none.
    """
    classes = np.unique(y) if is_classifier(model) else None
    if isinstance(model, FrozenEstimator):
        return said(trained, rows, classes)
    whole, times = np.zeros_like(said(trained, rows, classes)), np.zeros(len(y), dtype=int)
    for kept, held in _folds(cv, rows, y, classes):
        heavy = None if weights is None else weights[kept]
        other = fitted(model, some(rows, kept), y[kept], heavy, "teacher")
        whole[held] += said(other, some(rows, held), classes)
        times[held] += 1
    if not times.all():
        raise InputError("cv", f"never holds labeled row {int(np.argmin(times))} out")
    return np.asarray(whole / times[:, None])


def _folds(cv: Any, rows: Any, y: NDArray[Any], classes: NDArray[Any] | None) -> Iterator[Any]:
    """Divide labeled rows, few of them into as many folds as there can be."""
    if cv is None:
        most = len(y) if classes is None else int(np.unique(y, return_counts=True)[1].max())
        cv = min(FOLDS, most)
    try:
        yield from check_cv(cv, y, classifier=classes is not None).split(rows, y)
    except ValueError as error:
        raise InputError(
            "cv", f"divides {len(y)} labeled rows badly ({first_line(error)})"
        ) from None


def taught(
    model: Any, rows: Any, pseudo: Array, classes: NDArray[Any] | None, weights: Array | None
) -> Any:
    """Fit a student to (N, k) pseudo-labels of the pool.

    A classifier that takes weights sees every row once a class, weighed by its probability: of a
    loss that is a sum over rows, this is the loss of soft labels. Any other sees the likeliest.
    """
    if classes is None:
        y = pseudo[:, 0] if pseudo.shape[1] == 1 else pseudo
        return fitted(model, rows, y, weights, "student")
    if weighing(model) is None:
        return fitted(model, rows, classes[pseudo.argmax(axis=1)], weights, "student")
    N, k = pseudo.shape
    soft = (pseudo if weights is None else pseudo * weights[:, None]).T.ravel()
    seen = np.flatnonzero(soft)
    again = some(rows, np.tile(np.arange(N), k)[seen])
    return fitted(model, again, np.repeat(classes, N)[seen], soft[seen], "student")
