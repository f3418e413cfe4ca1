"""Examples in batches: which go together, and what a network makes of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2slens._core.types import Array, Index
from w2slens.deep.networks import Network
from w2slens.features.batches import load_example
from w2slens.features.corpora import Corpus
from w2slens.features.extractors.networks import mixed_precision

TOGETHER = 16
"""Batches whose texts are sorted by length together, so that little of a batch is padding."""

LOOKED_AT = 128
"""Examples that pass a network at a time when it is not trained."""


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of a corpus, by their places."""

    corpus: Corpus

    def load(self, rows: Index) -> list[Any]:
        """Load some examples."""
        return [
            load_example(self.corpus, int(i), skip=False, advice="mend it or take it out")
            for i in rows
        ]

    def lengths(self, rows: Index) -> NDArray[np.intp]:
        """Lengths of texts; of images, which are all as large, zeros."""
        if self.corpus.kind != "text":
            return np.zeros(len(rows), np.intp)
        return np.array([len(text) for text in self.load(rows)], np.intp)

    def batches(self, rows: Index, size: int, rng: np.random.Generator) -> Iterator[Index]:
        """Places in `rows`, without end: every epoch in a new order, texts of like length together.

        The last batch of an epoch, if it is not full, is filled from the next one's.
        """
        lengths, left = self.lengths(rows), np.zeros(0, np.intp)
        while True:
            while len(left) < size * TOGETHER:
                left = np.concatenate([left, rng.permutation(len(rows))])
            window, left = left[: size * TOGETHER], left[size * TOGETHER :]
            window = window[np.argsort(lengths[window], kind="stable")]
            for place in rng.permutation(TOGETHER):
                yield window[place * size : (place + 1) * size]

    def seen(
        self, network: Network, rows: Index, look: Callable[[Any], torch.Tensor] | None = None
    ) -> Array:
        """Map examples by a network, or a part of it: (rows, ...) in their order."""
        order = np.argsort(self.lengths(rows), kind="stable")
        found: list[NDArray[Any]] = []
        network.eval()
        with torch.no_grad(), mixed_precision(network.device):
            for start in range(0, len(rows), LOOKED_AT):
                inputs = network.inputs(self.load(rows[order[start : start + LOOKED_AT]]))
                found.append((look or network)(inputs).double().cpu().numpy())
        made = np.concatenate(found)
        back = np.empty_like(made)
        back[order] = made
        return back


def one_hot(codes: Sequence[int] | Index, k: int) -> Array:
    """Labels as (rows, k) probabilities of 0 or 1."""
    return np.asarray(np.eye(k)[np.asarray(codes)])
