"""Sweeps: many trials side by side, each on disk when it is done, over grids of everything.

`sweep` runs on rows, `simulate` on fresh draws of a planted problem; both run the trials of
`w2slens.trial` and add persistence, resumption and parallel work around them.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits

from w2slens import _check
from w2slens._check import Ridge, Task
from w2slens._errors import InputError
from w2slens._files import MARKER, write_folder
from w2slens._json import to_json
from w2slens._version import __version__
from w2slens.grid import Grid, test_rows
from w2slens.journal import FORMAT, Journal, open_journal
from w2slens.outlook import Outlook, PlantedOutlook, SampleOutlook
from w2slens.pair import TEACHER, Pair
from w2slens.protocol import config
from w2slens.results import Results
from w2slens.synthetic import Planted
from w2slens.trial import run_trial

Progress = Callable[[int, int], None]
Features = ArrayLike | str | Path

TEST_DRAWN = 2000
"""Rows on which the models of a drawn trial are tested, unless asked otherwise."""

DRAW = 2
"""Last entry of the seed of a trial's rows; its splits and its noise have others."""

HASH_ROWS = 4096
"""Rows hashed at a time, so that no second copy of the features is made."""


def sweep(
    weak: Features | Mapping[str, Features],
    strong: Features,
    y: Features,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    trials: int = 10,
    ridge_weak: Ridge | Sequence[Ridge] = "auto",
    ridge_strong: Ridge | Sequence[Ridge] = "auto",
    noise_levels: Sequence[float] | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    task: Task = "regression",
    target: Features | None = None,
    test: int | float | None = None,
    ceiling: str = "all",
    overwrite: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run weak-to-strong training over a grid of n, N, teachers, label noise and ridges.

    The cells of a trial cost about one pass over its rows together, and no cell depends on which
    others are asked for. Trials run side by side, a process each.

    Parameters
    ----------
    weak
        (rows, p_w) features of a teacher, or {name: features} of several, as arrays or paths.
    strong, y
        (rows, p_s) features of the student and (rows,) or (rows, outputs) labels.
    n, N
        Numbers of labels and of pseudo-labels.
    trials
        Independent splits of the rows.
    ridge_weak, ridge_strong
        As in `transfer`, or lists of them, whose product is run.
    noise_levels
        Noise added to the training labels: for classification the share of classes that are
        flipped, for regression in standard deviations of the labels. Default: none. The test rows
        stay clean.
    out
        Folder in which every finished trial is kept. A killed sweep that is called again with the
        same arguments goes on where it was, with the same numbers; a finished one is read back.
    seed
        The same seed gives the same digits.
    task, target, test, ceiling
        As in `transfer`.
    overwrite
        Begin anew where `out` holds another result.
    jobs
        Trials at a time; default one a core. BLAS gets the cores that are left.
    progress
        Called with (cells done, cells in all).

    Returns
    -------
    Results
        One curve a teacher, noise level and pair of ridges; see `Results.select`.

    Raises
    ------
    InputError
        If an input is malformed, the rows do not suffice, or `out` is in use or holds something
        else.

    See Also
    --------
    transfer : one teacher, one process, nothing on disk.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 40))
    >>> y = x[:, 0] + rng.standard_normal(3000)
    >>> teachers = {"inside": x[:, :10], "apart": x[:, 8:38]}
    >>> found = sweep(teachers, x[:, :10], y, n=[50, 100], N=1000, trials=2, ridge_weak=0,
    ...               ridge_strong=0, jobs=1)
    >>> len(found.table)
    8
    >>> found.select(teacher="apart").dimensions.d_w
    30
    """
    plan = prepare(
        weak,
        strong,
        y,
        n=n,
        N=N,
        trials=trials,
        ridge_weak=ridge_weak,
        ridge_strong=ridge_strong,
        noise_levels=noise_levels,
        seed=seed,
        task=task,
        target=target,
        test=test,
        ceiling=ceiling,
    )
    return plan.run(out, overwrite=overwrite, jobs=jobs, progress=progress)


def simulate(
    planted: Planted,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    trials: int = 10,
    ridge_weak: Ridge | Sequence[Ridge] = "auto",
    ridge_strong: Ridge | Sequence[Ridge] = "auto",
    out: str | Path | None = None,
    seed: int = 0,
    test: int = TEST_DRAWN,
    ceiling: str = "all",
    overwrite: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Results:
    """Run weak-to-strong training on fresh draws of a planted problem.

    Every trial draws its rows anew, so that standard errors cover the draw of the rows; risks are
    excess risks, and the predictions come from the population itself.

    Parameters
    ----------
    planted
        The problem.
    n, N, trials, ridge_weak, ridge_strong, out, seed, ceiling, overwrite, jobs, progress
        As in `sweep`.
    test
        Rows on which every trial's models are tested.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        As `sweep`.

    Examples
    --------
    >>> pair = Planted.with_correlations(12, 8, [1, 1, 0.5], noise=1.0)
    >>> found = simulate(pair, n=60, N=500, trials=2, ridge_weak=0, ridge_strong=0, jobs=1)
    >>> print(found.scale, f"{found.dimensions.d_sw:.2f}")
    excess 2.25
    """
    plan = prepare_planted(
        planted,
        n=n,
        N=N,
        trials=trials,
        ridge_weak=ridge_weak,
        ridge_strong=ridge_strong,
        seed=seed,
        test=test,
        ceiling=ceiling,
    )
    return plan.run(out, overwrite=overwrite, jobs=jobs, progress=progress)


def prepare(
    weak: Features | Mapping[str, Features],
    strong: Features,
    y: Features,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    trials: int = 10,
    ridge_weak: Ridge | Sequence[Ridge] = "auto",
    ridge_strong: Ridge | Sequence[Ridge] = "auto",
    noise_levels: Sequence[float] | None = None,
    seed: int = 0,
    task: Task = "regression",
    target: Features | None = None,
    test: int | float | None = None,
    ceiling: str = "all",
) -> "Plan":
    """Check everything about a sweep on rows without running it; parameters as of `sweep`."""
    data = Pair.validated(weak, strong, y, target, task)
    grid = Grid.validated(
        n=n,
        N=N,
        trials=trials,
        test=test_rows(test, data.rows),
        ridge_weak=ridge_weak,
        ridge_strong=ridge_strong,
        noise_levels=noise_levels,
        classification=data.classes is not None,
        ceiling=ceiling,
        seed=seed,
    )
    grid.check_rows(data.rows)
    settings = {**config(data, grid, task), "teachers": list(data.teachers)}
    return Plan(OnRows(data, grid), grid, list(data.teachers), settings, SampleOutlook(data, grid))


def prepare_planted(
    planted: Planted,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    trials: int = 10,
    ridge_weak: Ridge | Sequence[Ridge] = "auto",
    ridge_strong: Ridge | Sequence[Ridge] = "auto",
    seed: int = 0,
    test: int = TEST_DRAWN,
    ceiling: str = "all",
) -> "Plan":
    """Check everything about a simulation without running it; parameters as of `simulate`."""
    if not isinstance(planted, Planted):
        raise InputError("planted", f"is {type(planted).__name__}; a Planted problem is needed")
    grid = Grid.validated(
        n=n,
        N=N,
        trials=trials,
        test=_check.whole(test, "test"),
        ridge_weak=ridge_weak,
        ridge_strong=ridge_strong,
        ceiling=ceiling,
        seed=seed,
    )
    grid.check_rows(grid.rows)
    settings = {
        **grid.to_dict(),
        "scale": "excess",
        "task": "regression",
        "rows": grid.rows,
        "outputs": planted.coef.shape[1],
        "classes": None,
        "version": __version__,
        "teachers": [TEACHER],
        "drawn": {"law": planted.law, "noise": float(planted.noise)},
    }
    return Plan(
        OnDraws(planted, grid), grid, [TEACHER], settings, PlantedOutlook(planted.problem, grid)
    )


@dataclass(frozen=True, eq=False)
class OnRows:
    """The trials of a grid on given rows."""

    data: Pair
    grid: Grid

    def __call__(self, trial: int) -> list[dict[str, Any]]:
        """Run one trial."""
        return run_trial(self.data, self.grid, trial)

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of every array."""
        data = self.data
        arrays = {f"weak.{name}": features for name, features in data.teachers.items()}
        arrays |= {"strong": data.strong, "labels": data.targets}
        if data.truth is not None:
            arrays["target"] = data.truth
        return {name: fingerprint(array) for name, array in arrays.items()}


@dataclass(frozen=True, eq=False)
class OnDraws:
    """The trials of a grid on fresh draws of a planted problem."""

    planted: Planted
    grid: Grid

    def __call__(self, trial: int) -> list[dict[str, Any]]:
        """Draw the rows of one trial and run it."""
        rng = np.random.default_rng([self.grid.seed, trial, DRAW])
        drawn = self.planted.draw(self.grid.rows, rng)
        pair = Pair({TEACHER: drawn.weak}, drawn.strong, drawn.y, drawn.target)
        return run_trial(pair, self.grid, trial)

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of the maps that define the problem."""
        names = ("weak_map", "strong_map", "coef")
        return {name: fingerprint(getattr(self.planted, name)) for name in names}


@dataclass(frozen=True, eq=False)
class Plan:
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
        cores = cpu_count() or 1
        workers = min(self.grid.trials, cores if jobs is None else _check.whole(jobs, "jobs"))
        if out is None:
            tables = self._trials(None, workers, progress)
            return self._results(tables)
        settings = {**self.config, "data": self.trial.fingerprints()}
        with open_journal(out, settings, overwrite=overwrite) as journal:
            results = self._results(self._trials(journal, workers, progress))
            if not (journal.folder / MARKER).exists() or journal.damaged:
                write_folder(journal.folder, result_files(results), overwrite=True, continuing=True)
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
    threads = max((cpu_count() or 1) // workers, 1)
    if workers == 1:
        for trial in trials:
            with threadpool_limits(threads, user_api="blas"):
                records = run(trial)
            yield trial, records
        return
    context = parallel_config("loky", inner_max_num_threads=threads) if trials else nullcontext()
    with context:
        jobs = Parallel(n_jobs=workers, return_as="generator_unordered")
        yield from jobs(delayed(_numbered)(run, trial) for trial in trials)


def _numbered(
    run: Callable[[int], list[dict[str, Any]]], trial: int
) -> tuple[int, list[dict[str, Any]]]:
    return trial, run(trial)


def result_files(results: Results) -> dict[str, str | bytes]:
    """Name and content of the files that a finished sweep leaves, besides its parts."""
    return {
        "trials.csv": results.table.to_csv(index=False),
        "summary.csv": results.summary.to_csv(index=False),
        MARKER: to_json({"format": FORMAT, **results.to_dict()}) + "\n",
    }


def fingerprint(array: NDArray[Any]) -> str:
    """Write shape, type and SHA-256 of an array's rows."""
    digest = hashlib.sha256()
    for start in range(0, len(array), HASH_ROWS):
        digest.update(np.ascontiguousarray(array[start : start + HASH_ROWS]).data)
    shape = "×".join(map(str, array.shape))
    return f"{shape} {array.dtype.str} {digest.hexdigest()}"
