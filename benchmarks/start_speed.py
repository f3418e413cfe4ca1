"""What do commands cost that compute little: `dims` on tiny files, `demo`, a page?

CPU seconds of whole processes in turns, least of the rounds, beside a process that only imports
what they cannot do without: numpy and scipy's BLAS for `dims`, pandas for the others, and
matplotlib for what draws: a demo that is kept, and a page that is not there yet. `--out` folders
are new each time but for the finished sweep, which is asked for again.

    python benchmarks/start_speed.py        # two minutes; writes results/start_speed.json
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from processes import cost

ROUNDS = 3
RECIPE = Path(__file__).parent.parent / "recipes" / "synthetic-a.yaml"
PROGRAM = str(Path(sys.executable).parent / "w2slens")

IMPORTS = {
    "numpy, scipy": "import numpy, scipy.linalg.blas",
    "pandas too": "import scipy.linalg.blas, pandas",
    "matplotlib too": "import scipy.linalg.blas, pandas, matplotlib.backends.backend_svg",
}
WANTED = {"dims": 0.7, "demo": 3.0, "finished sweep again": 2.0, "report": 2.0}
RIVALS = {"dims": "numpy, scipy", "demo, kept": "matplotlib too", "report, drawn": "matplotlib too"}
"""What only imports, beside a command; "pandas too" beside all others."""


def commands(folder, number):
    """Name what is timed."""
    files = ["--weak", "weak.npy", "--strong", "strong.npy"]
    return {
        **{name: [sys.executable, "-c", code] for name, code in IMPORTS.items()},
        "dims": [PROGRAM, "dims", *files],
        "demo": [PROGRAM, "demo"],
        "demo, kept": [PROGRAM, "demo", "--out", f"demo-{number}"],
        "finished sweep again": [PROGRAM, "sweep", str(RECIPE), "--out", "sweep"],
        "report": [PROGRAM, "report", "sweep", "--out", f"page-{number}.html"],
        "report, drawn": [PROGRAM, "report", "bare", "--out", f"page-{number}-drawn.html"],
    }


def main():
    """Time all in turns, and write the result."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, width in (("weak", 5), ("strong", 4)):
            np.save(folder / f"{side}.npy", rng.standard_normal((100, width)))
        cost(commands(folder, "first")["finished sweep again"], folder)
        shutil.copytree(folder / "sweep", folder / "bare", ignore=shutil.ignore_patterns("*.html"))
        rounds = [
            {what: cost(command, folder).cpu_s for what, command in commands(folder, k).items()}
            for k in range(ROUNDS)
        ]
    best = {what: min(one[what] for one in rounds) for what in rounds[0]}
    beside = {what: RIVALS.get(what, "pandas too") for what in best if what not in IMPORTS}
    result = {
        "cpu_seconds": {what: round(seconds, 2) for what, seconds in best.items()},
        "cpu_seconds_wanted": WANTED,
        "times_the_bare_imports": {
            what: round(best[what] / best[rival], 2) for what, rival in beside.items()
        },
    }
    path = Path(__file__).parent / "results" / "start_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
