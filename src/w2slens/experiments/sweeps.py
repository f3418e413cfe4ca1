"""Sweeps: many trials side by side, each on disk when it is done, over grids of everything.

`sweep` runs on rows, `simulate` on fresh draws of a planted problem; both run the trials of
`w2slens.trial` and add persistence, resumption and parallel work around them.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Ridge, Task
from w2slens._version import __version__
from w2slens.experiments.oracle import PlantedOutlook, SampleOutlook
from w2slens.experiments.results import Results
from w2slens.experiments.rows import TEACHER, Pair
from w2slens.experiments.run import config
from w2slens.experiments.settings import Grid, test_rows
from w2slens.experiments.study import Campaign, OnDraws, OnRows, Progress
from w2slens.moments.components import Components
from w2slens.synthetic import Planted

Features = ArrayLike | str | Path

TEST_DRAWN = 2000
"""Rows on which the models of a drawn trial are tested, unless asked otherwise."""


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
    groups: Features | None = None,
    ceiling: str = "all",
    loss: str = "squared",
    components_weak: Components = None,
    components_strong: Components = None,
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
    task, target, test, groups, ceiling, loss
        As in `transfer`.
    components_weak, components_strong
        Cut the features to their leading principal components: how many, or the share of the
        variance that they hold; over all rows. Default: as they are.
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
    campaign = prepare(
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
        groups=groups,
        ceiling=ceiling,
        loss=loss,
        components_weak=components_weak,
        components_strong=components_strong,
    )
    return campaign.run(out, overwrite=overwrite, jobs=jobs, progress=progress)


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
    campaign = prepare_planted(
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
    return campaign.run(out, overwrite=overwrite, jobs=jobs, progress=progress)


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
    groups: Features | None = None,
    ceiling: str = "all",
    loss: str = "squared",
    components_weak: Components = None,
    components_strong: Components = None,
) -> Campaign:
    """Check everything about a sweep on rows without running it; parameters as of `sweep`."""
    cuts = {"components_weak": components_weak, "components_strong": components_strong}
    data = Pair.validated(weak, strong, y, target, task, groups=groups, **cuts)
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
        loss=loss,
    )
    grid.check_rows(data.rows, data.unused)
    settings = {**config(data, grid, task), **cuts, "teachers": list(data.teachers)}
    return Campaign(
        OnRows(data, grid), grid, list(data.teachers), settings, SampleOutlook(data, grid)
    )


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
) -> Campaign:
    """Check everything about a simulation without running it; parameters as of `simulate`."""
    if not isinstance(planted, Planted):
        raise InputError("planted", f"is {type(planted).__name__}; a Planted problem is needed")
    grid = Grid.validated(
        n=n,
        N=N,
        trials=trials,
        test=check.whole(test, "test"),
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
    return Campaign(
        OnDraws(planted, grid), grid, [TEACHER], settings, PlantedOutlook(planted.problem, grid)
    )
