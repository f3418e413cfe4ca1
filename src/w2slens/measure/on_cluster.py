"""Moments of files whose ranges of rows are read and summarised by the workers of a cluster."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.cluster import Scheduler, connected
from w2slens._core.types import Index
from w2slens.features import ranges
from w2slens.features.reading import Source
from w2slens.measure.overlap import Sample
from w2slens.measure.sampling import CHUNK, Summary, summarised
from w2slens.moments import Moments
from w2slens.moments.tree import Tree

OF = " of "
"""Between the side of a sample and its range, in names of a journal's arrays."""

READ_OVER_SENT = 8
"""Bytes that a task reads for every byte of moments that it sends, at least."""


def on_cluster(
    weak: Source,
    strong: Source,
    places: Index,
    scheduler: Scheduler,
    *,
    journal: str | Path | None,
    read: Callable[[int], None],
) -> Summary:
    """Summarise two files of the same rows; also read the rows at some places.

    A range is one task and one `Moments`; they are merged pairwise in a fixed order, so that the
    digits depend on no worker; `read` is called with the rows of each. With a `journal`, a file,
    the sums are kept there and a killed call goes on from them.

    Raises
    ------
    InputError
        If a side is no file, a task refuses its rows, the scheduler is not there, or the journal
        belongs to other files.
    """
    sent = 8 * (weak.coordinates + strong.coordinates) ** 2
    parts = ranges.ranges_of((weak, strong), READ_OVER_SENT * sent, CHUNK)
    words = partial(ranges.described, (weak, strong), range=len(parts[0]))
    known = _Journal(ranges.SumsFile(journal, words), len(parts))
    left = known.tree.missing
    read(weak.rows - sum(len(parts[place]) for place in left))
    tasks = [(weak, strong, parts[place], _within(places, parts[place])) for place in left]
    if not tasks:
        return known.tree.sum, known.sample()
    with connected(scheduler) as cluster:
        for done, (task, summary) in enumerate(cluster.completed(summarised, tasks), 1):
            known.add(left[task], *summary)
            read(len(parts[left[task]]))
            if done % ranges.SAVED_EVERY == 0 or done == len(tasks):
                known.save()
    return known.tree.sum, known.sample()


def _within(places: Index, part: range) -> Index:
    return places[(places >= part.start) & (places < part.stop)]


class _Journal:
    """The sums and the sampled rows so far, in a file if one was named."""

    def __init__(self, file: ranges.SumsFile, leaves: int) -> None:
        self._file = file
        self.tree, self._samples = file.load(_read) or (Tree(leaves), dict[int, Sample]())

    def add(self, place: int, moments: Moments, sample: Sample) -> None:
        """Add one range."""
        self.tree.add(place, moments)
        self._samples[place] = sample

    def sample(self) -> Sample:
        """Return the sampled rows in their order."""
        ordered = [self._samples[place] for place in sorted(self._samples)]
        return Sample(*map(np.concatenate, zip(*ordered, strict=True)))

    def save(self) -> None:
        """Write the file anew."""
        self._file.save(self._arrays)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays = self.tree.arrays()
        for place, sample in self._samples.items():
            arrays |= {f"{name}{OF}{place}": getattr(sample, name) for name in Sample._fields}
        return arrays


def _read(arrays: dict[str, NDArray[Any]]) -> tuple[Tree, dict[int, Sample]]:
    """Take what `_Journal.save` gave."""
    weak, strong = (
        {int(name[len(start) :]): array for name, array in arrays.items() if name.startswith(start)}
        for start in (f"{side}{OF}" for side in Sample._fields)
    )
    tree = Tree.of({name: array for name, array in arrays.items() if OF not in name})
    return tree, {place: Sample(weak[place], strong[place]) for place in weak}
