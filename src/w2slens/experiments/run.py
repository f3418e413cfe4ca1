"""The doors of a run: `transfer`, `sweep` and `simulate` make `Settings` and run a `Study`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from w2slens._core.cluster import Scheduler
from w2slens._core.errors import InputError
from w2slens._core.types import Id, Progress
from w2slens.experiments.keywords import told_by_settings
from w2slens.experiments.results import Results
from w2slens.experiments.settings import DRAWN, Settings
from w2slens.experiments.study import Study
from w2slens.experiments.trackers.tracker import Tracker
from w2slens.features.reading import FeaturesLike, LabelsLike
from w2slens.synthetic import Planted


@told_by_settings()
def transfer(
    weak: FeaturesLike,
    strong: FeaturesLike,
    y: LabelsLike,
    *,
    target: LabelsLike | None = None,
    groups: LabelsLike | None = None,
    header: bool | None = None,
    id: Id = None,
    progress: Progress | None = None,
    scheduler: Scheduler | None = None,
    tracker: Tracker | str | None = None,
    **settings: Any,
) -> Results:
    """Run weak-to-strong training with linear probes and measure its risks.

    In every trial: fit the weak teacher and the strong baseline on n labels, the W2S student on the
    teacher's scores of N other rows, and the strong ceiling on true labels; test all four on rows
    that none of them saw.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples, as arrays, paths or datasets.
    y
        (rows,) or (rows, outputs) labels; for classification (rows,) integer classes, or text.
    <settings>
    target
        (rows,) or (rows, outputs): f* where it is known; risks are then excess risks.
    groups
        (rows,) whole numbers or words: rows of one group (phrases of a sentence, of a person) are
        never on both sides of the test block.
    header
        Whether first lines of CSV that are whole numbers, or single words, name the columns; asked
        for where it cannot be told.
    id
        Column of ids by which rows are joined, whatever their order: its name in every table, or
        {argument: its column, a file of its ids, or ids}. By position where none is given.
    progress
        Called with (cells done, cells in all).
    scheduler
        A Dask cluster on whose workers the trials run, as of `Study.run`; they also share the pass
        over features that stay on disk.
    tracker
        Where the run is told of, as of `Study.run`: ``"mlflow"``, ``"wandb"``, ``"tensorboard"``.

    Returns
    -------
    Results

    Raises
    ------
    InputError
        If an input is malformed or the rows cannot hold max n + max N + test.

    See Also
    --------
    sweep : several teachers, trials side by side, kept on disk.

    Notes
    -----
    Standard errors are over random splits of the given rows; they do not cover the draw of the
    rows themselves.

    References
    ----------
    arXiv 2502.05075, sections 2 and 5.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 40))
    >>> y = x[:, 0] + rng.standard_normal(3000)
    >>> weak, strong = x, x[:, :10]
    >>> run = transfer(weak, strong, y, n=100, N=2000, trials=5, ridge_weak=0, ridge_strong=0)
    >>> row = run.summary.iloc[0]
    >>> bool(row["w2s"] < row["weak"])
    True
    """
    if isinstance(weak, Mapping):
        raise InputError("weak", "names teachers; transfer takes one, sweep takes several")
    known: dict[str, Any] = {"target": target, "groups": groups, "header": header, "id": id}
    study = Study.of_rows(weak, strong, y, Settings(**settings), **known)
    return study.run(progress=progress, scheduler=scheduler, tracker=tracker)


@told_by_settings()
def sweep(
    weak: FeaturesLike | Mapping[str, FeaturesLike],
    strong: FeaturesLike,
    y: LabelsLike,
    *,
    target: LabelsLike | None = None,
    groups: LabelsLike | None = None,
    header: bool | None = None,
    id: Id = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    scheduler: Scheduler | None = None,
    tracker: Tracker | str | None = None,
    **settings: Any,
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
    <settings>
    target, groups, header, id
        As in `transfer`.
    out
        Folder in which every finished trial is kept. A killed sweep that is called again with the
        same arguments goes on where it was, with the same numbers; a finished one is read back.
    overwrite
        Begin anew where `out` holds another result.
    jobs
        Trials at a time; default one a core. BLAS gets the cores that are left.
    progress
        Called with (cells done, cells in all).
    scheduler
        A Dask cluster on whose workers the trials run, as of `Study.run`; they also share the pass
        over features that stay on disk.
    tracker
        Where the run is told of, as of `Study.run`: ``"mlflow"``, ``"wandb"``, ``"tensorboard"``.

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
    known: dict[str, Any] = {"target": target, "groups": groups, "header": header, "id": id}
    study = Study.of_rows(weak, strong, y, Settings(**settings), **known)
    told: dict[str, Any] = {"progress": progress, "scheduler": scheduler, "tracker": tracker}
    return study.run(out, overwrite=overwrite, jobs=jobs, **told)


@told_by_settings(DRAWN)
def simulate(
    planted: Planted,
    *,
    out: str | Path | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    scheduler: Scheduler | None = None,
    tracker: Tracker | str | None = None,
    **settings: Any,
) -> Results:
    """Run weak-to-strong training on fresh draws of a planted problem.

    Every trial draws its rows anew, so that standard errors cover the draw of the rows; risks are
    excess risks, and the predictions come from the population itself.

    Parameters
    ----------
    planted
        The problem.
    <settings>
    out, overwrite, jobs, progress, scheduler, tracker
        As in `sweep`.

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
    study = Study.of_population(planted, Settings(**settings))
    told: dict[str, Any] = {"progress": progress, "scheduler": scheduler, "tracker": tracker}
    return study.run(out, overwrite=overwrite, jobs=jobs, **told)
