"""`Study`: rows or a population with settings, ready to run; the one runner under every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from w2slens._core import check
from w2slens._core.cluster import Scheduler, reached
from w2slens._core.errors import InputError
from w2slens._core.types import Id, Progress, Task
from w2slens._version import __version__
from w2slens.experiments.draws import Draws
from w2slens.experiments.folder.archive import recalled
from w2slens.experiments.folder.journal import is_begun, open_journal
from w2slens.experiments.folder.layout import PARTS, SUMS, TRIALS, write_folder
from w2slens.experiments.oracle import ORACLES, Oracle
from w2slens.experiments.results import Results
from w2slens.experiments.rows import Rows
from w2slens.experiments.settings import Settings
from w2slens.experiments.streamed import StreamedRows
from w2slens.experiments.summing import sum_on
from w2slens.experiments.trackers.told import tracked
from w2slens.experiments.trackers.tracker import Tracker
from w2slens.experiments.trial.loop import run_trial
from w2slens.experiments.workers import Record, Where, on_cluster, side_by_side
from w2slens.features.ondisk import OnDisk
from w2slens.synthetic import Planted


class Study:
    """All trials of a run, checked and not yet run.

    Parameters
    ----------
    source
        Rows, or draws of a planted problem; `of_rows` and `of_population` make either.
    settings
        What the run is told.
    words
        What else its results say: a title, the recipe.

    Attributes
    ----------
    source, settings
        Ready for the trials: features cut to components, the size of the test block settled.

    Raises
    ------
    InputError
        If the settings do not go with the rows.

    Examples
    --------
    >>> from w2slens import Planted, Settings, Study
    >>> pair = Planted.with_correlations(12, 8, [1, 1, 0.5], noise=1.0)
    >>> study = Study.of_population(pair, Settings(n=60, N=500, trials=2, ridge_weak=0))
    >>> len(study.run(jobs=1).table)
    2
    """

    long = False
    """Whether a trial surely takes longer than a process to start."""

    def __init__(
        self, source: Rows | Draws, settings: Settings, words: Mapping[str, str] | None = None
    ) -> None:
        self.source: Rows | Draws
        self.source, self.settings = source.prepared(settings)
        self._words = dict(words or {})

    @classmethod
    def of_rows(
        cls,
        weak: Any,
        strong: Any,
        y: Any,
        settings: Settings,
        *,
        target: Any = None,
        groups: Any = None,
        header: bool | None = None,
        id: Id = None,
        words: Mapping[str, str] | None = None,
    ) -> Study:
        """Read features and labels; parameters as of `w2slens.sweep`."""
        known = {"target": target, "groups": groups, "header": header, "id": id}
        rows = Rows.read(weak, strong, y, settings.task, stream=settings.stream, **known)
        if isinstance(rows.strong, OnDisk):
            rows = StreamedRows.of(rows)
        task: Task = "regression" if rows.classes is None else "classification"
        return cls(rows, replace(settings, task=task), words)

    @classmethod
    def of_population(
        cls, planted: Planted, settings: Settings, words: Mapping[str, str] | None = None
    ) -> Study:
        """Draw the rows of every trial anew."""
        return cls(Draws(planted), settings, words)

    @property
    def config(self) -> dict[str, Any]:
        """Everything that replays the run on the same rows."""
        facts = self.source.facts(self.settings)
        return {**self.settings.to_dict(), **facts, "version": __version__, **self._words}

    def run(
        self,
        out: str | Path | None = None,
        *,
        overwrite: bool = False,
        jobs: int | None = None,
        progress: Progress | None = None,
        scheduler: Scheduler | None = None,
        tracker: Tracker | str | None = None,
    ) -> Results:
        """Run the trials that are not done yet; with `out`, keep them and the result there.

        Parameters
        ----------
        out
            Folder in which every finished trial is kept; the same run goes on there.
        overwrite
            Begin anew where `out` holds another result.
        jobs
            Trials at a time; default one a core.
        progress
            Called with (cells done, cells in all).
        scheduler
            Address of a Dask scheduler on whose workers the trials run, in place of `jobs`;
            ``"local"`` starts a worker a core. Or a pair (address, `distributed.Security`), or a
            connected `distributed.Client`. Workers also share the pass over features that stay on
            disk; with `out` its sums are kept there until the result is.
        tracker
            Where the run is told of: ``"mlflow"``, ``"wandb"`` or ``"tensorboard"``, perhaps with
            a colon and where to, or a `w2slens.experiments.trackers.Tracker`.
        """
        sums = None if out is None else Path(out) / PARTS / SUMS
        if scheduler is not None and jobs is not None:
            raise InputError("jobs", "are the workers of the scheduler; name one of the two")
        anew = out is not None and (overwrite or not is_begun(out))
        with reached(scheduler, now=anew) as cluster, tracked(tracker, self.config) as tell:
            where = self._where(jobs, cluster, sums)
            results = self._run(out, overwrite, where, progress)
            tell(results, out)
        return results

    def _run(
        self, out: str | Path | None, overwrite: bool, where: Where, progress: Progress | None
    ) -> Results:
        """Run the trials that are not done yet, and write what is asked for."""
        if out is None:
            run = self._runner(None)
            trials = self._tables(run, {}, lambda trial, table: None, where, progress)
            return self._results(trials)
        config = {**self.config, "data": self.source.fingerprints()}
        with open_journal(out, config, overwrite=overwrite) as journal:
            whole = journal.whole(self.settings.trials)
            if whole and (found := recalled(Path(out), whole, self.config, self._oracle())):
                if progress is not None:
                    progress(len(found.table), len(found.table))
                return found
            run, done = self._runner(Path(out)), journal.finished(self.settings.trials)
            results = self._results(self._tables(run, done, journal.save, where, progress))
            document = results.to_dict()  # first: its pass over the rows serves the tables too
            write_folder(out, tables(results), document, kind="sweep", overwrite=True, held=True)
            (Path(out) / PARTS / SUMS).unlink(missing_ok=True)
        return results

    def _where(self, jobs: int | None, scheduler: Scheduler | None, sums: Path | None) -> Where:
        """Choose where trials run."""
        if scheduler is not None:
            first = None
            if isinstance(self.source, StreamedRows):
                first = partial(sum_on, rows=self.source, journal=sums)
            return partial(on_cluster, scheduler=scheduler, first=first)
        most = None if jobs is None else check.whole(jobs, "jobs")
        return partial(side_by_side, workers=most, long=self.long)

    def _runner(self, folder: Path | None) -> Callable[[int], list[Record]]:
        """Make what runs a trial, by its number; it may keep models of its own in the folder."""
        return partial(one_trial, self.source, self.settings)

    def _tables(
        self,
        run: Callable[[int], list[Record]],
        done: dict[int, pd.DataFrame],
        save: Callable[[int, pd.DataFrame], None],
        where: Where,
        progress: Progress | None,
    ) -> list[pd.DataFrame]:
        """All tables in the order of the trials, whatever order they were finished in."""
        settings = self.settings
        curves = len(settings.curves(self.source.teachers))
        cells = len(settings.n) * len(settings.N) * curves
        move = partial(_move, progress, cells, settings.trials)
        move(len(done))
        left = [trial for trial in range(settings.trials) if trial not in done]
        for trial, records in where(run, left):
            done[trial] = pd.DataFrame(records)
            save(trial, done[trial])
            move(len(done))
        return [done[trial] for trial in range(settings.trials)]

    def _results(self, found: list[pd.DataFrame]) -> Results:
        return Results(pd.concat(found, ignore_index=True), self.config, self._oracle())

    def _oracle(self) -> Oracle:
        """Return what is known without trials."""
        return ORACLES[type(self.source)](self.source, self.settings)


def one_trial(source: Rows | Draws, settings: Settings, number: int) -> list[Record]:
    """Run one trial; a record a cell."""
    rows, split = source.trial(settings, number)
    return run_trial(rows, settings, number, split)


def _move(progress: Progress | None, cells: int, trials: int, done: int) -> None:
    if progress is not None:
        progress(cells * done, cells * trials)


def tables(results: Results) -> dict[str, str | bytes]:
    """Name and content of the tables that a finished run leaves, besides its parts."""
    return {
        TRIALS: results.table.to_csv(index=False),
        "summary.csv": results.summary.to_csv(index=False),
    }
