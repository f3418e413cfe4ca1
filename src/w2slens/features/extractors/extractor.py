"""What every feature map offers."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray


class Extractor(Protocol):
    """A map from examples to features that does not depend on how they are batched."""

    @property
    def kind(self) -> str:
        """``"image"`` or ``"text"``."""

    def __call__(self, examples: Sequence[Any]) -> NDArray[Any]:
        """Map examples to (len(examples), coordinates) features."""

    def describe(self) -> dict[str, Any]:
        """Return everything that decides the features, as JSON types."""


@runtime_checkable
class Learner(Protocol):
    """A map that first looks at all examples."""

    def fit(self, examples: Iterable[Any]) -> Extractor:
        """Learn from the examples; the map that results has the same description."""


@runtime_checkable
class Differentiable(Protocol):
    """A map by a network whose parameters can be changed, or differentiated by."""

    @property
    def module(self) -> Any:
        """What holds the parameters."""

    def inputs(self, examples: Sequence[Any]) -> Any:
        """Make tensors out of examples, on the network's device."""

    def features(self, inputs: Any) -> Any:
        """Map what `inputs` gives to a (batch, coordinates) tensor, with gradients."""
