"""The weak-to-strong protocol over a grid of (n, N): one engine for one cell or many."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from w2slens import _check
from w2slens._check import Ridge, Task
from w2slens._errors import InputError
from w2slens._version import __version__
from w2slens.dimension import jackknife_blocks, measure
from w2slens.moments import Moments, total
from w2slens.pair import Pair
from w2slens.results import Results
from w2slens.risk import Risks
from w2slens.theory import Problem, predict
from w2slens.theory.prediction import CEILINGS
from w2slens.trial import Grid, run_trial

TEST_SHARE = 0.2
"""Share of the rows that is held out for testing unless asked otherwise."""


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
    ceiling: str = "all",
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
    ceiling
        Rows with true labels for the ceiling: ``"all"`` (n+N), ``"pool"`` (N) or ``"labels"`` (n).
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
    data = Pair.validated(weak, strong, y, target, task)
    rows = data.rows
    _check.choice(ceiling, "ceiling", CEILINGS)
    grid = Grid(
        _check.counts(n, "n"),
        _check.counts(N, "N"),
        _check.whole(trials, "trials"),
        test_rows(test, rows),
        _check.ridge(ridge_weak, "ridge_weak"),
        _check.ridge(ridge_strong, "ridge_strong"),
        ceiling,
        _check.whole(seed, "seed", least=0),
    )
    grid.check_rows(rows)
    parts = data.moments(jackknife_blocks(data.weak.shape[1] + data.strong.shape[1]))
    dims = measure([part.select("weak", "strong") for part in parts])
    records: list[dict[str, Any]] = []
    cells = len(grid.n) * len(grid.N) * grid.trials
    for trial in range(grid.trials):
        records += run_trial(data, grid, trial)
        if progress is not None:
            progress(len(records), cells)
    predicted = _oracle(total(parts), data, grid)
    return Results(
        pd.DataFrame(records), dims, predicted, predicted.scale, _config(data, grid, task)
    )


def test_rows(test: int | float | None, rows: int) -> int:
    """Resolve the size of the test block: a count, a share, or the default share."""
    share = TEST_SHARE if test is None else test
    if not isinstance(share, (float, np.floating)):
        return _check.whole(share, "test")
    if not 0 < share < 1:
        raise InputError("test", f"is {share!r}; a number of rows or a share below 1 is needed")
    return max(int(share * rows), 1)


test_rows.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name says


def _oracle(moments: Moments, data: Pair, grid: Grid) -> Risks:
    """Predict with the moments of all rows and labels, as no user without labels could."""
    noise = 0.0
    if data.truth is not None:
        noise = float(np.mean(np.sum((data.targets - data.truth) ** 2, axis=1)))
    risks = predict(
        Problem.from_moments(moments, noise=noise),
        n=grid.n,
        N=grid.N,
        # A chosen ridge has no ridgeless prediction: any positive value says so.
        ridge_weak=1.0 if grid.ridge_weak == "auto" else grid.ridge_weak,
        ridge_strong=1.0 if grid.ridge_strong == "auto" else grid.ridge_strong,
        method="exact",
        intercept=True,
        ceiling=grid.ceiling,
    )
    return replace(risks, scale="raw" if data.truth is None else "excess")


def _config(data: Pair, grid: Grid, task: Task) -> dict[str, Any]:
    return {
        **asdict(grid),
        "n": list(grid.n),
        "N": list(grid.N),
        "task": task,
        "rows": data.rows,
        "outputs": data.outputs,
        "classes": None if data.classes is None else data.classes.tolist(),
        "version": __version__,
    }
