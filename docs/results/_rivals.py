"""What else a user of scikit-learn could do with the same rows, tuned on the labels."""

import numpy as np
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

STANDARD = (StandardScaler(),)
PENALTIES = np.logspace(-4, 2, 7)
ALPHAS = np.logspace(-3, 5, 25)


def brier(model, rows, y):
    """Score probabilities of classes, some of which a fold may lack."""
    found = spread(model, rows, int(max(y.max(), max(model.classes_))) + 1)
    return -np.mean(np.sum((found - np.eye(found.shape[1])[y]) ** 2, axis=1))


def spread(model, rows, k):
    """(rows, k) probabilities of all classes."""
    found = np.zeros((len(rows), k))
    found[:, model.classes_] = model.predict_proba(rows)
    return found


def tuned(scalers=STANDARD):
    """Make a logistic regression with the penalty, and scaler, of least Brier score on folds."""
    folds = KFold(5, shuffle=True, random_state=0)
    steps = [("scaler", StandardScaler()), ("logistic", LogisticRegression(max_iter=300))]
    grid = {"scaler": list(scalers), "logistic__C": PENALTIES}
    return GridSearchCV(Pipeline(steps), grid, scoring=brier, cv=folds)


def columns(start, stop):
    """Take some columns of both sides' features."""
    return FunctionTransformer(lambda rows: rows[:, start:stop])


def stacking(data, y, k, task, learner=lambda rows, y: tuned()):
    """Fits of either side on the labels, stacked; needs both sides wherever it is used.

    `learner` makes what learns a side's rows.
    """
    rows, _, test = (np.hstack(pair) for pair in zip(data["weak"], data["strong"], strict=True))
    p = data["weak"][0].shape[1]
    sides = {"weak": columns(0, p), "strong": columns(p, None)}
    if task == "classification":
        each = [
            (name, make_pipeline(side, learner(data[name][0], y))) for name, side in sides.items()
        ]
        folds = KFold(5, shuffle=True, random_state=0)
        final = LogisticRegression(max_iter=300)
        try:
            return spread(StackingClassifier(each, final, cv=folds).fit(rows, y), test, k)
        except ValueError:  # a fold lacks a class: stack the one-hot labels
            y = np.eye(k)[y]
    found = []
    for column in y.reshape(len(y), -1).T:
        each = [(name, make_pipeline(side, RidgeCV(ALPHAS))) for name, side in sides.items()]
        found.append(StackingRegressor(each, RidgeCV(ALPHAS)).fit(rows, column).predict(test))
    return np.column_stack(found)
