"""Are two cores ever slower than one, idle or busy?

`w2slens run` on 200,000 rows × (256, 256) float32 and four trials, as a whole process: kept to one
core, and to two; alone on the machine, and beside two processes that do nothing but count. Wall
seconds in turns, least of the rounds. Needs two cores and `taskset`.

    python benchmarks/threads_speed.py      # five minutes; writes results/threads_speed.json
"""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from processes import cost

ROWS, WIDTH, ROUNDS = 200_000, 256, 3
PROGRAM = str(Path(sys.executable).parent / "w2slens")
COUNT = "while True: pass"


def command(cores):
    """Write the command."""
    pair = ["--weak", "weak.npy", "--strong", "strong.npy", "--labels", "y.npy"]
    sizes = ["--n", "2000", "--N", "100000", "--trials", "4", "--json"]
    ridges = ["--ridge-weak", "0.01", "--ridge-strong", "0.01"]
    return ["taskset", "-c", cores, PROGRAM, "run", *pair, *sizes, *ridges]


def seconds(folder, cores, busy):
    """Wall seconds on some cores, alone or beside processes that count on both."""
    with ExitStack() as others:
        for core in ("0", "1") if busy else ():
            count = ["taskset", "-c", core, sys.executable, "-c", COUNT]
            others.callback(others.enter_context(subprocess.Popen(count)).kill)
        return cost(command(cores), folder, OPENBLAS_NUM_THREADS="").wall_s


def main():
    """Time all in turns, and write the result."""
    rng = np.random.default_rng(0)
    cases = {
        f"{cores} core{'s' * (cores > 1)}, {'busy' if busy else 'idle'}": (place, busy)
        for busy in (False, True)
        for cores, place in ((1, "0"), (2, "0,1"))
    }
    with tempfile.TemporaryDirectory() as name:
        z = rng.standard_normal((ROWS, 2 * WIDTH), dtype=np.float32)
        np.save(f"{name}/weak.npy", z[:, :WIDTH])
        np.save(f"{name}/strong.npy", z[:, WIDTH // 2 : WIDTH // 2 + WIDTH])
        np.save(f"{name}/y.npy", z[:, :200].sum(axis=1) + rng.standard_normal(ROWS))
        rounds = [{k: seconds(name, *case) for k, case in cases.items()} for _ in range(ROUNDS)]
    best = {k: min(one[k] for one in rounds) for k in cases}
    one_idle, two_idle, one_busy, two_busy = best.values()
    result = {
        "wall_seconds": {k: round(v, 2) for k, v in best.items()},
        "two_cores_over_one": {
            "idle": round(two_idle / one_idle, 2),
            "busy": round(two_busy / one_busy, 2),
        },
    }
    path = Path(__file__).parent / "results" / "threads_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
