"""What does it cost to run on rows that memory does not hold, and how does it grow with the rows?

Float32 features of 256 + 256 coordinates in two .npy files, up to 2,000,000 rows (4 GB): `dims`
with its interval; `run --stream yes` of two trials, n = 300 and 1,000, N up to half of the rows.
Beside them, in the same minutes, a bare loop over the same files, 10,240 rows at a time, converted
to float64 and multiplied, ``X.T @ X``. Whole processes on one BLAS thread; memory with and without
mapped files. With `--wide`, 100,000 rows of 4,096 + 4,096 coordinates, where the groups' moments
would not fit and every pool is a pass over the rows.

    python benchmarks/stream_speed.py           # 5 minutes; writes results/stream_speed.json
    python benchmarks/stream_speed.py --wide    # half an hour; adds to it
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from processes import cost
from wide_speed import PROGRAM, files

WIDTH, ROWS = 256, (250_000, 500_000, 1_000_000, 2_000_000)
WIDE, FEW = 4096, 100_000
RESULT = Path(__file__).parent / "results" / "stream_speed.json"
PAIR = ["--weak", "weak.npy", "--strong", "strong.npy"]
RUN = ["--stream", "yes", "--trials", "2", "--n", "300,1000", "--json"]

BARE = """
import sys
import numpy as np
rows, step = int(sys.argv[1]), 10_240
weak, strong = (np.load(f"{name}.npy", mmap_mode="r") for name in ("weak", "strong"))
gram = np.zeros((weak.shape[1] * 2,) * 2)
for start in range(0, rows, step):
    X = np.concatenate([weak[start:start + step], strong[start:start + step]], axis=1)
    X = X.astype(np.float64)
    gram += X.T @ X
"""


def measured(rows, width, run):
    """Costs at one size."""
    with tempfile.TemporaryDirectory() as name:
        files(Path(name), rows, width)
        found = {
            "bare": cost([sys.executable, "-c", BARE, str(rows)], name),
            "dims": cost([PROGRAM, "dims", *PAIR, "--json"], name),
            "run": cost([PROGRAM, "run", *PAIR, "--labels", "y.npy", *RUN, *run], name),
        }
    bare = found["bare"].cpu_s
    return {
        "cpu_s": {what: round(one.cpu_s, 1) for what, one in found.items()},
        "speed_of_bare": {what: round(bare / one.cpu_s, 2) for what, one in found.items()},
        "anonymous_mib": {what: round(one.peak_mib) for what, one in found.items()},
        "resident_mib": {what: round(one.resident_mib) for what, one in found.items()},
    }


def main():
    """Measure, and write the result."""
    result = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    if sys.argv[1:2] == ["--wide"]:
        ridges = ["--ridge-weak", "0.1", "--ridge-strong", "0.1", "--N", "50000", "--trials", "1"]
        result[f"{FEW} rows of {WIDE} + {WIDE}"] = measured(FEW, WIDE, ridges)
    else:
        table = {}
        for rows in ROWS:
            pools = f"{rows // 20},{rows // 2}"
            table[f"{rows} rows"] = measured(rows, WIDTH, ["--N", pools])
            print(json.dumps(table, indent=2), flush=True)
        seconds = [one["cpu_s"]["run"] for one in table.values()]
        slope = float(np.polyfit(np.log(ROWS), np.log(seconds), 1)[0])
        exponent = {"exponent_of_run_in_rows": round(slope, 2)}
        result |= {f"{WIDTH} + {WIDTH} columns": {**table, **exponent}}
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
