"""How fast is a sweep of 20 × 20 cells, against fitting cell by cell and against bare BLAS?

Features 20,000 × 512 → 768 float32, one trial, ridge 1e-3 throughout, all in one run:

a. every cell's four models fitted by themselves: float64 normal equations of that model's rows
   (a symmetric product, half the work of a general one), Cholesky, solve; all 400 cells are run,
   scoring not counted for the rival but for us;
b. the published way, a thin SVD of the feature rows for each fit (float32, the faster choice for
   it): a 3 × 3 subgrid of cells is timed and integrated over the grid by the trapezoid rule;
c. bare BLAS: the products and factorisations that no exact method avoids (Gram products of the
   largest prefix, one Cholesky a Gram and a cell, the scores of all models on the test rows).

Ours is the best of `ROUNDS`; so are the bare products; (a) and (b) run once, being long. Memory is
what numpy allocates during the sweep, the features themselves counted.

    python benchmarks/sweep_speed.py        # about 5 minutes; writes results/sweep_speed.json
"""

import json
import time
import tracemalloc
from pathlib import Path

import numpy as np
from scipy import linalg
from scipy.linalg.blas import dgemm, dsyrk

from w2slens import sweep
from w2slens.experiments.split import Split

ROWS, WEAK, STRONG, TEST, RIDGE, ROUNDS = 20_000, 512, 768, 4000, 1e-3, 5
LABELS = [int(n) for n in np.linspace(400, 4000, 20)]
POOLS = [int(N) for N in np.linspace(1000, 12_000, 20)]


def data():
    """Features that share a half of their directions, and labels."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 1024), dtype=np.float32)
    y = z[:, :300] @ rng.standard_normal(300) * 0.1 + rng.standard_normal(ROWS)
    return np.ascontiguousarray(z[:, :WEAK]), np.ascontiguousarray(z[:, 256:]), y


def timed(run, *arguments):
    """Seconds that a call takes, and what it returns."""
    begin = time.perf_counter()
    found = run(*arguments)
    return time.perf_counter() - begin, found


def ours(weak, strong, y):
    """Run the whole of `sweep`, from arrays to the table."""
    ridges = {"ridge_weak": RIDGE, "ridge_strong": RIDGE}
    return sweep(weak, strong, y, n=LABELS, N=POOLS, trials=1, test=TEST, **ridges).table


def cholesky_fit(features, targets):
    """Fit by float64 normal equations."""
    X = features.astype(np.float64)
    mean, centre = X.mean(axis=0), targets.mean()
    X -= mean
    gram = dsyrk(1.0, X.T, lower=1)
    gram[np.diag_indices_from(gram)] += len(X) * RIDGE
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return linalg.cho_solve(factor, X.T @ (targets - centre)), mean, centre


def svd_fit(features, targets):
    """Fit by a thin SVD of the rows in the features' own type."""
    mean, centre = features.mean(axis=0), targets.mean()
    U, s, Vt = linalg.svd(features - mean, full_matrices=False, check_finite=False)
    inner = s / (s**2 + len(features) * RIDGE) * (U.T @ (targets - centre).astype(U.dtype))
    return Vt.T @ inner, mean, centre


def cell(weak, strong, y, split, n, N, fit):
    """Fit the four models of one cell by themselves; return their functions of rows."""
    labels, pool = split.labels(n), split.pool(N)
    both = np.concatenate([labels, pool])
    teacher = fit(weak[labels], y[labels])
    pseudo = (weak[pool] - teacher[1].astype(weak.dtype)) @ teacher[0] + teacher[2]
    student = fit(strong[pool], pseudo)
    return teacher, student, fit(strong[labels], y[labels]), fit(strong[both], y[both])


def risk(model, features, y):
    """Mean squared error on rows."""
    coef, mean, centre = model
    return float(np.mean(((features.astype(np.float64) - mean) @ coef + centre - y) ** 2))


def every_cell(weak, strong, y, split):
    """Fit all cells by Cholesky; the sum of the fits' seconds, and the worst disagreement."""
    table = ours(weak, strong, y).set_index(["n", "N"])
    seconds, worst = 0.0, 0.0
    for n in LABELS:
        for N in POOLS:
            spent, models = timed(cell, weak, strong, y, split, n, N, cholesky_fit)
            seconds += spent
            if LABELS.index(n) % 5 == 0 and POOLS.index(N) % 5 == 0:
                for name, model in zip(("weak", "w2s", "strong", "ceiling"), models, strict=True):
                    side = weak if name == "weak" else strong
                    expected = risk(model, side[split.test], y[split.test])
                    worst = max(worst, abs(table.loc[(n, N), name] / expected - 1))
    return seconds, worst


def some_cells_by_svd(weak, strong, y, split):
    """Seconds of all cells, integrated from 3 × 3 of them."""
    places = (0, 10, 19)
    seconds = np.array(
        [
            [timed(cell, weak, strong, y, split, LABELS[i], POOLS[j], svd_fit)[0] for j in places]
            for i in places
        ]
    )
    along = np.array([np.interp(range(20), places, row) for row in seconds])
    return float(sum(np.interp(range(20), places, column).sum() for column in along.T))


def bare_blas(weak, strong, y, split):
    """Seconds of the products and factorisations that cannot be avoided; conversion not counted."""
    labels, pool = split.labels(max(LABELS)), split.pool(max(POOLS))
    rows = [weak[labels], strong[labels], weak[pool], strong[pool], weak[split.test]]
    W, S, P_w, P_s, T_w = (np.asfortranarray(part.astype(np.float64)) for part in rows)
    T_s = np.asfortranarray(strong[split.test].astype(np.float64))
    y = y[:, None]
    students, cells = np.zeros((STRONG, len(LABELS)), order="F"), len(LABELS) * len(POOLS)
    begin = time.perf_counter()
    grams = [dsyrk(1.0, part, trans=1, lower=1) for part in (W, S, P_s)]
    for left, right in ((W, y[labels]), (S, y[labels]), (P_s, y[pool]), (P_s, P_w)):
        dgemm(1.0, left, right, trans_a=1)
    dgemm(1.0, T_w, np.zeros((WEAK, len(LABELS)), order="F"))
    dgemm(1.0, T_s, np.zeros((STRONG, len(LABELS) + 2 * cells), order="F"))
    seconds = time.perf_counter() - begin
    for gram, times in zip(grams, (len(LABELS), len(LABELS), len(POOLS) + cells), strict=True):
        gram[np.diag_indices_from(gram)] += 1.0
        for _ in range(times):
            copy = gram.copy(order="F")
            begin = time.perf_counter()
            linalg.lapack.dpotrf(copy, lower=1, overwrite_a=1, clean=0)
            seconds += time.perf_counter() - begin
    begin = time.perf_counter()
    for _ in POOLS:
        linalg.lapack.dpotrs(copy, students, lower=1)
    for _ in range(cells):
        linalg.lapack.dpotrs(copy, students[:, :1], lower=1)
    return seconds + time.perf_counter() - begin


def main():
    weak, strong, y = data()
    split = Split.draw(ROWS, TEST, 0, 0)
    ours(weak, strong, y)
    fast, bare = [], []
    for _ in range(ROUNDS):
        fast.append(timed(ours, weak, strong, y)[0])
        bare.append(bare_blas(weak, strong, y, split))
    by_cell, worst = every_cell(weak, strong, y, split)
    by_svd = some_cells_by_svd(weak, strong, y, split)
    fast.append(timed(ours, weak, strong, y)[0])
    tracemalloc.start()
    ours(weak, strong, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size, best = weak.nbytes + strong.nbytes, min(fast)
    result = {
        "features": f"{ROWS:,} x {WEAK} -> {STRONG} float32",
        "cells": len(LABELS) * len(POOLS),
        "sweep_s": round(best, 3),
        "sweep_s_all_rounds": [round(seconds, 3) for seconds in fast],
        "cell_by_cell_cholesky_s": round(by_cell, 1),
        "times_faster_than_cholesky": round(by_cell / best, 1),
        "times_faster_than_cholesky_wanted": 20,
        "largest_relative_difference_of_risks": float(f"{worst:.1e}"),
        "cell_by_cell_svd_s_extrapolated": round(by_svd, 0),
        "times_faster_than_svd": round(by_svd / best, 0),
        "times_faster_than_svd_wanted": 150,
        "bare_blas_s": round(min(bare), 3),
        "sweep_over_bare_blas": round(best / min(bare), 2),
        "sweep_over_bare_blas_allowed": 3,
        "peak_memory_over_features": round((peak + size) / size, 2),
        "peak_memory_over_features_allowed": 2,
    }
    text = json.dumps(result, indent=2)
    (Path(__file__).parent / "results" / "sweep_speed.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
