"""`WeakToStrongRegressor` and `WeakToStrongClassifier`, as scikit-learn has its estimators."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    parametrize_with_checks,
)

import w2slens
from tests.laws import close
from w2slens import InputError, WeakToStrongClassifier, WeakToStrongRegressor, dimensions, train
from w2slens.models.students import STUDENTS
from w2slens.models.weighted import Turn

SIDES = {"weak": slice(0, 13), "strong": slice(13, 30)}
FIXED = {"ridge_weak": 0.1, "ridge_strong": 0.05}

LEFT_OUT = (
    "leave-one-out leaves out one of two equal rows, so that what is chosen by it is another for "
    "a row of weight 2, as in RidgeCV; with given ridges it holds (tested below)"
)
EXCEPTIONS = {
    "WeakToStrongRegressor": {
        "check_sample_weight_equivalence_on_dense_data": LEFT_OUT,
        "check_sample_weight_equivalence_on_sparse_data": LEFT_OUT,
    },
    "WeakToStrongClassifier": {
        "check_classifiers_classes": "its classes are -1 and 1; -1 marks a row without a class, as "
        "in SelfTrainingClassifier, which scikit-learn spares by name (other classes: tested below)"
    },
}


@parametrize_with_checks(
    [WeakToStrongRegressor(), WeakToStrongClassifier()],
    expected_failed_checks=lambda estimator: EXCEPTIONS[type(estimator).__name__],
)
def test_scikit_learns_conventions_hold(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some checks are about warnings, and catch theirs
        check(estimator)


@pytest.mark.parametrize("student", ["imitate", "labels"])
def test_with_given_ridges_a_weight_is_a_number_of_equal_rows(student):
    check_sample_weight_equivalence_on_dense_data(
        "WeakToStrongRegressor", WeakToStrongRegressor(student=student, **FIXED)
    )


def drawn(rows=300, n=60, seed=0):
    """Planted rows with labels here and there: X, y with NaN, all numbers, where labels are."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((rows, 5))
    weak = np.hstack([shared, rng.standard_normal((rows, 8))]) * 3 + 1
    strong = np.hstack([shared, rng.standard_normal((rows, 12))]) - 2
    f = 10 * (shared @ np.ones(5)) / 5**0.5 + 100
    y = f + 5 * rng.standard_normal(rows)
    known = np.zeros(rows, dtype=bool)
    known[rng.permutation(rows)[:n]] = True
    return np.hstack([weak, strong]), np.where(known, y, np.nan), y, known


def in_order(X, known):
    """Both sides as `train` takes them."""
    rows = np.concatenate([X[known], X[~known]])
    return tuple(np.ascontiguousarray(rows[:, columns]) for columns in SIDES.values())


def as_classes(y):
    return np.where(np.isnan(y), -1, np.digitize(y, [95, 105]))


@pytest.mark.parametrize("student", ["auto", *STUDENTS])
def test_rows_marked_by_nan_are_the_pool_of_train(student):
    X, y, _, known = drawn()
    model = WeakToStrongRegressor(**SIDES, student=student).fit(X, y)
    weak, strong = in_order(X, known)
    found = train(weak, strong, y[known], student=student)
    given = {"both": (strong, weak), "teacher": (weak, None)}.get(model.student_.name)
    rows, other = given or (strong, None)
    expected = found.predict(rows, weak=other)[:, 0]
    close(model.predict(np.concatenate([X[known], X[~known]])), expected, 1e-9)
    assert model.student_.to_dict() == found.to_dict()
    close(model.student_.pseudo_labels if found.pseudo_labels is not None else 0,
          found.pseudo_labels if found.pseudo_labels is not None else 0, 1e-12)  # fmt: skip


@pytest.mark.parametrize("words", [False, True])
def test_rows_marked_by_minus_one_are_the_pool_of_train(words):
    X, y, _, known = drawn()
    y = as_classes(y)
    if words:
        y = np.where(y == -1, -1, np.array(["low", "middle", "high"], dtype=object)[y])
    model = WeakToStrongClassifier(**SIDES).fit(X, y)
    labels = np.array(y[known].tolist())
    found = train(*in_order(X, known), labels, task="classification")
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    expected = found.probabilities(X[:, SIDES["strong"]])
    close(model.predict_proba(X), expected, 1e-9)
    assert (model.predict(X) == model.classes_[expected.argmax(axis=1)]).all()
    assert model.student_.to_dict() == found.to_dict()


def test_the_order_of_rows_does_not_matter():
    X, y, _, _ = drawn()
    order = np.random.default_rng(1).permutation(len(X))
    one, other = (WeakToStrongRegressor(**SIDES).fit(X[o], y[o]) for o in (slice(None), order))
    close(one.predict(X), other.predict(X), 1e-7)
    assert one.student_.name == other.student_.name
    y = as_classes(y)
    one, other = (WeakToStrongClassifier(**SIDES).fit(X[o], y[o]) for o in (slice(None), order))
    close(one.predict_proba(X), other.predict_proba(X), 1e-6)


def test_where_few_rows_lack_a_label_all_rows_are_the_pool():
    X, _, y, _ = drawn(rows=80)
    y[:7] = np.nan
    known = ~np.isnan(y)
    model = WeakToStrongRegressor(**SIDES, student="imitate").fit(X, y)
    weak, strong = X[:, SIDES["weak"]], X[:, SIDES["strong"]]
    again = (np.concatenate([side[known], side]) for side in (weak, strong))
    close(model.predict(X), train(*again, y[known], student="imitate").predict(strong)[:, 0], 1e-9)
    with pytest.raises(InputError, match="needs rows without labels"):
        WeakToStrongRegressor(**SIDES, student="neighbours").fit(X, y)


NAMES = [*(f"w{i}" for i in range(13)), *(f"s{i}" for i in range(17))]


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (list(range(13)), list(range(13, 30))),
        (np.arange(30) < 13, np.arange(30) >= 13),
        (NAMES[:13], slice("s0", "s16")),
        (make_column_selector("^w"), make_column_selector("^s")),
        (lambda X: [name for name in X if name[0] == "w"], lambda X: NAMES[13:]),
    ],
)
def test_columns_are_picked_as_a_column_transformer_does(weak, strong):
    X, y, _, _ = drawn()
    table = pd.DataFrame(X, columns=NAMES)
    model = WeakToStrongRegressor(weak=weak, strong=strong).fit(table, y)
    assert model.weak_columns_.tolist() == list(range(13))
    assert model.feature_names_in_.tolist() == NAMES
    close(model.predict(table), WeakToStrongRegressor(**SIDES).fit(X, y).predict(X), 1e-12)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[NAMES[::-1]])


def test_sparse_rows_are_the_dense_ones():
    X, y, _, _ = drawn()
    model = WeakToStrongRegressor(**SIDES).fit(sparse.csr_array(X), y)
    close(model.predict(sparse.csc_array(X)), WeakToStrongRegressor(**SIDES).fit(X, y).predict(X))


def test_a_teacher_of_scikit_learn_is_scores_from_other_folds():
    X, y, _, known = drawn()
    forest, folds = RandomForestRegressor(20, random_state=0), KFold(4)
    model = WeakToStrongRegressor(**SIDES, teacher=forest, cv=folds).fit(X, y)
    weak, strong = in_order(X, known)
    teacher = clone(forest).fit(weak[:60], y[known])
    held = cross_val_predict(forest, weak[:60], y[known], cv=folds)
    scores = np.concatenate([held, teacher.predict(weak[60:])])[:, None]
    found = train(scores, strong, y[known])
    close(model.predict(X), found.predict(X[:, SIDES["strong"]])[:, 0], 1e-9)
    close(model.teacher_.predict(weak), teacher.predict(weak), 1e-12)
    assert model.dimensions_.d_w == 1
    both = WeakToStrongRegressor(**SIDES, teacher=forest, student="both", cv=folds).fit(X, y)
    by_hand = train(scores, strong, y[known], student="both")
    seen = X[:, SIDES["strong"]], teacher.predict(X[:, SIDES["weak"]])[:, None]
    close(both.predict(X), by_hand.predict(seen[0], weak=seen[1])[:, 0], 1e-9)


def test_a_student_of_scikit_learn_learns_what_the_teacher_says():
    X, y, _, known = drawn()
    weak, strong = in_order(X, known)
    closed = train(weak, strong, y[known], student="teacher")
    model = WeakToStrongRegressor(**SIDES, student=Ridge(3)).fit(X, y)
    by_hand = Ridge(3).fit(strong[60:], closed.predict(weak[60:])[:, 0])
    close(model.predict(X), by_hand.predict(X[:, SIDES["strong"]]), 1e-9)
    close(model.teacher_.predict(weak), closed.predict(weak), 1e-9)
    forest = RandomForestRegressor(20, random_state=0)
    model = WeakToStrongRegressor(**SIDES, teacher=forest, student=Ridge(3)).fit(X, y)
    said = clone(forest).fit(weak[:60], y[known]).predict(weak[60:])
    close(model.predict(X), Ridge(3).fit(strong[60:], said).predict(X[:, SIDES["strong"]]), 1e-9)
    assert model.forecast_.opr > 0


def test_a_student_that_takes_weights_learns_probabilities():
    """At its best, a logistic fit's residuals to soft labels are orthogonal to the features."""
    X, y, _, known = drawn()
    y = as_classes(y)
    weak, strong = in_order(X, known)
    inner = make_pipeline(StandardScaler(), LogisticRegression(C=1e6, tol=1e-10, max_iter=5000))
    model = WeakToStrongClassifier(**SIDES, student=inner).fit(X, y)
    closed = train(weak, strong, y[known], student="teacher", task="classification")
    soft = closed.probabilities(weak[60:])
    scaled = model.student_[0].transform(strong[60:])
    missed = model.student_.predict_proba(strong[60:]) - soft
    assert np.abs(missed.sum(axis=0)).max() < 1e-3
    assert np.abs(scaled.T @ missed).max() < 1e-3
    with config_context(enable_metadata_routing=True):
        asks = LogisticRegression(C=1e6, tol=1e-10, max_iter=5000)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        routed = make_pipeline(scaler, asks.set_fit_request(sample_weight=True))
        again = WeakToStrongClassifier(**SIDES, student=routed).fit(X, y)
        close(again.predict_proba(X), model.predict_proba(X), 1e-6)
    near = WeakToStrongClassifier(**SIDES, student=KNeighborsClassifier(5)).fit(X, y)
    hard = KNeighborsClassifier(5).fit(strong[60:], soft.argmax(axis=1))
    assert (near.predict(X) == hard.predict(X[:, SIDES["strong"]])).all()


def test_probabilities_are_offered_where_the_student_has_them():
    X, y, _, _ = drawn()
    y = as_classes(y)
    model = WeakToStrongClassifier(**SIDES, student=LinearSVC(), teacher=LinearSVC())
    assert not hasattr(model, "predict_proba")
    assert model.fit(X, y).score(X, y) > 0.5
    assert not hasattr(model, "predict_proba")
    forest = RandomForestClassifier(20, random_state=0)
    found = WeakToStrongClassifier(**SIDES, student=forest).fit(X, y).predict_proba(X)
    close(found.sum(axis=1), np.ones(len(X)), 1e-12)


def test_a_frozen_teacher_keeps_what_it_learnt_elsewhere():
    X, y, whole, known = drawn()
    taught = Ridge().fit(X[:, SIDES["weak"]], whole)
    model = WeakToStrongRegressor(**SIDES, teacher=FrozenEstimator(taught)).fit(X, y)
    weak, strong = in_order(X, known)
    found = train(taught.predict(weak)[:, None], strong, y[known])
    close(model.predict(X), found.predict(X[:, SIDES["strong"]])[:, 0], 1e-9)


def test_scores_of_black_boxes_stand_beside_the_weak_columns_or_alone():
    X, y, whole, known = drawn()
    scores = whole + np.random.default_rng(1).standard_normal(len(X))
    weak, strong = in_order(X, known)
    by_hand = np.concatenate([scores[known], scores[~known]])
    for columns, features in ((SIDES["weak"], weak), ([], None)):
        model = WeakToStrongRegressor(weak=columns, strong=SIDES["strong"])
        found = train(features, strong, y[known], scores={"box": by_hand})
        expected = found.predict(X[:, SIDES["strong"]])[:, 0]
        close(model.fit(X, y, scores=scores).predict(X), expected, 1e-9)
        named = pd.DataFrame({"box": scores})
        close(model.fit(X, y, scores=named).predict(X), expected, 1e-9)
        assert model.student_.facts["scores"] == ["box"]


def test_scores_and_weights_are_routed_through_pipelines_and_searches():
    X, y, whole, _ = drawn()
    scores, weights = whole + np.arange(len(X)) % 3, 1.0 + np.arange(len(X)) % 2
    with config_context(enable_metadata_routing=True):
        asks = WeakToStrongRegressor(**SIDES).set_fit_request(scores=True, sample_weight=True)
        line = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asks)
        line.fit(X, y, scores=scores, sample_weight=weights)
        rows = StandardScaler().fit_transform(X)
        alone = WeakToStrongRegressor(**SIDES).fit(rows, y, weights, scores)
        close(line.predict(X), alone.predict(rows), 1e-10)
        asks.set_score_request(sample_weight=False)
        folds = KFold(3, shuffle=True, random_state=0)
        search = GridSearchCV(asks, {"student": ["labels", "imitate", "posterior"]}, cv=folds)
        search.fit(X, y, scores=scores, sample_weight=weights)
        assert search.best_params_["student"] == "posterior"
        train_rows, held = next(folds.split(X))
        one = clone(asks).set_params(student="imitate")
        one.fit(X[train_rows], y[train_rows], weights[train_rows], scores[train_rows])
        expected = one.score(X[held], y[held])
        close(search.cv_results_["split0_test_score"][1], expected, 1e-9)


@pytest.mark.parametrize("student", ["labels", "teacher"])
def test_weighted_fits_are_those_of_scikit_learn(student):
    X, y, _, known = drawn()
    weights = np.random.default_rng(0).uniform(0.2, 3, len(X))
    model = WeakToStrongRegressor(**SIDES, student=student, **FIXED).fit(X, y, weights)
    side, ridge = (SIDES["weak"], 0.1) if student == "teacher" else (SIDES["strong"], 0.05)
    fit = Ridge(ridge * weights[known].sum()).fit(X[known, side], y[known], weights[known])
    close(model.predict(X), fit.predict(X[:, side]), 1e-9)


def test_weights_of_the_pool_are_weights_of_pseudo_labels():
    X, y, _, known = drawn()
    weights = np.where(known, 1.0, np.random.default_rng(0).uniform(0.2, 3, len(X)))
    model = WeakToStrongRegressor(**SIDES, student="imitate", **FIXED).fit(X, y, weights)
    said = model.teacher_.predict(X[~known, SIDES["weak"]])[:, 0]
    fit = Ridge(0.05 * weights[~known].sum()).fit(X[~known, SIDES["strong"]], said, weights[~known])
    close(model.predict(X), fit.predict(X[:, SIDES["strong"]]), 1e-9)


@pytest.mark.parametrize("kind", [WeakToStrongRegressor, WeakToStrongClassifier])
def test_equal_weights_change_nothing_and_rows_of_none_are_not_there(kind):
    X, y, _, _ = drawn()
    y = y if kind is WeakToStrongRegressor else as_classes(y)
    says = "predict" if kind is WeakToStrongRegressor else "predict_proba"
    plain, equal = kind(**SIDES).fit(X, y), kind(**SIDES).fit(X, y, np.full(len(X), 7.0))
    close(getattr(equal, says)(X), getattr(plain, says)(X), 1e-12)
    there = np.arange(len(X)) % 3 > 0
    gone, without = kind(**SIDES).fit(X, y, there.astype(float)), kind(**SIDES)
    without.fit(X[there], y[there])
    close(getattr(gone, says)(X), getattr(without, says)(X), 1e-12)


def test_weighted_labels_help_where_they_say_how_noisy_labels_are():
    """Half the labels have ten times the noise; over 8 draws the paired gain is beyond chance."""
    gains = []
    for seed in range(8):
        X, y, whole, _ = drawn(rows=400, n=80, seed=seed)
        rng = np.random.default_rng(seed)
        noisy = rng.random(len(X)) < 0.5
        y = y + np.where(noisy, 50 * rng.standard_normal(len(X)), 0)
        risks = []
        for weights in (None, np.where(noisy, 0.01, 1.0)):
            model = WeakToStrongRegressor(**SIDES).fit(X[:300], y[:300], weights if weights is None
                                                       else weights[:300])  # fmt: skip
            risks.append(np.mean((model.predict(X[300:]) - whole[300:]) ** 2))
        gains.append(risks[0] - risks[1])
    assert np.mean(gains) > 3 * np.std(gains, ddof=1) / len(gains) ** 0.5


def test_turned_rows_have_weighted_moments_and_turn_back():
    rng = np.random.default_rng(0)
    rows, weights = rng.standard_normal((50, 4)), rng.uniform(0.1, 5, 50)
    turn = Turn.of(weights)
    found = turn.turned(rows)
    close(found.mean(axis=0), np.average(rows, axis=0, weights=weights), 1e-12)
    close(np.cov(found.T, bias=True), np.cov(rows.T, aweights=weights, bias=True), 1e-12)
    close(turn.back(found), rows, 1e-12)
    close(turn.turned(np.ones((50, 1))), np.ones((50, 1)), 1e-12)
    assert Turn.of(np.full(9, 3.0)) is None


def test_several_outputs_are_learnt_together():
    X, y, _, known = drawn()
    Y = np.column_stack([y, -y + X[:, 0]])
    model = WeakToStrongRegressor(**SIDES).fit(X, Y)
    found = train(*in_order(X, known), Y[known])
    close(model.predict(X), found.predict(X[:, SIDES["strong"]]), 1e-9)
    Y[np.flatnonzero(known)[0], 1] = np.nan
    with pytest.raises(InputError, match="some outputs but not all"):
        model.fit(X, Y)


def test_names_come_out_of_pipelines_that_give_tables():
    table, y = load_diabetes(return_X_y=True, as_frame=True)
    y = y.where(np.random.default_rng(0).random(len(y)) < 0.2)
    model = WeakToStrongRegressor(weak=["bmi", "bp"], strong=make_column_selector(r"^s\d"))
    line = make_pipeline(StandardScaler(), model).set_output(transform="pandas")
    assert line.fit(table, y).score(table, y) > 0.2
    assert line[-1].feature_names_in_[line[-1].weak_columns_].tolist() == ["bmi", "bp"]
    mixed = table.assign(sex=np.where(table["sex"] > 0, "f", "m"))
    words = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
    model.set_params(weak=["sex", "bmi"], teacher=make_pipeline(words, Ridge()))
    assert model.fit(mixed, y).predict(mixed).std() > 0


def test_a_grid_is_searched_on_rows_of_which_few_have_a_label():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    known = np.random.default_rng(0).random(len(y)) < 0.3
    marked = np.where(known, y, -1)
    model = WeakToStrongClassifier(
        weak=slice(0, 10), strong=slice(10, 30), teacher=LogisticRegression()
    )
    grid = {"teacher__C": [0.01, 1], "student": ["imitate", "posterior"]}
    search = GridSearchCV(model, grid, cv=StratifiedKFold(3)).fit(X, marked)
    assert search.score(X[~known], y[~known]) > 0.9
    assert search.score(X, marked) == np.mean(search.predict(X[known]) == y[known])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scores = cross_val_score(WeakToStrongClassifier(), X, marked, cv=3)
    assert scores.min() > 0.8


def test_what_was_asked_for_is_saved_and_the_rows_are_not(tmp_path):
    X, y, _, _ = drawn(rows=3000)
    model = WeakToStrongRegressor(**SIDES).fit(X, y)
    bare = pickle.loads(pickle.dumps(model))
    assert (bare.predict(X) == model.predict(X)).all()
    assert bare.student_.statement == model.student_.statement
    with pytest.raises(AttributeError, match="forecast_ was not asked for before"):
        _ = bare.forecast_
    alone = w2slens.load_student(model.student_.save(tmp_path / "model"))
    close(alone.predict(X[:, SIDES["strong"]])[:, 0], model.predict(X), 1e-12)
    problem = model.forecast_.population.problem
    kept = pickle.dumps(model)
    assert len(kept) < X.nbytes / 4
    again = pickle.loads(pickle.dumps(pickle.loads(kept)))
    assert again.forecast_.statement == model.forecast_.statement
    close(again.forecast_.population.problem.weak_gram, problem.weak_gram, 1e-12)
    assert again.forecast_.students == model.forecast_.students


def test_what_is_known_after_a_fit_is_what_the_verbs_say():
    X, y, _, known = drawn()
    model = WeakToStrongRegressor(**SIDES).fit(X, y)
    weak, strong = in_order(X, known)
    assert model.dimensions_.to_dict() == dimensions(weak[60:], strong[60:]).to_dict()
    assert model.forecast_.to_dict() == w2slens.forecast(weak, strong, y[known]).to_dict()


def test_notebooks_see_the_diagram_and_what_came_out():
    X, y, _, _ = drawn()
    model = WeakToStrongRegressor(**SIDES, student="posterior")
    assert "expected squared error" not in model._repr_html_()
    page = model.fit(X, y)._repr_html_()
    assert "sk-" in page
    assert "expected squared error on new rows" in page
    assert "d_sw" in page
    assert "OPR" in page
    assert model._repr_mimebundle_()["text/html"].count("<table") == page.count("<table")
    assert "WeakToStrongRegressor" in model._repr_mimebundle_()["text/plain"]
    with config_context(display="text"):
        assert set(model._repr_mimebundle_()) == {"text/plain"}
    y[np.flatnonzero(~np.isnan(y))[6:]] = np.nan
    page = model.fit(X, y)._repr_html_()
    assert "OPR" not in page
    with pytest.raises(AttributeError, match="at least 10 labels"):
        _ = model.forecast_


@pytest.mark.parametrize(
    ("parameters", "change", "message"),
    [
        ({"weak": []}, {}, "weak: picks no column; give some, or scores"),
        ({"strong": []}, {}, "strong: picks no column"),
        ({"weak": ["w0"]}, {}, "weak: picks no columns of X"),
        ({"student": "best"}, {}, "student: is 'best'; one of auto"),
        ({"student": KNeighborsClassifier()}, {}, "a regressor of scikit-learn is needed"),
        ({"teacher": "ridge"}, {}, "teacher: is 'ridge'; an estimator or None"),
        ({"ridge_weak": -1}, {}, "ridge_weak"),
        ({"student": "both"}, {"scores": np.ones(300)}, "needs the scores wherever it is used"),
        ({}, {"scores": np.ones(5)}, "scores"),
        ({}, {"sample_weight": -np.ones(300)}, "sample_weight: is negative"),
        ({}, {"y": np.full(300, np.nan)}, "y: has a number in no row"),
        ({}, {"y": np.where(np.arange(300) < 9, 4.0, np.nan)}, "y: is constant"),
        ({}, {"X": pd.Series(np.ones(300), name="one")}, "X: is one column of a table"),
        ({"weak": [], "student": "labels"}, {"scores": np.ones(300)}, "weak: is constant over the"),
        ({"teacher": DummyRegressor()}, {}, "teacher: says the same of all"),
        ({"teacher": Ridge(), "cv": TimeSeriesSplit(3)}, {}, "cv: never holds labeled row 0 out"),
        ({"teacher": Ridge(), "cv": 70}, {}, "cv: divides 60 labeled rows badly"),
    ],
)
def test_bad_input_is_refused_in_words(parameters, change, message):
    X, y, _, _ = drawn()
    with pytest.raises(InputError, match=message):
        WeakToStrongRegressor(**{**SIDES, **parameters}).fit(**{"X": X, "y": y, **change})


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a", "-1"] * 20), "mark rows without a class by the number -1"),
        (pd.Series(["a", "-1"] * 20, dtype="str"), "mark rows without a class by the number -1"),
        (pd.Series(["a", "-1"] * 20, dtype=object), "mark rows without a class by the number -1"),
        (pd.Series(["a", "-1"] * 20, dtype="category"), "mark rows without a class by the number"),
        (np.array(["a", None] * 20, dtype=object), "missing at row 1"),
        (pd.Series([3, pd.NA] * 20, dtype="Int64"), "missing at row 1"),
        (np.full(40, -1), "has a class in no row"),
        (np.array([3, -1] * 20), "holds one class only"),
    ],
)
def test_bad_classes_are_refused_in_words(y, message):
    X = np.random.default_rng(0).standard_normal((40, 5))
    with pytest.raises(InputError, match=message):
        WeakToStrongClassifier().fit(X, y)


def test_a_teacher_that_takes_no_weights_is_named():
    X, y, _, _ = drawn()
    model = WeakToStrongClassifier(**SIDES, teacher=KNeighborsClassifier())
    with pytest.raises(InputError, match="teacher KNeighborsClassifier\\(\\) takes none"):
        model.fit(X, as_classes(y), sample_weight=np.ones(len(X)))


@pytest.mark.parametrize("names", [[1, 2], ["no", "yes"], [False, True], [0.5, 2.0]])
def test_classes_of_any_kind_but_minus_one_come_back(names):
    X, y, _, _ = drawn()
    classes = np.array(names)[(np.nan_to_num(y) > 100).astype(int)]
    if names == [0.5, 2.0]:
        with pytest.raises(ValueError, match="Unknown label type"):
            WeakToStrongClassifier(**SIDES).fit(X, classes)
        return
    model = WeakToStrongClassifier(**SIDES).fit(X, classes)
    assert model.classes_.tolist() == names
    assert set(model.predict(X).tolist()) <= set(names)


@pytest.mark.parametrize("names", [[1, 2], [False, True]])
def test_classes_in_an_array_of_objects_are_what_they_are(names):
    X, y, _, known = drawn()
    classes = pd.Series(np.array(names)[(y > np.nanmedian(y)).astype(int)])
    model = WeakToStrongClassifier(**SIDES).fit(X, classes.astype(object).where(known, -1))
    assert model.classes_.tolist() == names


def test_a_teacher_of_other_classes_is_refused():
    X, y, _, _ = drawn()
    other = LogisticRegression().fit(X[:, SIDES["weak"]], np.arange(len(X)) % 2 + 7)
    model = WeakToStrongClassifier(**SIDES, teacher=FrozenEstimator(other))
    with pytest.raises(InputError, match="knows none of the classes of y; it says 7, 8"):
        model.fit(X, as_classes(y))


def test_sides_that_vary_among_few_rows_only_are_refused():
    X, y, _, known = drawn()
    for row, where in (
        (np.flatnonzero(known)[0], r"\(the rows without labels\) is constant"),
        (np.flatnonzero(~known)[0], "is constant over the 60 labeled rows"),
    ):
        once = np.eye(len(X))[:, [row]]
        for side, other in (("weak", "strong"), ("strong", "weak")):
            model = WeakToStrongRegressor(**{side: [30], other: SIDES[other]})
            with pytest.raises(InputError, match=f"{side}: {where}"):
                model.fit(np.hstack([X, once]), y)


def test_few_labels_are_divided_into_few_folds():
    X, y, _, known = drawn()
    y[np.flatnonzero(known)[4:]] = np.nan
    assert np.isfinite(WeakToStrongRegressor(**SIDES, teacher=Ridge()).fit(X, y).predict(X)).all()


def test_tables_of_any_library_and_any_sparse_rows_are_taken():
    X, y, _, _ = drawn()
    X[np.abs(X) < 0.5] = 0
    table = pd.DataFrame(X, columns=[f"c{i}" for i in range(X.shape[1])])
    dense = WeakToStrongRegressor(**SIDES).fit(X, y)
    score, seen = dense.score(X, y), dense.predict(X)
    for rows in (
        pa.Table.from_pandas(table),
        pd.DataFrame.sparse.from_spmatrix(sparse.csr_matrix(X), columns=table.columns),
        sparse.coo_matrix(X),
    ):
        model = WeakToStrongRegressor(**SIDES).fit(rows, y)
        close(model.predict(rows), seen, 1e-12)
        assert model.score(rows, y) == pytest.approx(score, rel=1e-12)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        dense.score(X, y, sample_weight=np.ones(5))


def test_a_copy_knows_what_its_original_may_find_out():
    X, y, _, _ = drawn()
    model = WeakToStrongRegressor(**SIDES).fit(X, y)
    for again in (copy.copy(model), copy.deepcopy(model)):
        assert again.forecast_.statement == model.forecast_.statement
        assert (again.predict(X) == model.predict(X)).all()
        assert copy.deepcopy(clone(again)).get_params() == clone(model).get_params()


def test_wine_is_told_apart_by_few_labels():
    X, y = load_wine(return_X_y=True, as_frame=True)
    known = np.random.default_rng(0).random(len(y)) < 0.2
    model = WeakToStrongClassifier(weak=list(X.columns[:6]), strong=list(X.columns[6:]))
    line = make_pipeline(StandardScaler(), model).set_output(transform="pandas")
    assert line.fit(X, y.where(known, -1)).score(X[~known], y[~known]) > 0.85
