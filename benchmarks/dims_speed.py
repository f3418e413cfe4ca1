"""How close is `dims` to the bare matrix products that it cannot avoid?

Features 100,000 × (512, 768) float32 in .npy files, read once beforehand. The rival is the three
Gram blocks of the converted chunks and nothing else: conversion, centring, checks, blocks for the
jackknife and the canonical correlations are all on our side of the ratio; the interval is timed
apart. Best of several rounds, all in one run; peak memory is what numpy allocated. The last two
shapes have processes of their own, as a command has.

    python benchmarks/dims_speed.py        # writes benchmarks/results/dims_speed.json
"""

import json
import tempfile
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from w2slens import dimensions

ROWS, WEAK, STRONG, ROUNDS, CHUNK = 100_000, 512, 768, 5, 8192
SHAPES = {(800_000, 256, 256): 1.35, (20_000, 512, 768): 1.6}
"""Rows and coordinates, and how many times the products `dims` with its interval may take."""


def bare_products(weak, strong):
    """CPU seconds that the three Gram blocks of float64 chunks take, conversion not counted."""
    seconds = 0.0
    for start in range(0, len(weak), CHUNK):
        w = weak[start : start + CHUNK].astype(np.float64)
        s = strong[start : start + CHUNK].astype(np.float64)
        begin = time.process_time()
        w.T @ w, s.T @ s, s.T @ w
        seconds += time.process_time() - begin
    return seconds


def ours(weak, strong, interval):
    """CPU seconds that `dimensions` takes on arrays."""
    begin = time.process_time()
    dimensions(weak, strong, interval=interval)
    return time.process_time() - begin


def peak_memory(weak, strong):
    """Bytes that `dimensions` holds at most, interval included."""
    tracemalloc.start()
    dimensions(weak, strong)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def ratio(rows, p_w, p_s):
    """Say how many times the bare products `dims` with its interval takes, in turns with them."""
    rng = np.random.default_rng(0)
    weak, strong = (rng.standard_normal((rows, p), dtype=np.float32) for p in (p_w, p_s))
    rounds = [(bare_products(weak, strong), ours(weak, strong, True)) for _ in range(ROUNDS)]
    bare, whole = (min(each) for each in zip(*rounds, strict=True))
    return round(whole / bare, 3)


def main():
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("weak.npy", "strong.npy")]
        for path, width in zip(paths, (WEAK, STRONG), strict=True):
            np.save(path, rng.standard_normal((ROWS, width), dtype=np.float32))
        begin = time.process_time()
        dimensions(*paths)
        from_files = time.process_time() - begin
        weak, strong = (np.load(path) for path in paths)
        products = min(bare_products(weak, strong) for _ in range(ROUNDS))
        plain = min(ours(weak, strong, interval=False) for _ in range(ROUNDS))
        full = min(ours(weak, strong, interval=True) for _ in range(ROUNDS))
        peak = peak_memory(weak, strong)
    float64_copy = ROWS * (WEAK + STRONG) * 8
    result = {
        "rows": ROWS,
        "coordinates": [WEAK, STRONG],
        "bare_products_s": round(products, 3),
        "dims_without_interval_s": round(plain, 3),
        "ratio": round(plain / products, 3),
        "ratio_allowed": 1.5,
        "dims_with_interval_s": round(full, 3),
        "dims_from_files_with_interval_s": round(from_files, 3),
        "peak_memory_over_float64_copy": round(peak / float64_copy, 3),
    }
    fresh = {"mp_context": get_context("spawn"), "max_tasks_per_child": 1}
    with ProcessPoolExecutor(1, **fresh) as pool:
        result["with_interval_over_bare"] = {
            f"{rows} x ({p_w} + {p_s})": {
                "ratio": pool.submit(ratio, rows, p_w, p_s).result(),
                "allowed": allowed,
            }
            for (rows, p_w, p_s), allowed in SHAPES.items()
        }
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "dims_speed.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
