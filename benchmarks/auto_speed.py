"""What do automatic ridges, the default, cost beside given ones?

Features 20,000 × 512 → 768 float32, 20 × 20 cells, one trial; CPU seconds of one process on one
BLAS thread, in turns, least of the rounds. `BEFORE_SRC`, the sources of an older state, adds how
far chosen ridges (in steps of the grid of candidates) and risks lie from what it chose, on a grid
of 4 × 4.

    OPENBLAS_NUM_THREADS=1 python benchmarks/auto_speed.py [BEFORE_SRC]   # writes results/auto_speed.json
"""  # noqa: E501 - one command is one line

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sweep_speed import RIDGE, TEST, data

from w2slens import sweep

ROUNDS, CELLS, FEW = 2, 20, 4
STEP = 0.25  # decades between candidate ridges


def grid(count):
    """Sizes of labels and of pools."""
    ends = (400, 4000), (1000, 12_000)
    return [[int(x) for x in np.linspace(*each, count)] for each in ends]


def seconds(rows, count, **ridges):
    """CPU seconds of a sweep."""
    n, N = grid(count)
    begin = time.process_time()
    sweep(*rows, n=n, N=N, trials=1, test=TEST, jobs=1, **ridges)
    return time.process_time() - begin


def chosen(path):
    """Write the table of a small tuned sweep."""
    n, N = grid(FEW)
    sweep(*data(), n=n, N=N, trials=1, test=TEST, jobs=1).table.to_csv(path, index=False)


def compared(before):
    """Compare with what another state chooses."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("old.csv", "new.csv")]
        for path, more in zip(paths, ({"PYTHONPATH": before}, {}), strict=True):
            command = [sys.executable, __file__, "--chosen", str(path)]
            subprocess.run(command, env={**os.environ, **more}, check=True)
        old, new = map(pd.read_csv, paths)
    models = ("weak", "w2s", "strong", "ceiling")
    steps = {m: np.abs(np.log10(new[f"ridge_{m}"] / old[f"ridge_{m}"])) / STEP for m in models}
    return {
        "most_steps_of_the_ridge": {m: round(float(steps[m].max()), 2) for m in models},
        "largest_relative_difference_of_risk": {
            m: round(float((new[m] / old[m] - 1).abs().max()), 5) for m in models
        },
    }


def main():
    """Time both in turns, and write the result."""
    rows = data()
    given = {"ridge_weak": RIDGE, "ridge_strong": RIDGE}
    rounds = [(seconds(rows, CELLS, **given), seconds(rows, CELLS)) for _ in range(ROUNDS)]
    fixed, auto = (min(each) for each in zip(*rounds, strict=True))
    result = {
        "cells": CELLS**2,
        "given_s": round(fixed, 2),
        "chosen_s": round(auto, 2),
        "ratio": round(auto / fixed, 2),
        "ratio_wanted": 4,
        **(compared(sys.argv[1]) if len(sys.argv) > 1 else {}),
    }
    path = Path(__file__).parent / "results" / "auto_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    chosen(sys.argv[2]) if sys.argv[1:2] == ["--chosen"] else main()
