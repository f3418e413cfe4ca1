"""The choice of the ridge: leave-one-out on labels, folds of moments for the ceiling."""

from collections.abc import Sequence

import numpy as np

from w2slens._core.types import Array
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut, loo_distilled
from w2slens.models.labeled import LabeledBlock
from w2slens.moments import Moments, product

GRID_DECADES = (-8.0, 2.0)
"""Automatic ridges span these powers of ten of the mean retained eigenvalue, besides 0."""

GRID_SIZE = 41
"""Four ridges a decade: neighbours differ in risk by less than leave-one-out can tell."""

FOLDS = 5
"""Folds of moments by which the ceiling's ridge is chosen."""


def grid(eigenvalues: Array) -> list[float]:
    """Candidate ridges, largest first and 0 last, scaled to the covariance's eigenvalues (r,)."""
    scale = float(eigenvalues.mean()) if len(eigenvalues) else 1.0
    return [*(scale * np.logspace(GRID_DECADES[1], GRID_DECADES[0], GRID_SIZE)), 0.0]


def choose_loo(design: Design, targets: Array) -> float:
    """Return the ridge with the least leave-one-out squared error of a fit on labeled rows."""
    ridges = grid(design.svd[1] ** 2 / design.n)
    residuals = design.loo_path(targets, ridges)
    return least(ridges, np.mean(np.sum(residuals**2, axis=2), axis=1))


def choose_w2s(
    block: LabeledBlock, pool: Moments, ridge_weak: float, *, teacher: str = "weak"
) -> float:
    """Return the W2S student's ridge with the least leave-one-out error on the true labels.

    Leave-one-out on the pseudo-labels would tune imitation of the teacher instead.
    """
    return choose_distilled(block.held_out_teacher(ridge_weak), block, pool, [teacher])


def choose_distilled(
    held: HeldOut, block: LabeledBlock, pool: Moments, blocks: Sequence[str]
) -> float:
    """Return the ridge with the least leave-one-out error of a student of such scores."""
    ridges = grid(pool.spectrum("strong").values / pool.count)
    errors = block.targets - loo_distilled(held, block.strong, pool, blocks, ridges)
    return least(ridges, np.mean(np.sum(errors**2, axis=2), axis=1))


def choose_folds(folds: Sequence[Moments], whole: Moments, *, groups: int = 1) -> list[float]:
    """Return the ridges of fits of ``label`` on ``strong`` with the least K-fold error.

    Each fold, moments of disjoint rows whose sum is `whole`, is predicted from the others; the
    label's columns fall into groups of equal size, which get a ridge each.
    """
    ridges = grid(whole.spectrum("strong").values / whole.count)
    losses = np.zeros((len(ridges), groups))
    for fold in folds:
        if 0 < fold.count < whole.count:
            each = _fold_loss(whole - fold, fold, ridges)
            losses += each.reshape(len(ridges), groups, -1).sum(axis=2)
    return [least(ridges, column) for column in losses.T]


def _fold_loss(train: Moments, held: Moments, ridges: Sequence[float]) -> Array:
    """Sum the squared error on `held` of fits on `train` → (ridges, outputs)."""
    eigen = train.spectrum("strong")
    V = eigen.all_vectors
    # Everything along the eigenvectors of the training Gram, where a fit is a division.
    gram = product(product(V.T, held.cross("strong", "strong")), V)
    target = V.T @ held.cross("strong", "label")
    learnt = V.T @ train.cross("strong", "label")
    squares = np.diag(held.cross("label", "label"))
    # The means of the two parts differ: held rows are off by Δᵀθ − δ throughout.
    Δ = (held.centre("strong") - train.centre("strong")) @ V
    δ = held.centre("label") - train.centre("label")
    losses = []
    for ridge in ridges:
        θ, used = np.zeros_like(learnt), eigen.used(ridge)
        θ[used] = learnt[used] / (eigen.all_values[used] + train.count * ridge)[:, None]
        scatter = np.sum(θ * (gram @ θ) - 2 * θ * target, axis=0) + squares
        losses.append(scatter + held.count * (Δ @ θ - δ) ** 2)
    return np.array(losses)


def least(ridges: Sequence[float], losses: Array) -> float:
    """Return the ridge of least loss; of equal ones the larger, and nan never wins."""
    return float(ridges[int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))])
