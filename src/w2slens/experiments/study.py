"""All trials of a sweep: side by side, each on disk when it is done, resumed where they were."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.threads import blas_threads, cores
from w2slens.experiments.folder.journal import Journal, open_journal
from w2slens.experiments.folder.layout import write_folder
from w2slens.experiments.oracle import Outlook
from w2slens.experiments.results import Results
from w2slens.experiments.rows import TEACHER, Pair
from w2slens.experiments.settings import Grid
from w2slens.experiments.split import Split
from w2slens.experiments.trial.loop import run_trial
from w2slens.synthetic import Planted, Sample

Progress = Callable[[int, int], None]

DRAW = 2
"""Entry of the seed of a trial's rows; its splits and its noise have others."""

WATCH_SECONDS = 1.0
"""How often a worker looks whether its parent still lives."""

DRAWN_ROWS = 512
"""Rows drawn from one seed."""

HASH_ROWS = 4096
"""Rows hashed at a time, so that no second copy of the features is made."""


@dataclass(frozen=True, eq=False)
class OnRows:
    """The trials of a grid on given rows."""

    data: Pair
    grid: Grid

    def __call__(self, trial: int) -> list[dict[str, Any]]:
        """Run one trial."""
        data = self.data
        split = Split.draw(data.rows, self.grid.test, self.grid.seed, trial, data.groups)
        return run_trial(data, self.grid, trial, split)

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of every array."""
        data = self.data
        arrays = {f"weak.{name}": features for name, features in data.teachers.items()}
        arrays |= {"strong": data.strong, "labels": data.targets}
        if data.truth is not None:
            arrays["target"] = data.truth
        if data.groups is not None:
            arrays["groups"] = data.groups
        return {name: fingerprint(array) for name, array in arrays.items()}


@dataclass(frozen=True, eq=False)
class OnDraws:
    """The trials of a grid on fresh draws of a planted problem.

    Labels, pool and test rows are drawn apart, block by block, so that a smaller grid sees a part
    of the same rows.
    """

    planted: Planted
    grid: Grid

    def __call__(self, trial: int) -> list[dict[str, Any]]:
        """Draw the rows of one trial and run it."""
        sizes = (self.grid.test, max(self.grid.n), max(self.grid.N))
        parts = [self._draw(trial, part, size) for part, size in enumerate(sizes)]
        weak, strong, y, target = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        test, labels, pool = np.split(np.arange(len(y)), np.cumsum(sizes)[:-1])
        split = Split(test, np.concatenate([labels, pool[::-1]]))
        return run_trial(Pair({TEACHER: weak}, strong, y, target), self.grid, trial, split)

    def _draw(self, trial: int, part: int, size: int) -> Sample:
        """Draw the first rows of one part of a trial, whatever the number asked for."""
        blocks = []
        for block in range(-(-size // DRAWN_ROWS)):
            rng = np.random.default_rng([self.grid.seed, trial, DRAW, part, block])
            blocks.append(self.planted.draw(DRAWN_ROWS, rng))
        return Sample(*(np.concatenate(arrays)[:size] for arrays in zip(*blocks, strict=True)))

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of the maps that define the problem."""
        names = ("weak_map", "strong_map", "coef")
        return {name: fingerprint(getattr(self.planted, name)) for name in names}


@dataclass(frozen=True, eq=False)
class Campaign:
    """All trials of a sweep, not yet run.

    Attributes
    ----------
    trial
        Runs a trial: its number → the records of its cells.
    grid
        Settings.
    teachers
        Their names.
    config
        Everything that replays the sweep.
    outlook
        Where the results' dimensions and predictions come from.
    """

    trial: OnRows | OnDraws
    grid: Grid
    teachers: list[str]
    config: dict[str, Any]
    outlook: Outlook

    def run(
        self,
        out: str | Path | None,
        *,
        overwrite: bool = False,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> Results:
        """Run the trials that are not done yet; with `out`, keep them and the result there."""
        most = cores() if jobs is None else check.whole(jobs, "jobs")
        workers = min(self.grid.trials, most)
        if out is None:
            return self._results(self._trials(None, workers, progress))
        settings = {**self.config, "data": self.trial.fingerprints()}
        with open_journal(out, settings, overwrite=overwrite) as journal:
            results = self._results(self._trials(journal, workers, progress))
            write_folder(out, tables(results), results.to_dict(), overwrite=True, held=True)
        return results

    def _trials(
        self, journal: Journal | None, workers: int, progress: Progress | None
    ) -> list[pd.DataFrame]:
        """All tables in the order of the trials, whatever order they were finished in."""
        cells = len(self.grid.n) * len(self.grid.N) * len(self.grid.settings(self.teachers))
        done: dict[int, pd.DataFrame] = {}
        if journal is not None:
            kept = {trial: journal.load(trial) for trial in range(self.grid.trials)}
            done = {trial: table for trial, table in kept.items() if table is not None}
        open_trials = [trial for trial in range(self.grid.trials) if trial not in done]
        if progress is not None:
            progress(cells * len(done), cells * self.grid.trials)
        for trial, records in side_by_side(self.trial, open_trials, workers):
            done[trial] = pd.DataFrame(records)
            if journal is not None:
                journal.save(trial, done[trial])
            if progress is not None:
                progress(cells * len(done), cells * self.grid.trials)
        return [done[trial] for trial in range(self.grid.trials)]

    def _results(self, tables: list[pd.DataFrame]) -> Results:
        return Results(pd.concat(tables, ignore_index=True), self.config, self.outlook)


def side_by_side(
    run: Callable[[int], list[dict[str, Any]]], trials: Sequence[int], workers: int
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Run trials in processes, BLAS threads times workers never above the cores.

    The number of threads depends on `workers` alone, not on how many trials are left, so that a
    resumed sweep gives the same digits.
    """
    threads = max(cores() // workers, 1)
    if workers == 1:
        for trial in trials:
            with blas_threads(threads):
                records = run(trial)
            yield trial, records
        return
    with parallel_config("loky", inner_max_num_threads=threads):
        jobs = Parallel(n_jobs=workers, return_as="generator_unordered")
        yield from jobs(delayed(_numbered)(run, trial, os.getpid()) for trial in trials)


def _numbered(
    run: Callable[[int], list[dict[str, Any]]], trial: int, parent: int
) -> tuple[int, list[dict[str, Any]]]:
    _leave_with(parent)
    return trial, run(trial)


@cache
def _leave_with(parent: int) -> None:
    """End this worker soon after its parent; a killed parent cannot tell it to."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def tables(results: Results) -> dict[str, str | bytes]:
    """Name and content of the tables that a finished sweep leaves, besides its parts."""
    return {
        "trials.csv": results.table.to_csv(index=False),
        "summary.csv": results.summary.to_csv(index=False),
    }


def fingerprint(array: NDArray[Any]) -> str:
    """Write shape, type and SHA-256 of an array's rows."""
    digest = hashlib.sha256()
    for start in range(0, len(array), HASH_ROWS):
        digest.update(np.ascontiguousarray(array[start : start + HASH_ROWS]).data)
    shape = "×".join(map(str, array.shape))
    return f"{shape} {array.dtype.str} {digest.hexdigest()}"
