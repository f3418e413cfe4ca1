"""Losses whose targets hold the student's own predictions: confidence, and products.

p (batch, k) is the softmax of the logits, ỹ (batch, k) the soft labels, s the share of the steps
that is done. All means are over the batch; no gradient flows through a target.
"""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional

from w2slens._core.types import Array, Index

__all__ = ["balanced", "logconf", "logconf_jump", "product"]

AUX = 0.5
"""Weight of the student's own predictions after the warm-up."""


def logconf(
    logits: torch.Tensor,
    labels: torch.Tensor,
    fraction: float,
    *,
    aux: float = AUX,
    warmup: float = 0.2,
) -> torch.Tensor:
    """``(1−c)·CE(ỹ, p) + c·CE(p̂, p)`` with the student's own hardened predictions p̂ (`balanced`).

    ``c = aux·min(1, s/warmup)``; without a warm-up ``c = aux``. It was the best of its authors'
    methods for language tasks, others were better for chess and reward models; a replication on 21
    data sets found "possible signs" of a gain (blog.eleuther.ai/weak-to-strong).

    Balance is that of one batch: of few examples it says little, and of one it is the teacher's
    class.

    Parameters
    ----------
    logits, labels
        (batch, k).
    fraction
        Share of the steps that is done, from 0 to 1.
    aux
        Largest weight of the own predictions, from 0 to 1.
    warmup
        Share of the steps in which their weight rises from 0, linearly.

    References
    ----------
    Burns et al. (2023), *Weak-to-strong generalization*, arXiv 2312.09390, auxiliary confidence
    loss.
    """
    c = aux * min(1.0, fraction / warmup) if warmup else aux
    return _mixed(logits, labels, balanced(logits, labels), c)


def logconf_jump(
    logits: torch.Tensor,
    labels: torch.Tensor,
    fraction: float,
    *,
    aux: float = AUX,
    warmup: float = 0.1,
) -> torch.Tensor:
    """`logconf` as the code of openai/weak-to-strong has it: the weight jumps.

    ``c = aux·(1 if s > warmup else s)`` climbs to aux·warmup and jumps to aux from there. Of two
    classes, p̂ is the first where ``p₀ ≥ quantile(p₀, mean ỹ₁)`` (linearly interpolated), else the
    second. The code refuses more classes; here they are balanced as in `logconf`. An open request
    there (pull request 33) calls the jump a mistake; results published with this code have it.

    Parameters
    ----------
    logits, labels
        (batch, k).
    fraction
        Share of the steps that is done, from 0 to 1.
    aux
        Weight of the own predictions after the warm-up, from 0 to 1.
    warmup
        Share of the steps after which the weight jumps.

    References
    ----------
    github.com/openai/weak-to-strong, ``logconf_loss_fn``, commit 6b450f2.
    """
    hard = _quantile(logits, labels) if labels.shape[1] == 2 else balanced(logits, labels)
    return _mixed(logits, labels, hard, aux * (1.0 if fraction > warmup else fraction))


def product(
    logits: torch.Tensor,
    labels: torch.Tensor,
    fraction: float,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> torch.Tensor:
    """``CE(t, p)`` with ``t ∝ p^β ỹ^α``: what student and teacher both hold likely.

    The same at every step: the published code takes the length of a warm-up, too, and never looks
    at it. We know of no published result.

    Parameters
    ----------
    logits, labels
        (batch, k).
    fraction
        Not used.
    alpha, beta
        Powers of the teacher's and of the student's probabilities, at least 0.

    References
    ----------
    github.com/openai/weak-to-strong, ``product_loss_fn``, commit 6b450f2.
    """
    with torch.no_grad():
        logs = beta * functional.log_softmax(logits, 1) + torch.xlogy(alpha, labels)
        target = torch.softmax(logs, 1)
    return functional.cross_entropy(logits, target)


def balanced(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Harden predictions so that classes are as frequent in the batch as the labels have them.

    As many examples get each class as its mean label says, rounded by largest remainders; which
    ones maximises ``Σ log p`` of the classes given: the likeliest of all ways. By duality that is
    ``argmax (log p + b)`` with an offset for each class; of two, a threshold on p₀.

    Parameters
    ----------
    logits, labels
        (batch, k).

    Returns
    -------
    torch.Tensor
        (batch, k), one-hot, without gradient.
    """
    with torch.no_grad():
        logs = functional.log_softmax(logits.detach().cpu().double(), 1)
        counts = _apportioned(labels.detach().cpu().double())
    classes = np.repeat(np.arange(len(counts)), counts)
    gains = np.nan_to_num(logs.numpy())[:, classes]  # what is not finite shows in the loss
    places = linear_sum_assignment(gains, maximize=True)[1]
    return torch.from_numpy(np.eye(len(counts))[classes[places]]).to(logits.dtype).to(logits.device)


def _apportioned(labels: torch.Tensor) -> Index:
    """Count whole examples a class, that sum to the batch; ties go to the first class."""
    shares: Array = np.nan_to_num(labels.mean(0).numpy())
    due = len(labels) * shares / shares.sum()
    counts: Index = np.floor(due).astype(np.intp)
    first = np.argsort(counts - due, kind="stable")
    counts[first[: len(labels) - counts.sum()]] += 1
    return counts


def _quantile(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        first = torch.softmax(logits, 1)[:, 0]
        other = labels[:, 1].mean().clamp(0, 1).to(first.dtype)
        above = first >= torch.quantile(first, other)
        return torch.stack([above, ~above], 1).to(logits.dtype)


def _mixed(
    logits: torch.Tensor, labels: torch.Tensor, hard: torch.Tensor, c: float
) -> torch.Tensor:
    return functional.cross_entropy(logits, (1 - c) * labels + c * hard)
