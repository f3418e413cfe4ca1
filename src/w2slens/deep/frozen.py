"""Features of networks before anything is trained, made once for all models of a run."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens.deep.examples import Examples
from w2slens.deep.loading import Spec, fresh
from w2slens.deep.networks import Network


@dataclass(eq=False)
class Frozen:
    """Fresh networks of a run, and what the head of each sees of all examples."""

    examples: Examples
    outputs: int  # k
    _features: dict[Any, NDArray[np.float32]] = field(default_factory=dict, init=False)

    def network(self, spec: Spec, seed: int) -> Network:
        """Load a network; `seed` decides what is not pre-trained of it."""
        return fresh(spec, self.outputs, seed, self.examples.corpus.kind)

    def features(self, spec: Spec, seed: int) -> NDArray[np.float32]:
        """(examples, width) features; of a pre-trained body they do not depend on the seed."""
        key = repr(spec.describe()), seed if spec.scratch else None
        if key not in self._features:
            network, places = self.network(spec, seed), np.arange(len(self.examples.corpus))
            seen = self.examples.seen(network, places, network.features)
            self._features[key] = seen.astype(np.float32)
        return self._features[key]
