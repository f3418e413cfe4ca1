"""The choice of the ridge: leave-one-out on labels, generalised cross-validation of moments."""

from collections.abc import Sequence

import numpy as np

from w2slens._core.types import Array
from w2slens.models.centred import EVERY
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut
from w2slens.models.labeled import LabeledBlock
from w2slens.models.projection import Projection
from w2slens.moments import Moments, product

GRID_DECADES = (-8.0, 2.0)
"""Automatic ridges span these powers of ten of the mean retained eigenvalue, besides 0."""

GRID_SIZE = 41
"""Four ridges a decade: neighbours differ in risk by less than leave-one-out can tell."""

FREE = 1e-3
"""Share of the rows that a fit leaves free, below which its residuals say nothing."""


EXACT = 256
"""Rows of which leave-one-out of a student is exact, where it chooses a ridge."""


def grid(eigenvalues: Array) -> list[float]:
    """Candidate ridges, largest first and 0 last, scaled to the covariance's eigenvalues (r,)."""
    scale = float(eigenvalues.mean()) if len(eigenvalues) else 1.0
    return [*(scale * np.logspace(GRID_DECADES[1], GRID_DECADES[0], GRID_SIZE)), 0.0]


def choose_loo(design: Design, targets: Array, *, factored: bool = True) -> float:
    """Return the ridge with the least leave-one-out squared error of a fit on labeled rows.

    `factored` says that the design is factored for other ends too.
    """
    if factored or design.coarse is None:
        ridges = grid(design.values**2 / design.n)
    else:
        ridges = grid(design.coarse[0] ** 2 / design.n)
    return least(ridges, design.loo_losses(targets, ridges, factored=factored))


def choose_w2s(
    block: LabeledBlock, pool: Moments, ridge_weak: float, *, teacher: str = "weak"
) -> float:
    """Return the W2S student's ridge with the least leave-one-out error on the true labels.

    Leave-one-out on the pseudo-labels would tune imitation of the teacher instead.
    """
    held = block.held_out_teacher(ridge_weak)
    return choose_distilled(held, block, Projection(pool, (teacher,)))


def choose_distilled(held: HeldOut, block: LabeledBlock, projection: Projection) -> float:
    """Return the ridge with the least leave-one-out error of a student of such scores."""
    pool = projection.pool
    ridges = grid(pool.spectrum("strong").values / pool.count)
    return least(ridges, distilled_losses(held, block, projection, ridges))


def distilled_losses(
    held: HeldOut, block: LabeledBlock, projection: Projection, ridges: Sequence[float]
) -> Array:
    """(len(ridges),) leave-one-out squared errors of a student, to compare ridges by.

    What a label adds to the student's score of its own row takes a product of all features, so it
    is known exactly of `EXACT` rows alone. Of all others it is taken to be proportional to what the
    label adds to the scores that the student imitates; the rows where both are known correct the
    sum for what this misses (a control variate).
    """
    strong, y, digits = block.strong, block.targets, np.float32
    some = strong.sample(EXACT)
    fitted = y[some] - projection.scores(held, strong, ridges, some, digits)
    moved = projection.moved(held, strong, ridges, some, digits)
    exact = np.sum((fitted + moved) ** 2, axis=(1, 2))
    if some == EVERY:
        return np.asarray(exact)
    own = held.own(EVERY)
    share = np.sum(moved * own[some], axis=(1, 2)) / max(float(np.sum(own[some] ** 2)), 1e-300)
    rough = np.sum((fitted + share[:, None, None] * own[some]) ** 2, axis=(1, 2))
    losses = len(y) / len(own[some]) * (exact - rough)
    for these, said in projection.said(held, strong, ridges, digits):
        left = y[these] - said + share[:, None, None] * own[these]
        losses += np.sum(left**2, axis=(1, 2))
    return np.asarray(losses)


def choose_gcv(moments: Moments, *, groups: int = 1) -> list[float]:
    """Return the ridges of fits of ``label`` on ``strong`` with the least generalised CV error.

    ``RSS(λ)/(1 − df(λ)/M)²``, leave-one-out of M rows at their mean leverage (Golub, Heath and
    Wahba, 1979): moments and one eigenproblem know it for all λ. The label's columns fall into
    groups of equal size, which get a ridge each.
    """
    eigen, M = moments.spectrum("strong"), moments.count
    values, ridges = eigen.all_values, grid(eigen.values / M)
    squares = product(eigen.all_vectors.T, moments.cross("strong", "label")) ** 2
    whole = np.diag(moments.cross("label", "label"))
    losses = np.full((len(ridges), groups), np.inf)
    for row, ridge in zip(losses, ridges, strict=True):
        used, shift = eigen.used(ridge), M * ridge
        λ = values[used]
        free = 1 - (1 + float(np.sum(λ / (λ + shift)))) / M
        if free > FREE:
            missed = whole - (λ + 2 * shift) / (λ + shift) ** 2 @ squares[used]
            row[:] = missed.reshape(groups, -1).sum(axis=1) / free**2
    return [least(ridges, column) for column in losses.T]


def least(ridges: Sequence[float], losses: Array) -> float:
    """Return the ridge of least loss; of equal ones the larger, and nan never wins."""
    return float(ridges[int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))])
