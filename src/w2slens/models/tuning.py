"""The choice of the ridge: leave-one-out on labels, generalised cross-validation of moments."""

from collections.abc import Sequence

import numpy as np

from w2slens._core.types import Array
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut, Projection
from w2slens.models.labeled import LabeledBlock
from w2slens.moments import Moments, product

GRID_DECADES = (-8.0, 2.0)
"""Automatic ridges span these powers of ten of the mean retained eigenvalue, besides 0."""

GRID_SIZE = 41
"""Four ridges a decade: neighbours differ in risk by less than leave-one-out can tell."""

FREE = 1e-3
"""Share of the rows that a fit leaves free, below which its residuals say nothing."""


def grid(eigenvalues: Array) -> list[float]:
    """Candidate ridges, largest first and 0 last, scaled to the covariance's eigenvalues (r,)."""
    scale = float(eigenvalues.mean()) if len(eigenvalues) else 1.0
    return [*(scale * np.logspace(GRID_DECADES[1], GRID_DECADES[0], GRID_SIZE)), 0.0]


def choose_loo(design: Design, targets: Array) -> float:
    """Return the ridge with the least leave-one-out squared error of a fit on labeled rows."""
    ridges = grid(design.values**2 / design.n)
    return least(ridges, np.sum(design.loo_path(targets, ridges) ** 2, axis=(1, 2)))


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
    pool, judges = projection.pool, block.strong.judges
    ridges = grid(pool.spectrum("strong").values / pool.count)
    scores = projection.left_out(held, block.strong, ridges, judges, np.float32)
    return least(ridges, np.sum((block.targets[judges] - scores) ** 2, axis=(1, 2)))


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
