"""How do time and memory grow with the width of the features, to those of language models?

Features of 20,000 rows × (p + p) float32 in .npy files, p from 256 to 4,096: `dims` with its
interval, and `run` of one trial, 2,000 labels and 12,000 pseudo-labels, at given and at chosen
ridges. Whole processes on one BLAS thread; anonymous memory, without the pages of mapped files.
Beside them the Gram matrix of all rows, p + p columns, in the same minutes. Exponents are slopes
of a straight line through the logarithms of the last three widths. With `--rows 100000` the widest
features are measured alone, at so many rows.

    python benchmarks/wide_speed.py                 # half an hour; writes results/wide_speed.json
    python benchmarks/wide_speed.py --rows 100000   # as long; adds to it
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bare import bare_gram
from processes import cost

WIDTHS, ROWS, LATENT, CHUNK = (256, 512, 1024, 2048, 4096), 20_000, 300, 4096
SIZES = ["--n", "2000", "--N", "12000", "--trials", "1", "--test", "4000", "--json"]
RIDGE = "0.1"
PROGRAM = str(Path(sys.executable).parent / "w2slens")
RESULT = Path(__file__).parent / "results" / "wide_speed.json"


def files(folder, rows, width):
    """Write both sides, of the same latent coordinates, and labels."""
    for seed, name in enumerate(("weak", "strong")):
        latent, own = np.random.default_rng(7), np.random.default_rng(seed)
        mixing = own.standard_normal((LATENT, width), dtype=np.float32)
        mixing *= np.linspace(1, 0.05, LATENT, dtype=np.float32)[:, None]
        path = folder / f"{name}.npy"
        out = np.lib.format.open_memmap(path, "w+", np.float32, (rows, width))
        labels = np.empty(rows)
        for start in range(0, rows, CHUNK):
            some = slice(start, min(start + CHUNK, rows))
            z = latent.standard_normal((some.stop - start, LATENT), dtype=np.float32)
            noise = own.standard_normal((len(z), width), dtype=np.float32)
            out[some], labels[some] = z @ mixing + np.float32(0.5) * noise, z[:, :20].sum(axis=1)
        out.flush()
    np.save(folder / "y.npy", labels + np.random.default_rng(9).standard_normal(rows))


def bare(folder):
    """CPU seconds of the lower triangle of the Gram matrix of both sides, float64 chunks."""
    weak, strong = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("weak", "strong"))
    begin = time.process_time()
    bare_gram(weak, strong)
    return time.process_time() - begin


def measured(rows, width):
    """Cost of all commands at one width."""
    pair = ["--weak", "weak.npy", "--strong", "strong.npy"]
    given = ["--ridge-weak", RIDGE, "--ridge-strong", RIDGE]
    run = [PROGRAM, "run", *pair, "--labels", "y.npy", *SIZES]
    with tempfile.TemporaryDirectory() as name:
        files(Path(name), rows, width)
        found = {
            "dims": cost([PROGRAM, "dims", *pair, "--json"], name),
            "run, ridges given": cost([*run, *given], name),
            "run, ridges chosen": cost(run, name),
        }
        products = bare(Path(name))
    return {
        "bare_gram_cpu_s": round(products, 2),
        "cpu_s": {what: round(one.cpu_s, 1) for what, one in found.items()},
        "over_bare_gram": {what: round(one.cpu_s / products, 2) for what, one in found.items()},
        "anonymous_mib": {what: round(one.peak_mib) for what, one in found.items()},
    }


def exponents(table):
    """Slopes over the last three widths."""
    last = [(np.log(int(width)), table[width]) for width in list(table)[-3:]]
    found = {}
    for measure in ("cpu_s", "anonymous_mib"):
        for what in last[0][1][measure]:
            x, y = zip(*((x, np.log(one[measure][what])) for x, one in last), strict=True)
            slope = float(np.polyfit(x, y, 1)[0])
            found.setdefault(measure, {})[what] = round(slope, 2)
    return found


def main():
    """Measure, and write the result."""
    result = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    if sys.argv[1:2] == ["--rows"]:
        rows = int(sys.argv[2])
        result[f"rows_{rows}"] = {str(WIDTHS[-1]): measured(rows, WIDTHS[-1])}
    else:
        table = {}
        for width in WIDTHS:
            table[str(width)] = measured(ROWS, width)
            print(width, json.dumps(table[str(width)]), flush=True)
        result = {**result, f"rows_{ROWS}": table, "exponents": exponents(table)}
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
