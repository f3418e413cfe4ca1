"""Gradients of a network by what is trained of it, before it is trained: its tangent kernel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from w2slens.deep.examples import Examples
from w2slens.deep.networks import Network
from w2slens.features.extractors.gradients import ALL, GradientFeatures
from w2slens.features.extractors.per_example import HEAD

TOGETHER = 256
"""Examples whose gradients are taken between two looks at the keyboard."""


@dataclass(frozen=True, eq=False)
class _Map:
    """The body of a network as an extractor that can be differentiated."""

    network: Network
    kind: str

    @property
    def module(self) -> nn.Module:
        return self.network.body

    def inputs(self, examples: Any) -> Any:
        return self.network.inputs(examples)

    def features(self, inputs: Any) -> Any:
        return self.network.features(inputs)

    def describe(self) -> dict[str, Any]:
        return {}


def tangent_features(
    network: Network, examples: Examples, dimensions: int, seed: int
) -> NDArray[np.float32]:
    """Project the gradients of all examples by the parameters that are trained, and by a head.

    The head is drawn, with one output: its kernel stands for that of each of several outputs
    (Mohamadi, Bae and Sutherland, "A fast, well-founded approximation to the empirical neural
    tangent kernel", arXiv 2206.12543).

    Parameters
    ----------
    network
        Adapted; parameters that are not trained have no gradient.
    examples
        All rows.
    dimensions
        Of the projection; gradients by fewer parameters are kept whole.
    seed
        Of the projection and the head.

    Returns
    -------
    (rows, dimensions), or as many columns as there are parameters
    """
    moving = [name for name, p in network.body.named_parameters() if p.requires_grad]
    count = sum(network.body.get_parameter(name).numel() for name in moving)
    count += network.head.in_features
    whole = len(moving) == sum(1 for _ in network.body.parameters())
    taken = GradientFeatures(
        _Map(network, examples.corpus.kind),
        parameters=[ALL] if whole else [*moving, HEAD],
        dimensions=None if count <= dimensions else dimensions,
        seed=seed,
    )
    rows = np.arange(len(examples.corpus))
    parts = [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
    return np.concatenate([taken(examples.load(part)) for part in parts])
