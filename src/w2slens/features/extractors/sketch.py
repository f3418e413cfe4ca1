"""A random projection of very long rows, block by block, that keeps their inner products.

The rows are gradients: millions of coordinates, which come a parameter tensor at a time. Every
coordinate i gets a random sign sᵢ and a bucket h(i), and the sketch is
``S(x)_b = Σ_{i: h(i) = b} sᵢ xᵢ``: a count sketch (Charikar, Chen and Farach-Colton, "Finding
frequent items in data streams", 2002; Weinberger et al., arXiv 0902.2206). A dense matrix of signs
has the same error and costs `dimensions` times as much: of 22 million parameters on 1,024
dimensions, 2·10¹⁰ multiplications a row instead of 2·10⁷.

Signs are independent, and two coordinates share a bucket with probability 1/d at most, hence

    E ⟨S(x), S(y)⟩ = ⟨x, y⟩,    Var ⟨S(x), S(y)⟩ ≤ (‖x‖²‖y‖² + ⟨x, y⟩²) / d,

and by Chebyshev ``P(|⟨S(x), S(y)⟩ − ⟨x, y⟩| > ε ‖x‖ ‖y‖) ≤ 2 / (d ε²)``. The tails are heavier than
a dense matrix's where a row has few large coordinates.

Buckets are laid out so that memory is read in order: coordinates are cut into runs of `RUN`; a run
goes to as many neighbouring buckets, from a random one on (cyclically). Two coordinates of one run
never meet, two of different runs with probability 1/d exactly.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

RUN = 256
"""Neighbouring coordinates that keep together; to sketch a row takes RUN·d numbers of memory."""

PIECE = 2**18
"""Coordinates that are given their signs together: few enough for the cache."""

TABLE = 2**24
"""Numbers that sums over runs take at most, where more than one row is sketched together."""


class Sketch:
    """A fixed random map from blocks of coordinates, each known by a name, to `dimensions` numbers.

    What a block adds does not depend on the other blocks, nor on their order.

    Parameters
    ----------
    dimensions
        Coordinates of the sketch.
    seed
        Of signs and buckets, together with the name of the block.

    Notes
    -----
    Signs take a byte a coordinate and are kept.

    Examples
    --------
    >>> import torch
    >>> x = torch.eye(2).repeat(1, 500)
    >>> rows = Sketch(64, seed=0)({"weight": x})
    >>> rows.shape
    torch.Size([2, 64])
    """

    def __init__(self, dimensions: int, seed: int) -> None:
        self.dimensions, self.seed = dimensions, seed
        self._run = min(RUN, dimensions)
        self._laws: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}

    def __call__(self, blocks: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Map blocks, (rows, coordinates of the block) each, to (rows, dimensions) in float64."""
        rows = max(1, TABLE // (self.dimensions * self._run))
        split = {name: values.split(rows) for name, values in blocks.items()}
        parts = zip(*split.values(), strict=True)
        return torch.cat([self._rows(dict(zip(split, part, strict=True))) for part in parts])

    def _rows(self, blocks: Mapping[str, torch.Tensor]) -> torch.Tensor:
        first = next(iter(blocks.values()))
        runs = first.new_zeros(len(first), self.dimensions, self._run)
        for name, values in blocks.items():
            self._add(runs, name, values.to(runs.dtype))
        # What lies l-th in its run belongs l buckets behind the run's first.
        place = torch.arange(self._run, device=first.device)
        bucket = torch.arange(self.dimensions, device=first.device)
        behind = (bucket[:, None] - place) % self.dimensions
        return runs[:, behind, place].sum(dim=2, dtype=torch.float64)

    def _add(self, runs: torch.Tensor, name: str, values: torch.Tensor) -> None:
        """Add a block to (rows, first bucket of a run, place in the run)."""
        signs, starts = self._law(name, values)
        step = PIECE // self._run
        for i in range(0, len(starts), step):
            first = starts[i : i + step]
            at = slice(i * self._run, (i + len(first)) * self._run)
            signed = values[:, at] * signs[at]
            missing = len(first) * self._run - signed.shape[1]
            whole = functional.pad(signed, (0, missing)) if missing else signed
            runs.index_add_(1, first, whole.view(len(values), len(first), self._run))

    def _law(self, name: str, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Signs of a block's coordinates, and the first bucket of each of its runs."""
        if name not in self._laws:
            count = values.shape[1]
            signs, starts = drawn(name, count, self._run, self.dimensions, self.seed)
            self._laws[name] = (
                torch.from_numpy(signs).to(values.device),
                torch.from_numpy(starts).to(values.device),
            )
        return self._laws[name]


def drawn(
    name: str, count: int, run: int, dimensions: int, seed: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Draw signs (count,) and first buckets (runs,) of a block.

    They come from the bits of a counter-based generator, which numpy keeps the same for ever.
    """
    key = hashlib.sha256(f"{seed} {name}".encode()).digest()
    bits = np.random.Philox(key=int.from_bytes(key[:16], "little"))
    starts = (bits.random_raw(-(-count // run)) % dimensions).astype(np.int64)
    words = bits.random_raw(-(-count // 64)).astype("<u8").view(np.uint8)
    return np.unpackbits(words)[:count].view(np.int8) * 2 - 1, starts
