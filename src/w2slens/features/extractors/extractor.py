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
