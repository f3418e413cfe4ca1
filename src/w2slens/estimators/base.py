"""What both estimators are: sides picked, a teacher, a student, and what is known of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import Array, Ridge
from w2slens.advise.fitting import Model, trained
from w2slens.advise.training import refuse_blind
from w2slens.advise.training_set import Ridges
from w2slens.estimators import foreign
from w2slens.estimators.black_box import by_name
from w2slens.estimators.columns import numbers, places, read, side, some, table
from w2slens.estimators.found import Found, Saved
from w2slens.estimators.marks import Marked
from w2slens.estimators.notebook import InNotebooks
from w2slens.estimators.order import Order
from w2slens.estimators.teaching import Teaching
from w2slens.forecasting.forecast import Forecast
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS


class Targets(NamedTuple):
    """Labels as numbers to regress on."""

    values: Array  # (n, k)
    classes: NDArray[Any] | None = None  # (k,)


class WeakToStrong(InNotebooks, BaseEstimator):
    """A strong model taught by labels, a weak teacher and unlabeled rows."""

    _classes = False  # whether labels are classes
    _found: Found | Saved
    _model: Any  # `Model`, or an estimator

    def __init__(
        self,
        *,
        weak: Any = None,
        strong: Any = None,
        teacher: Any = None,
        student: Any = "auto",
        ridge_weak: Ridge = "auto",
        ridge_strong: Ridge = "auto",
        cv: Any = None,
    ) -> None:
        self.weak = weak
        self.strong = strong
        self.teacher = teacher
        self.student = student
        self.ridge_weak = ridge_weak
        self.ridge_strong = ridge_strong
        self.cv = cv

    @one_thread
    def fit(self, X: Any, y: Any, sample_weight: Any = None, scores: Any = None) -> Self:
        """Train the student.

        Parameters
        ----------
        X
            (rows, columns): an array, a sparse matrix or a table with the columns of both sides.
        y
            (rows,) labels, or (rows, outputs) numbers; NaN or the class −1 marks a row of the pool.
        sample_weight
            (rows,) weights ≥ 0: of labels, and of rows of the pool.
        scores
            (rows,) or (rows, k) scores of a black-box teacher, which did not learn from these
            labels, or a table with one such teacher a column. They stand beside the weak columns,
            which may be none (``weak=[]``).

        Returns
        -------
        The estimator.

        Raises
        ------
        InputError
            If fewer than 3 rows have a label, or a parameter or an input is not what it is said to
            be here.
        """
        self._refuse_unable(scores)
        X = read(self, X, reset=True)
        marked = self._marked(y)
        check_consistent_length(X, marked.known)
        self.weak_columns_, self.strong_columns_ = self._sides(X, scores)
        given = self._gathered(X, marked, sample_weight, scores)
        if foreign.is_foreign(self.student):
            self._teach(given)
        else:
            self._train(given)
        self.teacher_ = given.closed.model.probe if given.teacher is None else given.teacher
        return self

    def _refuse_unable(self, scores: Any) -> None:
        """Refuse parameters that are none."""
        for name in ("teacher", "student"):
            model = getattr(self, name)
            if not isinstance(model, str) and not (name == "teacher" and model is None):
                foreign.refuse_unfit(model, name, classes=self._classes)
        if isinstance(self.teacher, str):
            raise InputError("teacher", f"is {self.teacher!r}; an estimator or None is needed")
        if isinstance(self.student, str):
            check.choice(self.student, "student", ("auto", *STUDENTS))
            refuse_blind(self.student, {} if scores is None else {"scores": scores})

    def _sides(self, X: Any, scores: Any) -> tuple[Any, Any]:
        weak, strong = places(X, self.weak, "weak"), places(X, self.strong, "strong")
        if not len(strong):
            raise InputError("strong", "picks no column; the student needs at least one")
        if not len(weak) and (scores is None or self.teacher is not None):
            raise InputError("weak", "picks no column; give some, or scores of a teacher alone")
        return weak, strong

    def _gathered(self, X: Any, marked: Marked, weights: Any, scores: Any) -> Teaching:
        """Put rows into the order of a training set."""
        order = Order.of(marked.known, weights, X)
        labels = marked.labels[np.searchsorted(np.flatnonzero(marked.known), order.labeled)]
        targets = self._targets(labels)
        rows = some(X, order.rows)
        return Teaching(
            side(rows, self.weak_columns_) if len(self.weak_columns_) else None,
            side(rows, self.strong_columns_),
            labels,
            *targets,
            order,
            by_name(scores, len(marked.known), order.rows),
            self.teacher,
            self.cv,
            Ridges(
                check.ridge(self.ridge_weak, "ridge_weak"),
                check.ridge(self.ridge_strong, "ridge_strong"),
            ),
        )

    def _train(self, given: Teaching) -> None:
        """Train a student of this library."""
        student = trained(given.rows, self.student, given.ridges)
        self._model, self._found = student.model, Found(given, student)

    def _teach(self, given: Teaching) -> None:
        """Train a student of scikit-learn on what the teacher says of the pool."""
        pool = some(given.strong, slice(given.n, None))
        self._model = foreign.taught(
            self.student, pool, given.pseudo_labels, given.classes, given.order.of_pool
        )
        self._found = Found(given, None)

    def _marked(self, y: Any) -> Marked:
        raise NotImplementedError

    def _targets(self, labels: NDArray[Any]) -> Targets:
        raise NotImplementedError

    def _read(self, X: Any) -> Any:
        """Take new rows."""
        check_is_fitted(self)
        return read(self, X, reset=False)

    def _seen(self, X: Any, model: Model) -> Array:
        """(rows, coordinates) what a student of this library looks at."""
        sides = {
            "weak": lambda: self._weak_side(X),
            "strong": lambda: numbers(side(X, self.strong_columns_)),
        }
        return np.concatenate([sides[name]() for name in model.widths], axis=1, dtype=np.float64)

    def _weak_side(self, X: Any) -> Array:
        columns = side(X, self.weak_columns_)
        if isinstance(self.teacher_, LinearProbe):
            return numbers(columns)
        return foreign.said(self.teacher_, columns, getattr(self, "classes_", None))

    @property
    def student_(self) -> Any:
        """The student, which says what it is expected to err by; or the estimator in its place."""
        check_is_fitted(self)
        return self._ask("student") if isinstance(self._model, Model) else self._model

    def _known(self, X: Any, y: Any, weights: Any) -> tuple[Any, NDArray[Any], Any]:
        """Take the rows that have a label."""
        marked = self._marked(y)
        X = table(X)
        X = X.tocsr() if hasattr(X, "tocsr") else X if hasattr(X, "iloc") else np.asarray(X)
        check_consistent_length(X, marked.known, weights)
        rows = np.flatnonzero(marked.known)
        if not len(rows):
            raise InputError("y", "has a label in no row, so there is nothing to score")
        return some(X, rows), marked.labels, None if weights is None else np.asarray(weights)[rows]

    @property
    def dimensions_(self) -> Dimensions:
        """Intrinsic dimensions of both sides over the pool; made when it is asked for."""
        found: Dimensions = self._ask("dimensions")
        return found

    @property
    def forecast_(self) -> Forecast:
        """Forecast of the closed forms of these rows; made when it is asked for."""
        found: Forecast = self._ask("forecast")
        return found

    def _ask(self, name: str) -> Any:
        """Find out, or lack the attribute: who looks at all attributes must not fail."""
        check_is_fitted(self)
        try:
            return self._found.of(name)
        except ValueError as error:
            raise AttributeError(f"{name}_: {error}") from error

    def __copy__(self) -> Self:
        """Share the rows: nothing changes them."""
        return self._with(self.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Share the rows, and copy all else."""
        found = vars(self).get("_found")
        memo[id(found)] = found
        return self._with(deepcopy(self.__dict__, memo))

    def _with(self, state: dict[str, Any]) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(state)
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Travel without the rows."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "_found" in state:
            state["_found"] = state["_found"].saved()
        return state

    def __sklearn_tags__(self) -> Any:
        """Say what is taken."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags
