"""Losses by which students learn from pseudo-labels: options, not recommendations.

A loss is a pure function of logits (batch, k), soft labels (batch, k) whose rows sum to 1, and the
share s of the steps that is done; it returns the **mean over the batch**, a scalar. Below, p is the
softmax of the logits, ỹ the labels, ``CE = −Σ ỹ log p``, and sums are over classes. All are finite,
with their gradients, for logits up to ±1e4 and for one-hot labels; of one class, all but `squared`
are 0.

Logarithms of labels are those of ``max((1−ε)ỹ + ε/k, 1e-12)``: smoothed by ε, and never infinite.

What was published of these losses is mixed; each says so in a sentence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import functional

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.deep.confidence import logconf, logconf_jump, product

__all__ = ["LOSSES", "Loss", "loss"]

Loss = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
"""Logits, labels, share of the steps ↦ mean over the batch."""

SMOOTHING = 0.01
"""Default ε: a label of 0 weighs −log(0.005) = 5.3 nats of two classes; ours, not published."""

LEAST = 1e-12
"""Labels count as at least so likely where their logarithm is taken, also if ε is 0."""

NEARLY_ZERO = 1e-12
"""A smaller q is 0: generalised cross-entropy then is cross-entropy to double precision."""


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, fraction: float) -> torch.Tensor:
    """``CE = −Σ ỹ log p``: plain imitation, the baseline of Burns et al. (arXiv 2312.09390)."""
    return functional.cross_entropy(logits, labels)


def squared(outputs: torch.Tensor, labels: torch.Tensor, fraction: float) -> torch.Tensor:
    """``Σ (f − y)²`` of outputs f and labels y of any size: regression, as theory has it."""
    return ((outputs - labels) ** 2).sum(1).mean()


def kl(logits: torch.Tensor, labels: torch.Tensor, fraction: float) -> torch.Tensor:
    """``KL(ỹ‖p) = Σ ỹ log(ỹ/p)``: CE less a constant, so that students are those of CE.

    Forward KL of Yao et al. (arXiv 2502.11107), there what reverse KL is compared with.
    """
    return cross_entropy(logits, labels, fraction) + torch.xlogy(labels, labels).sum(1).mean()


def reverse_kl(
    logits: torch.Tensor, labels: torch.Tensor, fraction: float, *, smoothing: float = SMOOTHING
) -> torch.Tensor:
    """``KL(p‖ỹ) = Σ p log(p/ỹ)``, ỹ smoothed by ε: seeks the teacher's likely classes.

    Yao et al. (ACL Findings 2025, arXiv 2502.11107) report gains over forward KL in most of their
    settings, all reward models of language; theirs has ε = 0.
    """
    logs = functional.log_softmax(logits, 1)
    return (logs.exp() * (logs - _logs(labels, smoothing))).sum(1).mean()


def reverse_cross_entropy(
    logits: torch.Tensor, labels: torch.Tensor, fraction: float, *, smoothing: float = SMOOTHING
) -> torch.Tensor:
    """``RCE = −Σ p log ỹ``, ỹ smoothed by ε: linear in p, and flat where the teacher is unsure.

    Yao et al. (arXiv 2502.11107) report gains in most of their settings, Xu et al. (arXiv
    2505.24313) where it is mixed in. Its minimum puts all of p on the teacher's class, sure or not.
    """
    return _reverse(logits, labels, smoothing).mean()


def symmetric_cross_entropy(
    logits: torch.Tensor,
    labels: torch.Tensor,
    fraction: float,
    *,
    alpha: float = 1.0,
    beta: float = 0.1,
    smoothing: float = SMOOTHING,
) -> torch.Tensor:
    """``α·CE + β·RCE``, ỹ smoothed by ε in RCE (Wang et al., ICCV 2019, arXiv 1908.06112).

    Made for labels that are wrong at random, which a teacher's are not. Default weights are those
    of the code of Xu et al. (arXiv 2505.24313); Wang et al. choose others for every data set.
    """
    forward = cross_entropy(logits, labels, fraction)
    return alpha * forward + beta * _reverse(logits, labels, smoothing).mean()


def gce(
    logits: torch.Tensor, labels: torch.Tensor, fraction: float, *, q: float = 0.7
) -> torch.Tensor:
    """``Σ ỹ (1 − p^q)/q``: CE as q → 0, at q = 1 half the absolute error to one-hot labels.

    Zhang and Sabuncu (NeurIPS 2018, arXiv 1805.07836) report gains for image labels that are wrong
    at random; of teachers' labels we know no published result.
    """
    logs = functional.log_softmax(logits, 1)
    each = -logs if q < NEARLY_ZERO else -torch.expm1(q * logs) / q
    return (labels * each).sum(1).mean()


def adaptive(
    logits: torch.Tensor,
    labels: torch.Tensor,
    fraction: float,
    *,
    threshold: float = 0.1,
    smoothing: float = SMOOTHING,
) -> torch.Tensor:
    """CE of examples with ``max ỹ − 1/k ≥ threshold``, RCE of the others, ỹ smoothed by ε there.

    Confidence-adaptive cross-entropy of Xu et al. (arXiv 2505.24313): of two classes their
    condition ``|ỹ₁ − ½| ≥ threshold``, for more our extension; CE alone at 0, RCE alone at 1. They
    report gains for reward models, at thresholds of several sizes or quantiles; 0.1 is an example
    of their code's.
    """
    sure = labels.amax(1) - 1 / labels.shape[1] >= threshold
    forward = functional.cross_entropy(logits, labels, reduction="none")
    return torch.where(sure, forward, _reverse(logits, labels, smoothing)).mean()


def entropy(
    logits: torch.Tensor, labels: torch.Tensor, fraction: float, *, weight: float = 0.1
) -> torch.Tensor:
    """``CE − weight·Σ p log p``: taught to be sure (Grandvalet and Bengio, NeurIPS 2004).

    Theirs is for unlabeled examples beside labeled ones. Xu et al. (arXiv 2505.24313) argue for
    sure students; a related loss showed no consistent gain (blog.eleuther.ai/weak-to-strong).
    """
    logs = functional.log_softmax(logits, 1)
    own = -(logs.exp() * logs).sum(1).mean()
    return cross_entropy(logits, labels, fraction) + weight * own


def _reverse(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    return -(torch.softmax(logits, 1) * _logs(labels, smoothing)).sum(1)


def _logs(labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    smooth = (1 - smoothing) * labels + smoothing / labels.shape[1]
    return torch.log(smooth.clamp(min=LEAST))


LOSSES: Mapping[str, Callable[..., torch.Tensor]] = MappingProxyType(
    {
        "cross-entropy": cross_entropy,
        "logconf": logconf,
        "logconf-jump": logconf_jump,
        "product": product,
        "kl": kl,
        "reverse-kl": reverse_kl,
        "reverse-cross-entropy": reverse_cross_entropy,
        "symmetric-cross-entropy": symmetric_cross_entropy,
        "gce": gce,
        "adaptive": adaptive,
        "entropy": entropy,
        "squared": squared,
    }
)
"""Losses by name; further parameters are keyword-only."""

UNBOUNDED = ("alpha", "beta", "weight")
"""Parameters that are weights or powers; the others are shares, from 0 to 1."""


def loss(name: str, **parameters: Any) -> Loss:
    """Return a loss by its name, with its parameters set.

    Parameters
    ----------
    name
        One of `LOSSES`.
    **parameters
        Keyword-only parameters of that loss; each has a default.

    Returns
    -------
    Loss
        Logits (batch, k), labels (batch, k), share of the steps done ↦ mean over the batch.

    Raises
    ------
    InputError
        If there is no such loss or parameter, or a value cannot be.

    Examples
    --------
    >>> logits, labels = torch.zeros(1, 2), torch.tensor([[0.25, 0.75]])
    >>> round(float(loss("gce", q=1.0)(logits, labels, 0.0)), 3)
    0.5
    """
    if not isinstance(name, str) or name not in LOSSES:
        near = get_close_matches(str(name), LOSSES, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError("loss", f"{name!r} is not known; {hint}there are {', '.join(LOSSES)}")
    known = inspect.signature(LOSSES[name]).parameters.values()
    takes = [one.name for one in known if one.kind is one.KEYWORD_ONLY]
    for key, value in parameters.items():
        if key not in takes:
            listed = f"it takes {', '.join(takes)}" if takes else "it takes none"
            raise InputError("loss", f"{name!r} has no parameter {key!r}; {listed}")
        if check.non_negative(value, key) > 1 and key not in UNBOUNDED:
            raise InputError(key, f"is {value!r}; a number from 0 to 1 is needed")
    return partial(LOSSES[name], **parameters)
