"""One trial of the protocol: splits → fits → scores, for all cells of a grid at once.

The moments of label prefixes and pool prefixes grow by their increments; every fit is then one
small solve, all n share the factor of an N, and one product scores all models on the test rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from w2slens._check import Ridge
from w2slens._errors import InputError
from w2slens.labeled import LabeledBlock
from w2slens.moments import Accumulator, Moments, total
from w2slens.pair import Pair
from w2slens.probe import LinearProbe
from w2slens.ridge import FOLDS, choose_folds, choose_loo, choose_w2s, fit
from w2slens.risk import tally
from w2slens.splits import Index, Split
from w2slens.students import imitate

LEAST_LABELS_AUTO = 3
"""Leave-one-out needs at least this many labels."""


@dataclass(frozen=True)
class Grid:
    """Validated settings of a run."""

    n: tuple[int, ...]
    N: tuple[int, ...]
    trials: int
    test: int
    ridge_weak: Ridge
    ridge_strong: Ridge
    ceiling: str
    seed: int

    def check_rows(self, rows: int) -> None:
        """Refuse a grid whose largest cell and test block do not fit into the rows."""
        need = max(self.n) + max(self.N) + self.test
        if need > rows:
            raise InputError(
                "n",
                f"max n + max N + test = {max(self.n):,} + {max(self.N):,} + {self.test:,} = "
                f"{need:,} rows are needed and there are {rows:,}; lower one of them",
            )
        if "auto" in (self.ridge_weak, self.ridge_strong) and min(self.n) < LEAST_LABELS_AUTO:
            raise InputError(
                "n",
                f"is {min(self.n)}; ridge 'auto' (leave-one-out) needs at least "
                f"{LEAST_LABELS_AUTO} labels",
            )


@dataclass(frozen=True, eq=False)
class Taught:
    """What n labels give: the rows, the teacher and the strong baseline, and their ridges."""

    block: LabeledBlock
    teacher: LinearProbe
    baseline: LinearProbe
    ridge_weak: float
    ridge_strong: float


@dataclass(frozen=True, eq=False)
class Cell:
    """The models of one (n, N) that need the pool, and their ridges."""

    student: LinearProbe
    ceiling: LinearProbe
    ridge_w2s: float
    ridge_ceiling: float


def run_trial(data: Pair, grid: Grid, trial: int) -> list[dict[str, Any]]:
    """Run all cells of one trial; one record a cell, in the order of n × N."""
    split = Split.draw(data.rows, grid.test, grid.seed, trial)
    folds = FOLDS if grid.ridge_strong == "auto" and grid.ceiling != "labels" else 1
    pools = grow(data, split.pool(max(grid.N)), grid.N, folds)
    labels = grow(data, split.labels(max(grid.n)), grid.n, folds)
    taught = [teach(data, split.labels(n), grid) for n in grid.n]
    cells: dict[tuple[int, int], Cell] = {}
    for N in grid.N:
        students = train_students(total(pools[N]), taught, grid.ridge_strong)
        for n, known, (student, ridge) in zip(grid.n, taught, students, strict=True):
            top, top_ridge = train_ceiling(known, labels[n], pools[N], grid)
            cells[n, N] = Cell(student, top, ridge, top_ridge)
    return score(data, split, grid, trial, taught, cells)


def grow(data: Pair, order: Index, sizes: Sequence[int], folds: int) -> dict[int, list[Moments]]:
    """Moments of prefixes of `order`, each dealt to `folds`, reading every row once."""
    running = [Accumulator() for _ in range(folds)]
    found, start = {}, 0
    for size in sorted(sizes):
        for fold, accumulator in enumerate(running):
            first = start + (fold - start) % folds
            data.gather(order[first:size:folds], accumulator)
        found[size] = [accumulator.result() for accumulator in running if accumulator.count]
        start = size
    return found


def teach(data: Pair, index: Index, grid: Grid) -> Taught:
    """Fit the teacher and the strong baseline on labeled rows."""
    block = LabeledBlock.from_rows(data.weak[index], data.strong[index], data.targets[index])
    ridge_weak, ridge_strong = (
        choose_loo(design, block.targets) if ridge == "auto" else ridge
        for design, ridge in (
            (block.weak, grid.ridge_weak),
            (block.strong, grid.ridge_strong),
        )
    )
    return Taught(
        block, block.teacher(ridge_weak), block.baseline(ridge_strong), ridge_weak, ridge_strong
    )


def train_students(
    pool: Moments, taught: Sequence[Taught], ridge: Ridge
) -> list[tuple[LinearProbe, float]]:
    """Train the W2S student of every teacher on one pool; with its ridge."""
    if ridge != "auto":
        teachers = LinearProbe.stack([known.teacher for known in taught])
        students = imitate(pool, teachers, ridge).split(len(taught))
        return [(student, ridge) for student in students]
    eigen, trained = pool.spectrum("strong"), []
    for known in taught:
        chosen = choose_w2s(known.block, pool, known.ridge_weak)
        solve = partial(eigen.solve, shift=pool.count * chosen)
        student = imitate(pool, known.teacher, chosen, solve=solve)
        trained.append((student, chosen))
    return trained


def train_ceiling(
    known: Taught, labels: Sequence[Moments], pool: Sequence[Moments], grid: Grid
) -> tuple[LinearProbe, float]:
    """Train the strong ceiling on the rows that `grid.ceiling` names; with its ridge."""
    if grid.ceiling == "labels":
        return known.baseline, known.ridge_strong
    folds = [part.select("strong", "label") for part in pool]
    if grid.ceiling == "all":
        for i, part in enumerate(labels):
            more = part.select("strong", "label")
            folds[i:] = [folds[i] + more, *folds[i + 1 :]] if i < len(folds) else [more]
    ridge = choose_folds(folds) if grid.ridge_strong == "auto" else grid.ridge_strong
    return fit(total(folds), ridge), ridge


def score(
    data: Pair,
    split: Split,
    grid: Grid,
    trial: int,
    taught: Sequence[Taught],
    cells: dict[tuple[int, int], Cell],
) -> list[dict[str, Any]]:
    """Test all models of a trial on its held-out rows."""
    y = data.targets[split.test]
    truths = [y] if data.truth is None else [data.truth[split.test], y]
    classes = None if data.classes is None else y.argmax(axis=1)
    strong_probes = [known.baseline for known in taught]
    strong_probes += [cell.student for cell in cells.values()]
    strong_probes += [cell.ceiling for cell in cells.values()]
    by_weak = tally([known.teacher for known in taught], data.weak[split.test], truths, classes)
    by_strong = tally(strong_probes, data.strong[split.test], truths, classes)
    position = {size: place for place, size in enumerate(cells)}
    records = []
    for i, n in enumerate(grid.n):
        guess = data.targets[split.labels(n)].mean(axis=0)
        constant = float(np.mean(np.sum((truths[0] - guess) ** 2, axis=1)))
        for N in grid.N:
            place, cell = len(taught) + position[n, N], cells[n, N]
            where = {
                "weak": (by_weak, i),
                "w2s": (by_strong, place),
                "strong": (by_strong, i),
                "ceiling": (by_strong, place + len(cells)),
            }
            record: dict[str, Any] = {"n": n, "N": N, "trial": trial}
            record |= {m: float(t.squared_error[0, at]) for m, (t, at) in where.items()}
            record["constant"] = constant
            if len(truths) > 1:
                record |= {
                    f"raw_{m}": float(t.squared_error[1, at]) for m, (t, at) in where.items()
                }
            if classes is not None:
                record |= {f"accuracy_{m}": float(t.accuracy[at]) for m, (t, at) in where.items()}
            record |= {
                "ridge_weak": taught[i].ridge_weak,
                "ridge_w2s": cell.ridge_w2s,
                "ridge_strong": taught[i].ridge_strong,
                "ridge_ceiling": cell.ridge_ceiling,
            }
            records.append(record)
    return records
