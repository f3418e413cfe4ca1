"""What does advice cost: `forecast`, `rank_teachers`, `plan`, `predict`?

Features in memory, 240 labels and 10,000 rows without; CPU seconds on one thread in turns, least
of the rounds. The rival of a forecast is what it cannot avoid: the Gram matrix of both sides over
all rows, in float64, and the eigenpairs of each side. A further teacher costs a fifth of what six
teachers cost more than one. Plans and predictions are of 512 dimensions a side; those of a
forecast know f* as a few hundred outputs, one for every direction that it may have.

    OPENBLAS_NUM_THREADS=1 python benchmarks/advice_speed.py   # writes results/advice_speed.json
"""

import json
import time
from functools import partial
from pathlib import Path

import numpy as np
from bare import bare_gram
from scipy import linalg

from w2slens import dimensions, forecast, plan, predict, rank_teachers

LABELS, ROWS, ROUNDS, TEACHERS = 240, 10_000, 3, 6
PAIRS = {"128 -> 512": (128, 512), "512 -> 768": (512, 768), "128 -> 2048": (128, 2048)}
WANTED = {
    "forecast 128 -> 512": 1.0,
    "forecast 128 -> 2048": 3.0,
    "rank, a further teacher": 0.5,
    "plan for a budget": 2.0,
    "plan for a target": 2.0,
    "predict 200 x 200, dimensions alone": 0.5,
}
SIZES = [int(size) for size in np.linspace(50, 5000, 200)]


def rows(width, first=0):
    """Coordinates of falling variance, from some latent one on."""
    z = np.random.default_rng(0).standard_normal((LABELS + ROWS, 2400), dtype=np.float32)
    z *= np.linspace(1, 0.1, 2400, dtype=np.float32)
    return np.ascontiguousarray(z[:, first : first + width])


def labels():
    """Labels that both sides know in part."""
    signal = rows(60, 60).sum(axis=1) * 0.3
    return signal[:LABELS] + np.random.default_rng(1).standard_normal(LABELS)


def bare(weak, strong):
    """Products and eigenpairs."""
    p_w, gram = weak.shape[1], bare_gram(weak, strong)
    for side in (slice(p_w), slice(p_w, None)):
        linalg.eigh(gram[side, side], driver="evd", check_finite=False)


def tasks():
    """Name → what is timed."""
    y, found = labels(), {}
    for name, (p_w, p_s) in PAIRS.items():
        weak, strong = rows(p_w), rows(p_s, 40)
        found[f"bare {name}"] = partial(bare, weak, strong)
        found[f"forecast {name}"] = partial(forecast, weak, strong, y)
    teachers = {f"teacher {k}": rows(128, 20 * k) for k in range(TEACHERS)}
    strong = rows(512, 40)
    found["rank, one teacher"] = partial(
        rank_teachers, {"teacher 0": teachers["teacher 0"]}, strong, y
    )
    found["rank, six teachers"] = partial(rank_teachers, teachers, strong, y)
    known = forecast(rows(512), rows(512, 40), y)
    prices = {"cost_label": 1.0, "cost_pseudo": 0.001}
    found["plan for a budget"] = partial(plan, known, **prices, budget=2000.0)
    best = found["plan for a budget"]().best.risk
    found["plan for a target"] = partial(plan, known, **prices, target=1.05 * best)
    given = {"ridge_weak": 0.01, "ridge_strong": 0.01}
    alone = dimensions(rows(512), rows(512, 40), interval=False)
    none = dict.fromkeys(given, 0.0)
    sizes = {"n": SIZES, "N": SIZES}
    found["predict 200 x 200, dimensions alone"] = partial(predict, alone, **sizes, **none)
    found["predict 200 x 200, a forecast"] = partial(predict, known, **sizes, **given)
    return found


def seconds(task):
    """CPU seconds of a call."""
    begin = time.process_time()
    task()
    return time.process_time() - begin


def main():
    """Time all in turns, and write the result."""
    found = tasks()
    rounds = [{name: seconds(task) for name, task in found.items()} for _ in range(ROUNDS)]
    best = {name: min(one[name] for one in rounds) for name in found}
    more = (best["rank, six teachers"] - best["rank, one teacher"]) / (TEACHERS - 1)
    best["rank, a further teacher"] = more
    result = {
        "cpu_seconds": {name: round(value, 2) for name, value in best.items()},
        "cpu_seconds_wanted": WANTED,
        "forecast_over_bare": {
            name: round(best[f"forecast {name}"] / best[f"bare {name}"], 2) for name in PAIRS
        },
        "a_further_teacher_over_bare": round(more / best["bare 128 -> 512"], 2),
    }
    path = Path(__file__).parent / "results" / "advice_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
