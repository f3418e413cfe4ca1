"""What `intrinsic_dimension` asks for: the score of a network after training in d dimensions.

A plain loop over tensors in memory; for corpora and schedules, put a network of your own in a
subspace by `w2slens.deep.subspace.in_subspace` and train it as usual.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from w2slens._core import check
from w2slens.deep.subspace import Subspace, in_subspace

Data = tuple[torch.Tensor, torch.Tensor]
"""Inputs (n, …) and targets (n, …)."""

METHODS = ("adam", "lbfgs")
"""Adam with a rate that falls linearly to 0; L-BFGS on all rows, with Wolfe's line search."""

LARGEST_SCALE_RATE = 0.02
"""Adam's rate for the scales λ of SAID, which are near 1 at any d, is cut to this."""


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Share of rows (n, k) whose largest output is at the class's code (n,)."""
    return float((outputs.argmax(dim=1) == targets).double().mean())


def r_squared(outputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Explained share of the targets' mean square (not their variance), both (n, …)."""
    return 1 - float(((outputs - targets) ** 2).sum() / (targets**2).sum())


@dataclass(frozen=True, eq=False)
class SubspaceTraining:
    """A network, a task and a way of training; equal seeds start from the same network.

    Parameters
    ----------
    factory
        Seed ↦ a new module, which maps inputs to outputs (n, k). A pre-trained network may draw its
        new head by the seed.
    train, test
        Inputs and targets.
    loss
        (outputs, targets) ↦ mean over the batch.
    metric
        (outputs, targets) ↦ score, larger is better.
    method
        One of `METHODS`.
    steps
        Of the optimiser; of L-BFGS, iterations.
    rate
        Adam's, in full training. In d dimensions it is ``rate √(D / d)``: P has unit columns, and a
        step of Adam then moves θ as far as in full training. A subspace often wants a few times
        more, as most of a step there is no use: tune both (`dataclasses.replace`), since d90 counts
        from the best full training. L-BFGS needs no rate.
    batch
        Rows a step; all unless given, and with L-BFGS.
    kind, blocks, free
        As of `in_subspace`.

    Examples
    --------
    ``intrinsic_dimension(training.score, [training.full(s) for s in seeds], 1000, seeds=seeds)``
    """

    factory: Callable[[int], nn.Module]
    train: Data
    test: Data
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = nn.functional.cross_entropy
    metric: Callable[[torch.Tensor, torch.Tensor], float] = accuracy
    method: str = "adam"
    steps: int = 200
    rate: float = 1e-3
    batch: int | None = None
    kind: str = "did"
    blocks: str = "whole"
    free: Sequence[str] = ()

    def __post_init__(self) -> None:
        check.choice(self.method, "method", METHODS)
        check.whole(self.steps, "steps")
        for inputs, targets in (self.train, self.test):
            check.same_rows({"inputs": len(inputs), "targets": len(targets)})

    def full(self, seed: int) -> float:
        """Train every tensor that requires a gradient; the score on the test data."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            module = self.factory(seed)
            groups = [{"params": [p for p in module.parameters() if p.requires_grad]}]
            return self._score(module, groups, seed)

    def score(self, d: int, seed: int) -> float:
        """Train in d dimensions of a subspace that the seed draws; the score on the test data."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            module = self.factory(seed)
            subspace = in_subspace(
                module, d, kind=self.kind, blocks=self.blocks, seed=seed, free=self.free
            )
            return self._score(module, self._groups(subspace), seed)

    def _groups(self, subspace: Subspace) -> list[dict[str, Any]]:
        rate = self.rate * (subspace.size / subspace.coordinates.numel()) ** 0.5 / subspace.stretch
        groups = [{"params": [subspace.coordinates], "lr": rate}]
        if subspace.scales is not None:
            groups.append({"params": [subspace.scales], "lr": min(rate, LARGEST_SCALE_RATE)})
        return [*groups, {"params": list(subspace.free)}] if subspace.free else groups

    def _score(self, module: nn.Module, groups: list[dict[str, Any]], seed: int) -> float:
        module.train()
        (self._adam if self.method == "adam" else self._lbfgs)(module, groups, seed)
        module.eval()
        with torch.no_grad():
            return self.metric(module(self.test[0]), self.test[1])

    def _adam(self, module: nn.Module, groups: list[dict[str, Any]], seed: int) -> None:
        optimiser = torch.optim.Adam(groups, lr=self.rate)
        schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=self.steps)
        batches = self._batches(seed)
        for _ in range(self.steps):
            rows = next(batches)
            optimiser.zero_grad()
            self.loss(module(self.train[0][rows]), self.train[1][rows]).backward()
            optimiser.step()
            schedule.step()

    def _lbfgs(self, module: nn.Module, groups: list[dict[str, Any]], seed: int) -> None:
        parameters = [p for group in groups for p in group["params"]]
        optimiser = torch.optim.LBFGS(
            parameters, max_iter=self.steps, history_size=20, line_search_fn="strong_wolfe"
        )

        def closure() -> torch.Tensor:
            optimiser.zero_grad()
            loss = self.loss(module(self.train[0]), self.train[1])
            loss.backward()
            return loss

        optimiser.step(closure)

    def _batches(self, seed: int) -> Iterator[torch.Tensor]:
        """Shuffle the rows again and again; a batch may reach into the next round."""
        rows = len(self.train[0])
        size = rows if self.batch is None else min(self.batch, rows)
        drawn, left = torch.Generator().manual_seed(seed), torch.empty(0, dtype=torch.long)
        while True:
            if len(left) < size:
                left = torch.cat([left, torch.randperm(rows, generator=drawn)])
            yield left[:size]
            left = left[size:]
