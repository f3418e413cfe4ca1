"""Features and gradients of networks before training, made once for all models of a run."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens.deep.adaptation import adapt
from w2slens.deep.examples import Examples
from w2slens.deep.loading import Spec, fresh
from w2slens.deep.networks import Network
from w2slens.deep.tangent import tangent_features
from w2slens.experiments.network_settings import NetworkSettings


@dataclass(eq=False)
class Frozen:
    """Fresh networks of a run, and what the head of each sees of all examples."""

    examples: Examples
    outputs: int  # k
    _features: dict[Any, NDArray[np.float32]] = field(default_factory=dict, init=False)

    def network(self, spec: Spec, seed: int) -> Network:
        """Load a network; `seed` decides what is not pre-trained of it."""
        example = self.examples.load(np.zeros(1, np.intp))[0]
        return fresh(spec, self.outputs, seed, self.examples.corpus.kind, example)

    def features(self, spec: Spec, seed: int) -> NDArray[np.float32]:
        """(examples, width) features; of a pre-trained body they do not depend on the seed."""
        key = repr(spec.state), seed if spec.scratch else None
        if key not in self._features:
            network, places = self.network(spec, seed), np.arange(len(self.examples.corpus))
            seen = self.examples.seen(network, places, network.features)
            self._features[key] = seen.astype(np.float32)
        return self._features[key]

    def gradients(self, spec: Spec, told: NetworkSettings) -> NDArray[np.float32]:
        """(examples, coordinates) gradients by what would be trained; features, if the head only.

        Of a network that starts from scratch, those of the state that the run's seed draws.
        """
        how, seed = spec.adapt or told.adapt, told.seed
        if how == "head":
            return self.features(spec, seed)
        key = repr(spec.state), how, told.gradient_dimensions, seed
        if key not in self._features:
            network = adapt(self.network(spec, seed), how, told)
            size = told.gradient_dimensions
            self._features[key] = tangent_features(network, self.examples, size, seed)
        return self._features[key]

    def prepare(self, specs: Iterable[Spec]) -> None:
        """Make the features that no seed changes, so that every process has them."""
        for spec in specs:
            if not spec.scratch:
                self.features(spec, 0)
