"""How fast is `w2slens run`, against the scikit-learn script that a user would write?

Features 20,000 × 512 → 768 float32 and ten classes, 5 × 5 cells and three trials. The script fits
`Ridge` at one penalty for every model of every cell and scores it on the test rows; ours is asked
for the same, and once more with every ridge chosen, which the script does not do. Whole processes,
in turns: CPU seconds and peak anonymous memory, least of the rounds; one BLAS thread each.

    python benchmarks/run_speed.py        # a few minutes; writes results/run_speed.json
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from processes import cost

ROWS, WEAK, STRONG, CLASSES, ROUNDS = 20_000, 512, 768, 10, 2
LABELS, POOLS = (400, 800, 1600, 2800, 4000), (1000, 3000, 6000, 9000, 12_000)
TRIALS, TEST, RIDGE = 3, 4000, 1e-3

SCRIPT = f"""
import numpy as np
from sklearn.linear_model import Ridge

weak, strong, y = np.load("weak.npy"), np.load("strong.npy"), np.eye({CLASSES})[np.load("y.npy")]
risks = {{}}
for trial in range({TRIALS}):
    order = np.random.default_rng(trial).permutation(len(y))
    test, rest = order[:{TEST}], order[{TEST}:]
    for n in {LABELS}:
        for N in {POOLS}:
            labels, pool = rest[:n], rest[::-1][:N]
            fitted = lambda x, t: Ridge(alpha=len(x) * {RIDGE}).fit(x, t)
            teacher = fitted(weak[labels], y[labels])
            student = fitted(strong[pool], teacher.predict(weak[pool]))
            both = np.concatenate([labels, pool])
            models = {{
                "weak": (teacher, weak), "w2s": (student, strong),
                "strong": (fitted(strong[labels], y[labels]), strong),
                "ceiling": (fitted(strong[both], y[both]), strong),
            }}
            for name, (model, x) in models.items():
                error = np.sum((model.predict(x[test]) - y[test]) ** 2, axis=1)
                risks[trial, n, N, name] = error.mean()
"""


def files(folder):
    """Write features and labels."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 1024), dtype=np.float32)
    np.save(folder / "weak.npy", z[:, :WEAK])
    np.save(folder / "strong.npy", z[:, 256:])
    scores = z[:, :300] @ rng.standard_normal((300, CLASSES)) * 0.2
    np.save(folder / "y.npy", np.argmax(scores + rng.gumbel(size=scores.shape), axis=1))


def ours(*more):
    """Write the command."""
    sizes = [",".join(map(str, each)) for each in (LABELS, POOLS)]
    files = ["--weak", "weak.npy", "--strong", "strong.npy", "--labels", "y.npy"]
    asked = ["--n", sizes[0], "--N", sizes[1], "--trials", str(TRIALS), "--test", str(TEST)]
    words = [*files, *asked, "--task", "classification", "--json", *more]
    return [str(Path(sys.executable).parent / "w2slens"), "run", *words]


def main():
    """Run all in turns, and write the result."""
    given = ["--ridge-weak", str(RIDGE), "--ridge-strong", str(RIDGE)]
    commands = {
        "script": [sys.executable, "-c", SCRIPT],
        "run": ours(*given),
        "run, ridges chosen": ours(),
    }
    with tempfile.TemporaryDirectory() as folder:
        files(Path(folder))
        rounds = [{k: cost(c, folder) for k, c in commands.items()} for _ in range(ROUNDS)]
    best = {k: [min(r[k][i] for r in rounds) for i in (0, 2)] for k in commands}
    result = {
        "cells": len(LABELS) * len(POOLS),
        "trials": TRIALS,
        "cpu_seconds": {k: round(v[0], 2) for k, v in best.items()},
        "peak_anonymous_mib": {k: round(v[1]) for k, v in best.items()},
        "times_faster_than_the_script": {
            k: round(best["script"][0] / v[0], 2) for k, v in best.items() if k != "script"
        },
    }
    path = Path(__file__).parent / "results" / "run_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
