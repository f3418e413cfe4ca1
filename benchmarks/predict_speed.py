"""How fast is the deterministic equivalent over a grid?

Two feature blocks of 512 dimensions with decaying spectra, 200 × 200 sizes on both sides of the
interpolation threshold. The rival asks for one cell at a time, on the same factored problem
(measured on a sample of the cells, scaled to all). With shift the ceiling is trained on a mixture
that differs from cell to cell; without it the pool alone. Best of several rounds, all in one run.

    python benchmarks/predict_speed.py        # writes benchmarks/results/predict_speed.json
"""

import json
import time
from pathlib import Path

import numpy as np

from w2slens import Problem, predict

DIMENSIONS, SIDE, ROUNDS, SAMPLE, ALLOWED = 512, 200, 3, 100, 5.0

RIDGES = {"ridge_weak": 0.1, "ridge_strong": 0.01}


def population(seed, scale=1.0):
    """Return a pair whose features overlap, on inputs whose variances `scale` stretches."""
    rng = np.random.default_rng(seed)
    weak, strong = np.random.default_rng(0).standard_normal((2, DIMENSIONS, 2 * DIMENSIONS))
    decay = np.arange(1, 2 * DIMENSIONS + 1) ** -0.5
    inputs = np.diag(decay * (1 + (scale - 1) * rng.random(2 * DIMENSIONS)))
    rows = np.vstack([inputs @ weak.T, inputs @ strong.T]).reshape(2, 2 * DIMENSIONS, DIMENSIONS)
    target = inputs @ np.random.default_rng(1).standard_normal((2 * DIMENSIONS, 1))
    left, right = rows
    return Problem(
        weak_gram=left.T @ left,
        strong_gram=right.T @ right,
        cross_gram=right.T @ left,
        weak_target=left.T @ target,
        strong_target=right.T @ target,
        signal=float(np.sum(target**2)),
        noise=1.0,
    )


def seconds(problem, sizes, settings):
    """Time one call, the problem factored anew."""
    fresh = Problem(
        **{name: getattr(problem, name) for name in problem.__dataclass_fields__}  # no caches
    )
    begin = time.perf_counter()
    predict(fresh, n=sizes, N=sizes, method="equivalent", **settings)
    return time.perf_counter() - begin


def cell_by_cell(problem, sizes, settings):
    """Seconds that the whole grid would take one cell at a time."""
    rng = np.random.default_rng(0)
    cells = rng.choice(sizes, (SAMPLE, 2)).tolist()
    predict(problem, n=cells[0][0], N=cells[0][1], method="equivalent", **settings)
    begin = time.perf_counter()
    for n, N in cells:
        predict(problem, n=n, N=N, method="equivalent", **settings)
    return (time.perf_counter() - begin) / SAMPLE * SIDE**2


def main():
    problem, sizes = population(0), np.unique(np.geomspace(20, 20_000, SIDE).astype(int)).tolist()
    sizes += list(range(20_001, 20_001 + SIDE - len(sizes)))
    result = {"dimensions": DIMENSIONS, "grid": [SIDE, SIDE], "seconds_allowed": ALLOWED}
    for name, settings in {"ridgeless": {}, "ridge": RIDGES}.items():
        best = min(seconds(problem, sizes, settings) for _ in range(ROUNDS))
        rival = cell_by_cell(problem, sizes, settings)
        result[name] = {
            "seconds": round(best, 3),
            "cell_by_cell_s": round(rival, 1),
            "times_faster": round(rival / best, 1),
        }
    shift = {**RIDGES, "unlabeled": population(2, 2.0), "test": population(3, 3.0)}
    result["ridge_and_shift"] = {
        f"seconds_with_ceiling_{ceiling}": round(
            min(seconds(problem, sizes, {**shift, "ceiling": ceiling}) for _ in range(2)), 3
        )
        for ceiling in ("pool", "all")
    }
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "predict_speed.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
