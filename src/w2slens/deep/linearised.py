"""How far fine-tuning goes beyond the kernel regime, in which the theory is exact.

A network θ that was fine-tuned from θ₀ is compared with its linearisation
``f₀(x) + ∇f(x; θ₀)·(θ − θ₀)`` (Jacot et al., arXiv 1806.07572): in that, gradient features are
fixed and everything that is predicted of linear students holds.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from w2slens._core.types import Array, Index
from w2slens.deep.examples import Examples
from w2slens.deep.networks import Network

AT_A_TIME = 32
"""Examples whose derivative along the step is taken together."""

State = dict[str, torch.Tensor]
"""Parameters by name."""


class Distance(NamedTuple):
    """How far a fine-tuned network is from where it began; 0 of a network that never moved."""

    drift: float  # ‖f − f_lin‖ / ‖f − f₀‖ over the examples: 0 in the kernel regime
    moved: float  # ‖φ − φ₀‖ / ‖φ₀ − mean φ₀‖: how much the features have changed


def state_of(network: Network) -> State:
    """Copy the parameters."""
    return {name: p.detach().clone() for name, p in network.named_parameters()}


def distance(network: Network, before: State, examples: Examples, rows: Index) -> Distance:
    """Compare a trained network with the parameters it began with, on some examples.

    Batch norms are taken as they are now, on both sides.
    """
    after = state_of(network)
    step = {name: after[name] - before[name] for name in before}
    if not any(bool(value.any()) for value in step.values()):
        return Distance(0.0, 0.0)
    order = rows[np.argsort(examples.lengths(rows), kind="stable")]
    batches = (order[start : start + AT_A_TIME] for start in range(0, len(rows), AT_A_TIME))
    found = [_parts(network, before, step, network.inputs(examples.load(some))) for some in batches]
    off, went, features, first = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Distance(_ratio(off, went), _ratio(features - first, first - first.mean(axis=0)))


def _ratio(off: Array, went: Array) -> float:
    norm = float(np.linalg.norm(went))
    return float(np.linalg.norm(off)) / norm if norm > 0 else 0.0


class _Body(nn.Module):
    """The features of a network as a module, so that its parameters can be exchanged."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Any) -> torch.Tensor:
        return self.network.features(inputs)


@torch.no_grad()
def _parts(
    network: Network, before: State, step: State, inputs: Any
) -> tuple[Array, Array, Array, Array]:
    """Compute ``f − f_lin``, ``f − f₀``, φ and φ₀ of a batch."""

    def outputs(parameters: State) -> torch.Tensor:
        return functional_call(network, parameters, (inputs,))

    with sdpa_kernel(SDPBackend.MATH), warnings.catch_warnings(action="ignore"):
        # Other kernels have no derivative along a direction; torch warns of its own internals.
        first, along = torch.func.jvp(outputs, (before,), (step,))
    old = {f"network.{name}": value for name, value in before.items()}
    now, seen_first = network(inputs), functional_call(_Body(network), old, (inputs,))
    arrays = (now - first - along, now - first, network.features(inputs), seen_first)
    off, went, seen, seen_first = (a.double().cpu().numpy() for a in arrays)
    return off, went, seen, seen_first
