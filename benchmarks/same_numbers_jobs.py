"""The jobs of same_numbers.py: each leaves JSON and CSV files in a folder.

Run by that script with the tree in question as `PYTHONPATH`; by itself:

    PYTHONPATH=src python benchmarks/same_numbers_jobs.py "transfer" FOLDER
    PYTHONPATH=src python benchmarks/same_numbers_jobs.py recipe FOLDER < recipes/synthetic-a.yaml
"""

import json
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

import w2slens

KEPT = ("trials.csv", "summary.csv", "result.json")
TASKS, CEILINGS = ("regression", "classification"), ("all", "pool", "labels")
RIDGES, EITHER = (0, 0.01, "auto"), (False, True)


def rows(task=TASKS[0], count=600):
    """Draw two teachers, of which one lacks rank, their student, labels, and the labels' f*."""
    rng = np.random.default_rng(0)
    z, coef = rng.standard_normal((count, 24)), rng.standard_normal((8, 3)) / 2
    near, apart, strong = (
        z[:, first:last] @ rng.standard_normal((last - first, p)) * 0.9 ** np.arange(p) + 1
        for first, last, p in ((4, 24, 20), (0, 16, 20), (2, 14, 12))
    )
    target = z[:, 4:12] @ coef
    if task == "regression":
        return near, apart, strong, (target + rng.standard_normal((count, 3)))[:, :2], target[:, :2]
    chances = np.exp(target) / np.exp(target).sum(axis=1, keepdims=True)
    passed = rng.random((count, 1)) > chances.cumsum(axis=1)
    return near, apart, strong, passed[:, :2].sum(axis=1), chances


def population(stretch=1.0):
    """Make a problem of 20 → 30 coordinates, on inputs whose scales `stretch` changes."""
    rng = np.random.default_rng(2)
    inputs = np.arange(1, 51) ** -0.5 * np.linspace(1, stretch, 50)
    weak, strong, f = (inputs * rng.standard_normal((p, 50)) for p in (20, 30, 1))
    grams = weak @ weak.T, strong @ strong.T, strong @ weak.T
    return w2slens.Problem(*grams, weak @ f.T, strong @ f.T, float(np.sum(f**2)), noise=1.0)


def keep(folder, name, document):
    """Leave a document."""
    text = json.dumps(document, default=lambda array: np.asarray(array).tolist())
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def keep_results(folder, name, results):
    """Leave the trials, the summary and the document of a run."""
    results.table.to_csv(folder / f"{name} trials.csv", index=False)
    results.summary.to_csv(folder / f"{name} summary.csv", index=False)
    keep(folder, name, results.to_dict())


def command(folder, *words, **arrays):
    """Run a command on saved arrays; leave its JSON and what it writes into `--out`."""
    with tempfile.TemporaryDirectory() as place:
        for name, array in arrays.items():
            np.save(f"{place}/{name}.npy", array)
            words += (f"--{name}", f"{place}/{name}.npy")
        line = [sys.executable, "-m", "w2slens", *words, "--json", "--out", f"{place}/out"]
        stdout = subprocess.run(line, check=True, stdout=subprocess.PIPE).stdout
        (folder / "stdout.json").write_bytes(stdout)
        for path in (Path(place, "out", name) for name in KEPT):
            if path.exists():
                (folder / path.name).write_bytes(path.read_bytes())


def recipe(folder):
    """Sweep the recipe that stands on stdin."""
    (folder / "recipe.yaml").write_text(sys.stdin.read(), encoding="utf-8")
    command(folder, "sweep", str(folder / "recipe.yaml"))


def crossed(folder, tasks=TASKS, ridges=RIDGES, step=1, **more):
    """Sweep teachers, noise, ridges, n and N below and above p, on rows of every kind."""
    kinds = list(product(tasks, CEILINGS, EITHER, ("float32", "float64"), EITHER))
    cut, grid = {"components_weak": 6, "components_strong": 0.9}, {"n": [8, 60], "N": [9, 150]}
    for kind in kinds[::step]:
        task, ceiling, excess, dtype, grouped = kind
        few, (*features, y, target) = excess ^ grouped ^ (dtype == "float32"), rows(task)
        near, apart, strong = (array.astype(dtype) for array in features)
        how = {"ceiling": ceiling, "ridge_weak": ridges, "ridge_strong": ridges, "task": task}
        how |= {"target": target if excess else None, "jobs": 1 + grouped, **(cut if few else {})}
        how |= {"groups": np.arange(len(y)) // 2 if grouped else None, "noise_levels": [0, 0.2]}
        teachers = {"near": near, "apart": apart}
        results = w2slens.sweep(teachers, strong, y, trials=2, test=100, **grid, **how, **more)
        keep_results(folder, " ".join(map(str, kind)), results)


def logistic(folder):
    """Sweep by cross-entropy: a third of the kinds with given ridges, one cell with chosen ones."""
    crossed(folder, TASKS[1:], (0.001, 0.01), 3, loss="cross-entropy")
    near, _, strong, y, _ = rows(TASKS[1])
    how = {"task": TASKS[1], "loss": "cross-entropy", "trials": 1, "test": 100}
    keep_results(folder, "auto", w2slens.transfer(near, strong, y, n=60, N=60, **how))


def transferred(folder):
    """Choose every ridge by `transfer`, and by the command on files."""
    for task in TASKS:
        near, apart, strong, y, target = rows(task)
        for truth in (None, target):
            how = {"n": [20, 60], "N": [50, 300], "trials": 3, "task": task, "target": truth}
            results = w2slens.transfer(near, strong, y, **how)
            keep_results(folder, f"{task} {results.scale}", results)
    sizes = ("--n", "20,60", "--N", "50,300", "--task", task)
    command(folder, "run", *sizes, weak=apart, strong=strong, labels=y)


def simulated(folder):
    """Simulate planted correlations of two laws."""
    errors = {"noise": 0.5, "rho_w": 0.1, "rho_s": 0.2, "spectrum_weak": 1.0}
    for law, ridges in product(("gaussian", "student"), (RIDGES, 0.1)):
        planted = w2slens.Planted.with_correlations(
            20, 12, np.linspace(1, 0.3, 12), law=law, **errors
        )
        sizes = {"n": [10, 80], "N": [15, 400], "trials": 4, "test": 300}
        results = w2slens.simulate(planted, ridge_weak=ridges, ridge_strong=ridges, **sizes)
        keep_results(folder, f"{law} {ridges}", results)


def measured(folder):
    """Measure the dimensions of two files, with interval."""
    _, apart, strong, *_ = rows(count=3000)
    command(folder, "dims", weak=apart.astype(np.float32), strong=strong)


def predicted(folder):
    """Predict by every method, with every ceiling, ridges and shift; divide the student's risk."""
    gaussian = w2slens.Problem.gaussian(40, 20, 5.5, 1.0, rho_w=0.1, rho_s=0.2, signal=4.0)
    shift = {"unlabeled": population(2.0), "test": population(3.0)}
    cases = {
        "gaussian": (gaussian, {}),
        "grams": (population(), {}),
        "shift": (population(), shift),
    }
    sizes = {"n": [60, 200], "N": [15, 60, 4000]}
    for (name, (problem, moved)), λ_w, λ_s in product(cases.items(), (0, 0.1), (0, 0.1)):
        ridges, what = {"ridge_weak": λ_w, "ridge_strong": λ_s}, f"{name} {λ_w} {λ_s}"
        parts = w2slens.inheritance(problem, **sizes, **ridges)
        keep(folder, f"inheritance {what}", vars(parts) | {"risk": parts.risk})
        methods = ("equivalent", "auto", *(() if λ_w or moved else ("exact",)))
        for method, ceiling, intercept in product(methods, CEILINGS, EITHER):
            how = {"method": method, "ceiling": ceiling, "intercept": intercept, **moved}
            risks = w2slens.predict(problem, **sizes, **ridges, **how)
            keep(folder, f"{method} {what} {ceiling} {intercept}", risks.to_dict())
    keep(folder, "bounds", w2slens.predict(gaussian, **sizes, method="bounds").to_dict())
    given = "--d-w 40 --d-s 20 --d-sw 5.5 --noise 1 --signal 4 --n 30,100 --N 15,60,1000"
    command(folder, "predict", *given.split())


def planned(folder):
    """Plan for a budget and for a target."""
    prices = {"cost_label": 1, "cost_pseudo": 0.01, "cost_strong": 5, "owned": 20}
    for asked, λ in product(({"budget": 500}, {"target": 2.5}), (0, 0.1)):
        plan = w2slens.plan(population(), ridge_weak=λ, ridge_strong=λ, **prices, **asked)
        keep(folder, f"{asked} {λ}", plan.to_dict())


def forecasted(folder):
    """Forecast from labels and a pool, and rank four teachers."""
    for task in TASKS:
        near, apart, strong, y, _ = rows(task)
        for λ, N in product(RIDGES, (None, 100)):
            how = {"ridge_weak": λ, "ridge_strong": λ, "N": N, "task": task}
            forecast = w2slens.forecast(near, strong, y[:80], **how)
            keep(folder, f"{task} {λ} {N}", forecast.to_dict())
        teachers = {"near": near, "apart": apart, "few": near[:, :6], "sum": near + apart}
        ranking = w2slens.rank_teachers(teachers, strong, y[:80], task=task)
        keep(folder, f"rank {task}", ranking.to_dict())


JOBS = {
    "demo": lambda folder: command(folder, "demo"),
    "sweep": crossed,
    "sweep by cross-entropy": logistic,
    "transfer": transferred,
    "simulate": simulated,
    "dims": measured,
    "predict, inheritance": predicted,
    "plan": planned,
    "forecast, rank": forecasted,
    "recipe": recipe,
}


def main():
    tree, (job, folder) = Path(w2slens.__file__), sys.argv[1:]
    if not tree.is_relative_to(os.environ["PYTHONPATH"]):
        raise SystemExit(f"{tree} is not of the tree that was asked for")
    JOBS[job](Path(folder))


if __name__ == "__main__":
    main()
