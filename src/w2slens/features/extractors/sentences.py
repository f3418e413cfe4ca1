"""Sentence encoders of sentence-transformers, whose pooling is their own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens.features.extractors.networks import device_of, mixed_precision, ready


@dataclass(eq=False)
class SentenceNetwork:
    """Embeddings of a SentenceTransformer."""

    encoder: Any  # as `sentence_transformers` loads it
    name: str  # what the manifest calls it
    device: str = "auto"  # ``"auto"``, ``"cpu"``, ``"cuda"``
    kind: str = field(default="text", init=False)

    def __post_init__(self) -> None:
        self._device = device_of(self.device)
        ready(self.encoder, self._device)

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map texts to embeddings."""
        with mixed_precision(self._device):
            embeddings = self.encoder.encode(
                list(examples), batch_size=len(examples), show_progress_bar=False
            )
        return np.asarray(embeddings, np.float32)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": self.name, "tokens": self.encoder.max_seq_length}
