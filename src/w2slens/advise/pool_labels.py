"""What a student is taught of the pool and how sure that is, and which rows to label next."""

import numpy as np

from w2slens._core.types import Array
from w2slens.features.ondisk import Matrix, after, chunks
from w2slens.forecasting.students import Classroom, times
from w2slens.models.buying import worth_labeling
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS, W2S
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.products import product

CONSIDERED = 2000  # rows of the pool, evenly spaced, among which labels are bought


def pseudo_labels(
    name: str, room: Classroom, weak: Matrix, strong: Matrix
) -> tuple[Array | None, Array]:
    """(N, k) what the pool was taught as, and (N,) how far f* may be from its posterior mean."""
    block, posterior = room.block, room.posterior
    n, sides = len(block.targets), {"weak": room.beside(weak), "strong": strong}
    held = posterior.held_out.probe
    taught: LinearProbe | None = held
    if not STUDENTS[name].pool:
        taught = None
    elif name in (W2S, "anchored"):
        taught = block.teacher(room.ridge_weak)
    # Deviations need few digits: half the time in float32, about the means of the labeled rows.
    root = product(posterior.prior.axes, posterior.spread).astype(np.float32)
    p_w, centre = weak.shape[1], np.concatenate([block.weak.mean, block.strong.mean])
    found, doubt = [], []
    for chunk in chunks({name: after(side, n) for name, side in sides.items()}):
        for start in range(0, len(chunk["strong"]), PANEL_ROWS):
            some = [side[start : start + PANEL_ROWS] for side in chunk.values()]
            rows = np.concatenate(some, axis=1, dtype=np.float64)
            along = product((rows - centre).astype(np.float32), root)
            doubt.append(np.sqrt(np.sum(along**2, axis=1, dtype=np.float64)))
            if taught is not None:
                found.append(taught.predict(rows[:, : p_w if taught is not held else None]))
    return (np.concatenate(found) if found else None), np.concatenate(doubt)


def rows_to_buy(room: Classroom, weak: Matrix, strong: Matrix, count: int) -> tuple[int, ...]:
    """Name rows of the pool, by their places in the files, the most worth a label first."""
    block, posterior, k = room.block, room.posterior, room.labels.values.shape[1]
    n, prior = len(block.targets), posterior.prior
    some = np.unique(np.linspace(n, len(weak) - 1, max(CONSIDERED, count)).astype(int))
    rows = prior.along(room.beside(weak)[some] - block.weak.mean, strong[some] - block.strong.mean)
    covariance = product(posterior.spread, posterior.spread.T) / k
    second = product(prior.axes.T, times(room.pool.moments, prior.axes))
    places = worth_labeling(rows, covariance, second, posterior.moments()[1] / k, count)
    return tuple(some[places].tolist())
