"""`WeakToStrongClassifier`: classes to tell apart, few of them known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.advise.fitting import Model
from w2slens.estimators import foreign, marks
from w2slens.estimators.base import Targets, WeakToStrong
from w2slens.estimators.columns import side


def _knows_probabilities(estimator: Any) -> bool:
    student = vars(estimator).get("_model", estimator.student)
    return not foreign.is_foreign(student) or hasattr(student, "predict_proba")


class WeakToStrongClassifier(ClassifierMixin, WeakToStrong):
    """Semi-supervised classification: a strong model taught by labels, a weak teacher, and a pool.

    Rows whose class is −1 are the pool: the weak columns, fitted to the labels, teach the strong
    ones there. If they are fewer than the rows with labels, all rows are the pool. Classes of text
    go beside the number −1 in an array of dtype object; scikit-learn's stratified folds, which are
    what `GridSearchCV` makes of a number, sort classes and so need them to be numbers.

    Parameters
    ----------
    weak, strong
        Columns of either side, as `sklearn.compose.ColumnTransformer` takes them: names, numbers,
        slices, masks, or a callable of X. None: all columns. The sides may share columns.
    teacher
        A classifier that learns the weak columns; what it says of the labeled rows comes from
        folds by which it was not taught. `sklearn.frozen.FrozenEstimator` keeps one as it is. None:
        the closed form, least squares on one-hot classes.
    student
        ``"auto"`` or a name of `w2slens.models.students` (`w2slens.train` says which): strong
        features in closed form. Or a classifier, which is fitted to what the teacher says of the
        pool: to probabilities if it takes weights of rows, else to the likeliest class.
    ridge_weak, ridge_strong
        λ of the closed forms, in the convention ``(1/n)‖y − Φθ‖² + λ‖θ‖²``, or ``"auto"``: chosen
        by leave-one-out on the labels.
    cv
        Folds for the teacher, as `sklearn.model_selection.check_cv` takes them.

    Attributes
    ----------
    classes_
        (k,) classes.
    student_
        `w2slens.Student`, which says what it is expected to err by; or the fitted classifier.
    teacher_
        `w2slens.models.probe.LinearProbe` of the weak side; or the fitted classifier.
    dimensions_
        `w2slens.Dimensions` of both sides over the pool, made when it is asked for.
    forecast_
        `w2slens.Forecast` of risks, PGR and OPR of the closed forms, made when it is asked for.
    weak_columns_, strong_columns_
        Numbers of the columns.
    n_features_in_, feature_names_in_
        Columns of X.

    See Also
    --------
    w2slens.train : The same of arrays and files, without scikit-learn's conventions.
    WeakToStrongRegressor : For numbers; the notes there hold here.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> from w2slens import WeakToStrongClassifier
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> known = y.where(np.random.default_rng(0).random(len(y)) < 0.2, -1)
    >>> model = WeakToStrongClassifier(weak=["alcohol", "hue", "flavanoids"]).fit(X, known)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    _classes = True

    def _marked(self, y: Any) -> marks.Marked:
        return marks.of_classes(y)

    def _targets(self, labels: NDArray[Any]) -> Targets:
        if not len(labels):
            raise InputError("y", "has a class in no row; those marked by -1 have none")
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            rest = "two are needed, besides the -1 of rows without a class"
            raise InputError("y", f"holds one class only ({self.classes_[0]}); {rest}")
        return Targets(np.eye(len(self.classes_))[codes], self.classes_)

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the likeliest class of new rows.

        Parameters
        ----------
        X
            (rows, columns) as in `fit`.

        Returns
        -------
        (rows,) classes.
        """
        X = self._read(X)
        if not isinstance(self._model, Model):
            return np.asarray(self._model.predict(side(X, self.strong_columns_)))
        scores = self._model.probe.predict(self._seen(X, self._model))
        classes: NDArray[Any] = self.classes_[scores.argmax(axis=1)]
        return classes

    @available_if(_knows_probabilities)
    def predict_proba(self, X: Any) -> Array:
        """Give the probabilities of the classes of new rows.

        Of closed forms ``softmax(τ·scores)``, with the τ that serves leave-one-out best.

        Parameters
        ----------
        X
            (rows, columns) as in `fit`.

        Returns
        -------
        (rows, classes) in the order of `classes_`.
        """
        X = self._read(X)
        if not isinstance(self._model, Model):
            return foreign.said(self._model, side(X, self.strong_columns_), self.classes_)
        return self._model.said(self._seen(X, self._model))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy on the rows that have a class."""
        X, labels, weights = self._known(X, y, sample_weight)
        return float(super().score(X, labels, weights))
