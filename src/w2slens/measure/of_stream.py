"""Moments of pairs of blocks that come one after the other: generators, loaders of torch."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.measure.overlap import SAMPLE, Sample
from w2slens.moments import Moments
from w2slens.moments.accumulate import Accumulator

SIDES = ("weak", "strong")


def of_stream(
    stream: Iterable[Any], *, interval: bool, read: Callable[[int], None]
) -> tuple[Moments, Sample | None]:
    """Summarise a stream, and keep a sample of its rows.

    The sample is uniform over all rows, whose number need not be known (algorithm R; Vitter,
    "Random sampling with a reservoir", 1985).

    Parameters
    ----------
    stream
        Pairs (weak, strong) of blocks (m, p_w) and (m, p_s), or mappings with these names: arrays
        or tensors, m as it comes.
    interval
        Whether a sample is wanted.
    read
        Called with the number of rows after each block.
    """
    running, rng = Accumulator(), np.random.default_rng(0)
    kept: list[NDArray[Any]] = []
    for chunk in _chunks(stream):
        first = running.count
        running.add(chunk)
        if interval:
            kept = _sampled(kept, chunk, first, rng)
        read(running.count - first)
    if not running.count:
        raise InputError("weak", "is a stream that holds no rows")
    return Moments.of(running, last=True), Sample(*kept) if interval else None


def _chunks(stream: Iterable[Any]) -> Iterator[dict[str, NDArray[Any]]]:
    for block, item in enumerate(stream):
        if isinstance(item, Mapping):
            pair: Any = [item.get(name) for name in SIDES]
        else:
            pair = item if isinstance(item, (tuple, list)) else [item]
        if len(pair) != len(SIDES) or any(side is None for side in pair):
            raise InputError(
                "weak", "is a stream of other things; pairs (weak rows, strong rows) are needed"
            )
        found = {name: check.numeric(side, name) for name, side in zip(SIDES, pair, strict=True)}
        flat = any(side.ndim != len(SIDES) for side in found.values())
        weak, strong = (1 if flat else len(side) for side in found.values())
        if weak != strong:
            has = f"has {strong:,} rows and weak has {weak:,}"
            raise InputError("strong", f"{has} in block {block} of the stream, counted from 0")
        if weak:
            yield found


def _sampled(
    kept: list[NDArray[Any]], chunk: Mapping[str, NDArray[Any]], first: int, rng: Any
) -> list[NDArray[Any]]:
    """Put rows of a chunk, the first of which is row `first` of all, into the sample."""
    sides = [chunk[name] for name in SIDES]
    filled = len(kept[0]) if kept else 0
    free = min(SAMPLE - filled, len(sides[0]))
    if free:
        old = kept or [side[:0] for side in sides]
        kept = [np.concatenate([a, side[:free]]) for a, side in zip(old, sides, strict=True)]
    places = np.arange(first + free, first + len(sides[0]))
    lots = rng.integers(0, places + 1)
    for row in np.flatnonzero(lots < SAMPLE):
        for rows, side in zip(kept, sides, strict=True):
            rows[lots[row]] = side[free + row]
    return kept
