"""The training loop: one network, one lesson, the same budget for every model."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from w2slens._core.types import Array, Index
from w2slens.deep.averaging import averaged
from w2slens.deep.examples import Examples
from w2slens.deep.networks import Network
from w2slens.experiments.network_settings import NetworkSettings

Loss = Callable[[torch.Tensor, torch.Tensor, float], torch.Tensor]
"""Outputs (batch, k), labels (batch, k), share of the steps done ↦ a mean over the batch."""

LARGEST_GRADIENT = 1.0
"""Norm to which larger gradients are cut."""

OUT_OF_MEMORY = ("out of memory", "can't allocate memory")
"""What torch says then."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """Examples and what a network is taught of them."""

    rows: Index  # (m,) places in the corpus
    labels: Array  # (m, k) probabilities of classes, or numbers
    classes: bool = True  # which of the two


@dataclass(eq=False)
class Best:
    """The checkpoint of least error on held-out labels; without any, the last one."""

    examples: Examples
    held: Lesson | None
    error: Callable[[Array, Array], float]
    patience: int
    least: float = math.inf
    worse: int = 0
    state: dict[str, torch.Tensor] = field(default_factory=dict)

    def look(self, network: Any) -> bool:
        """Keep the network if it is better; whether training should go on."""
        if self.held is not None:
            outputs = self.examples.seen(network, self.held.rows)
            found = self.error(outputs, self.held.labels)
            self.worse = 0 if found < self.least else self.worse + 1
            if not found < self.least:
                return self.worse < self.patience
            self.least = found
        self.state = {name: value.clone() for name, value in network.state_dict().items()}
        return True


def trained(
    network: Network,
    examples: Examples,
    lesson: Lesson,
    best: Best,
    loss: Loss,
    told: NetworkSettings,
    *,
    rate: float,
    seed: int,
) -> None:
    """Train a network in place and leave it at its best checkpoint.

    A loss that is no longer finite ends the training with a warning; the best checkpoint before it
    stays. Where memory is too small, the batch is cut into twice as many parts; the steps are the
    same.
    """
    moving = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(moving, lr=rate, weight_decay=told.decay, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, told))
    mean = averaged(network, told.average) if told.average != "none" else None
    batches = examples.batches(lesson.rows, told.batch, np.random.default_rng(seed))
    parts, every = told.accumulate, max(told.steps // told.checks, 1)
    best.look(network)
    for step in range(told.steps):
        network.train()
        rows = next(batches)
        value, parts = _gradients(network, examples, lesson, rows, loss, step / told.steps, parts)
        if not math.isfinite(value):
            _warn(f"the loss is no longer finite after {step} steps; an earlier checkpoint is kept")
            break
        optimiser.step()
        schedule.step()
        if mean is not None:
            mean.update()
        if (step + 1) % every == 0 and not best.look(network):
            break
    if mean is not None:
        best.look(mean.module)
    network.load_state_dict(best.state)
    network.eval()


def _rate(step: int, told: NetworkSettings) -> float:
    """Share of the rate at a step: it rises in the warm-up, then falls to 0, both linearly."""
    rising = max(told.warmup * told.steps, 1e-9)
    return min((step + 1) / rising, (told.steps - step) / (told.steps - rising), 1.0)


def _gradients(
    network: Network,
    examples: Examples,
    lesson: Lesson,
    rows: Index,
    loss: Loss,
    fraction: float,
    parts: int,
) -> tuple[float, int]:
    """Sum the gradients of a batch, part by part; its loss, and the parts it took."""
    try:
        network.zero_grad(set_to_none=True)
        total = 0.0
        for some in np.array_split(rows, min(parts, len(rows))):
            inputs = network.inputs(examples.load(lesson.rows[some]))
            taught = torch.from_numpy(lesson.labels[some]).float().to(network.device)
            half = network.device.type == "cuda"
            with torch.autocast(network.device.type, torch.bfloat16, enabled=half):
                outputs = network(inputs)
            value = loss(outputs.float(), taught, fraction) * (len(some) / len(rows))
            value.backward()
            total += float(value.detach())
        norm = nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        return (total if torch.isfinite(norm) else math.nan), parts
    except (RuntimeError, MemoryError) as error:
        short = isinstance(error, MemoryError) or any(w in str(error) for w in OUT_OF_MEMORY)
        if not short or parts >= len(rows):
            raise
    _warn(f"out of memory: a batch is computed in {2 * parts} parts from here on")
    return _gradients(network, examples, lesson, rows, loss, fraction, 2 * parts)


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=3)
