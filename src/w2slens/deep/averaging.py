"""Means of a network's weights along its training, by `torch.optim.swa_utils`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from w2slens._core import check
from w2slens._core.errors import InputError

__all__ = ["Averaged", "averaged"]

KINDS = ("ema", "swa")
"""Exponential mean; equal mean of all states."""

DECAY = 0.99
"""How slowly an exponential mean forgets: it looks back about 1/(1 − decay) = 100 updates."""


@dataclass(eq=False)
class Averaged:
    """The mean of a network's states so far; the network itself is left alone."""

    network: nn.Module
    mean: AveragedModel

    def update(self) -> None:
        """Take the network as it is now into the mean; the first update is the mean's start."""
        self.mean.update_parameters(self.network)

    @property
    def module(self) -> nn.Module:
        """The network with mean weights, and with mean statistics of its batch norms.

        Before the first update it is the network as it was given. The mean of statistics is not the
        statistics of the mean: `final` makes those.
        """
        module: nn.Module = self.mean.module
        return module

    def final(self, batches: Iterable[Any]) -> nn.Module:
        """Return the mean network, batch norms estimated anew for it by `swa_utils.update_bn`.

        Parameters
        ----------
        batches
            What the network's `forward` takes, one batch at a time, on its device; not looked at
            where the network has no batch norm.

        Raises
        ------
        InputError
            If there is a batch norm and no batch.
        """
        if any(isinstance(one, nn.modules.batchnorm._BatchNorm) for one in self.module.modules()):
            left = iter(batches)
            first = next(left, None)
            if first is None:
                raise InputError("batches", "is empty; batch norms need examples to look at")
            update_bn(chain([first], left), self.module)
        return self.module


def averaged(network: nn.Module, kind: str, decay: float = DECAY) -> Averaged:
    """Begin a mean of a network's weights.

    ``"ema"`` is ``θ̄ ← decay·θ̄ + (1 − decay)·θ``, ``"swa"`` the equal mean of all states that it is
    updated with (Izmailov et al., UAI 2018, arXiv 1803.05407, there at a constant or cyclical
    rate). Where the rate falls to 0, late states are alike and neither changes much.

    Parameters
    ----------
    network
        Copied; the copy is on the same device.
    kind
        ``"ema"`` or ``"swa"``.
    decay
        Of ``"ema"``, from 0 (the last state) up to 1 (the first).

    Returns
    -------
    Averaged
        Update it after every step; then look at its `module`, or its `final` one.

    Raises
    ------
    InputError
        If there is no such mean, or the decay is not from 0 to 1.
    """
    check.choice(kind, "average", KINDS)
    if check.non_negative(decay, "decay") > 1:
        raise InputError("decay", f"is {decay!r}; a number from 0 to 1 is needed")
    share = None if kind == "swa" else 1 - decay
    return Averaged(network, AveragedModel(network, avg_fn=_step(share), use_buffers=True))


def _step(share: float | None) -> Callable[..., torch.Tensor]:
    """Move a mean by a share of its way to the state now; no share: 1/(count + 1).

    Buffers of whole numbers (positions, counts) are not averaged, as torch's own means do, which
    cut 4.999… to 4: they are taken as they are now.
    """

    def step(mean: torch.Tensor, now: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        if not mean.is_floating_point():
            return now
        return mean + (now - mean) * (1 / (count + 1) if share is None else share)

    return step
