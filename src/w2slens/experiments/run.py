"""The weak-to-strong protocol over a grid of (n, N): one engine for one cell or many."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.threads import blas_threads, cores
from w2slens._core.types import Ridge, Task
from w2slens._version import __version__
from w2slens.experiments.oracle import SampleOutlook
from w2slens.experiments.results import Results
from w2slens.experiments.rows import Pair
from w2slens.experiments.settings import Grid, test_rows
from w2slens.experiments.split import Split
from w2slens.experiments.trial.loop import run_trial


def transfer(
    weak: ArrayLike | str | Path,
    strong: ArrayLike | str | Path,
    y: ArrayLike | str | Path,
    *,
    n: int | Iterable[int],
    N: int | Iterable[int],
    trials: int = 10,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    task: Task = "regression",
    target: ArrayLike | str | Path | None = None,
    test: int | float | None = None,
    groups: ArrayLike | str | Path | None = None,
    ceiling: str = "all",
    loss: str = "squared",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Run weak-to-strong training with linear probes and measure its risks.

    In every trial: fit the weak teacher and the strong baseline on n labels, the W2S student on the
    teacher's scores of N other rows, and the strong ceiling on true labels; test all four on rows
    that none of them saw.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples, as arrays or paths.
    y
        (rows,) or (rows, outputs) labels; (rows,) integer classes for classification.
    n, N
        Numbers of labels and of pseudo-labels; the run covers their product.
    trials
        Independent splits of the rows.
    ridge_weak, ridge_strong
        λ in ``(1/n)‖·‖² + λ‖·‖²``, or ``"auto"``: chosen for every model alike by leave-one-out on
        the labels (the ceiling by folds).
    task
        ``"classification"`` regresses on one-hot labels, with soft pseudo-labels.
    target
        (rows,) or (rows, outputs): f* where it is known; risks are then excess risks.
    test
        Rows held out first: a number, or a share below 1; default a fifth.
    groups
        (rows,) whole numbers: rows of one group (phrases of a sentence, pictures of a person) are
        never on both sides of the test block.
    ceiling
        Rows with true labels for the ceiling: ``"all"`` (n+N), ``"pool"`` (N) or ``"labels"`` (n).
    loss
        ``"squared"``, or for classification ``"cross-entropy"``: logistic probes, the student's on
        the teacher's probabilities; risks are Brier scores then, λ is in ``(1/n) CE + λ‖·‖²``, and
        ``"auto"`` chooses by folds of the true labels.
    seed
        The same seed gives the same splits, hence the same digits.
    progress
        Called with (cells done, cells in all).

    Returns
    -------
    Results

    Raises
    ------
    InputError
        If an input is malformed or the rows cannot hold max n + max N + test.

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
    data = Pair.validated(weak, strong, y, target, task, groups=groups)
    grid = Grid.validated(
        n=n,
        N=N,
        trials=trials,
        test=test_rows(test, data.rows),
        ridge_weak=check.ridge(ridge_weak, "ridge_weak"),
        ridge_strong=check.ridge(ridge_strong, "ridge_strong"),
        classification=data.classes is not None,
        ceiling=ceiling,
        seed=seed,
        loss=loss,
    )
    grid.check_rows(data.rows, data.unused)
    records: list[dict[str, Any]] = []
    cells = len(grid.n) * len(grid.N) * grid.trials
    for trial in range(grid.trials):
        split = Split.draw(data.rows, grid.test, grid.seed, trial, data.groups)
        with blas_threads(cores()):
            records += run_trial(data, grid, trial, split)
        if progress is not None:
            progress(len(records), cells)
    return Results(pd.DataFrame(records), config(data, grid, task), SampleOutlook(data, grid))


def config(data: Pair, grid: Grid, task: Task) -> dict[str, Any]:
    """Return everything that replays a run on given rows."""
    return {
        **grid.to_dict(),
        "scale": "raw" if data.truth is None else "excess",
        "task": task,
        "rows": data.rows,
        "groups": None if data.groups is None else int(data.groups.max()) + 1,
        "outputs": data.outputs,
        "classes": None if data.classes is None else data.classes.tolist(),
        "version": __version__,
    }
