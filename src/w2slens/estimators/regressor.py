"""`WeakToStrongRegressor`: numbers to predict, few of them known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.advise.fitting import Model
from w2slens.estimators import marks
from w2slens.estimators.base import Targets, WeakToStrong
from w2slens.estimators.columns import side


class WeakToStrongRegressor(RegressorMixin, WeakToStrong):
    """Semi-supervised regression: a strong model taught by labels, a weak teacher, and a pool.

    Rows whose target is NaN are the pool: the weak columns, fitted to the labels, teach the strong
    ones there. If they are fewer than the rows with labels, all rows are the pool.

    Parameters
    ----------
    weak, strong
        Columns of either side, as `sklearn.compose.ColumnTransformer` takes them: names, numbers,
        slices, masks, or a callable of X. None: all columns. The sides may share columns.
    teacher
        A regressor that learns the weak columns; its predictions of the labeled rows come from
        folds by which it was not taught. `sklearn.frozen.FrozenEstimator` keeps one as it is. None:
        the closed form, a ridge fit.
    student
        ``"auto"`` or a name of `w2slens.models.students` (`w2slens.train` says which): strong
        features in closed form. Or a regressor, which is fitted to what the teacher says of the
        pool.
    ridge_weak, ridge_strong
        λ of the closed forms, in the convention ``(1/n)‖y − Φθ‖² + λ‖θ‖²``, or ``"auto"``: chosen
        by leave-one-out on the labels.
    cv
        Folds for the teacher, as `sklearn.model_selection.check_cv` takes them.

    Attributes
    ----------
    student_
        `w2slens.Student`, which says what it is expected to err by; or the fitted regressor.
    teacher_
        `w2slens.models.probe.LinearProbe` of the weak side; or the fitted regressor.
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
    WeakToStrongClassifier : For classes.

    Notes
    -----
    A fitted estimator remembers its rows, for `dimensions_` and `forecast_`; a saved one does not:
    ask for them before.

    The same row twice and a row of weight 2 are the same to every fit, but not to what is chosen
    on the labels: leave-one-out leaves out one of the two rows. Weights that differ keep
    ``"auto"`` from the neighbours of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from w2slens import WeakToStrongRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((1000, 40))
    >>> y = X[:, 0] + 0.5 * rng.standard_normal(1000)
    >>> y[60:] = np.nan
    >>> model = WeakToStrongRegressor(weak=slice(0, 12), strong=slice(0, 30)).fit(X, y)
    >>> model.student_.name, model.dimensions_.d_w, model.predict(X[:5]).shape
    ('posterior', 12, (5,))
    """

    _flat: bool

    def _marked(self, y: Any) -> marks.Marked:
        return marks.of_numbers(y)

    def _targets(self, labels: NDArray[Any]) -> Targets:
        if not len(labels):
            raise InputError("y", "has a number in no row; those that are NaN have none")
        if len(labels) > 1 and bool((labels == labels[0]).all()):
            raise InputError("y", f"is constant ({labels[0].tolist()} in every labeled row)")
        self._flat = labels.ndim == 1
        return Targets(labels.reshape(len(labels), -1))

    def predict(self, X: Any) -> Array:
        """Predict new rows.

        Parameters
        ----------
        X
            (rows, columns) as in `fit`.

        Returns
        -------
        (rows,) or (rows, outputs), as the labels were.
        """
        X = self._read(X)
        if not isinstance(self._model, Model):
            return np.asarray(self._model.predict(side(X, self.strong_columns_)))
        found = self._model.said(self._seen(X, self._model))
        return found[:, 0] if self._flat else found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² on the rows that have a label."""
        X, labels, weights = self._known(X, y, sample_weight)
        return float(super().score(X, labels, weights))

    def __sklearn_tags__(self) -> Any:
        """Say what is taken."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
