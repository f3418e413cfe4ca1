"""Moments of files whose ranges of rows are read and summarised by the workers of a cluster."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.atomic import loading, save_arrays
from w2slens._core.cluster import connected
from w2slens._core.errors import InputError
from w2slens._core.types import Index
from w2slens.features.reading import Source, open_features
from w2slens.measure.overlap import Sample
from w2slens.moments import Moments
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.tree import Tree

RANGE_BYTES = 2**27
"""Bytes of features that a task reads at least."""

READ_OVER_SENT = 8
"""Bytes that a task reads for every byte of moments that it sends, at least."""

CHUNK = 20 * PANEL_ROWS
"""Rows that a task reads at a time."""

SAVED_EVERY = 16
"""Ranges after which the sums are written to the journal."""

Range = tuple[Moments, Sample]
"""The moments of a range of rows, and those of its rows that the sample wants."""


def on_cluster(
    weak: Source,
    strong: Source,
    places: Index,
    scheduler: str,
    *,
    header: bool | None,
    journal: str | Path | None,
    progress: Callable[[int], None] | None,
) -> Range:
    """Summarise two files of the same rows; also read the rows at some places.

    A range is one task and one `Moments`; they are merged pairwise in a fixed order, so that the
    digits depend on no worker. With a `journal`, a file, the sums are kept there and a killed call
    goes on from them.

    Raises
    ------
    InputError
        If a side is no file, a task refuses its rows, the scheduler is not there, or the journal
        belongs to other files.
    """
    for source in (weak, strong):
        if source.path is None:
            raise InputError(
                "scheduler", f"needs files that its workers can read; {source.argument} is an array"
            )
    row = sum(one.coordinates * one.chunk(0, 1).dtype.itemsize for one in (weak, strong))
    sent = 8 * (weak.coordinates + strong.coordinates) ** 2
    size = max(max(RANGE_BYTES, READ_OVER_SENT * sent) // row // CHUNK, 1) * CHUNK
    starts = range(0, weak.rows, size)
    known = _Journal(journal, _described(weak, strong, size), len(starts))
    left = known.tree.missing
    if progress is not None:
        progress(min((len(starts) - len(left)) * size, weak.rows))
    tasks, ids = [], {side.argument: side.layout.id for side in (weak, strong) if side.layout.id}
    for place in left:
        start, stop = starts[place], min(starts[place] + size, weak.rows)
        some = places[(places >= start) & (places < stop)] - start
        tasks.append((weak.path, strong.path, header, ids, start, stop, some))
    if not tasks:
        return known.tree.sum, known.sample()
    with connected(scheduler) as cluster:
        for done, (task, (moments, sample)) in enumerate(cluster.completed(summarised, tasks), 1):
            known.add(left[task], moments, sample)
            if progress is not None:
                progress(tasks[task][5] - tasks[task][4])
            if done % SAVED_EVERY == 0 or done == len(tasks):
                known.save()
    return known.tree.sum, known.sample()


def summarised(
    weak: str,
    strong: str,
    header: bool | None,
    ids: Mapping[str, str],
    start: int,
    stop: int,
    some: Index,
) -> Range:
    """Read a range of rows of two files: their moments, and some of the rows."""
    sources = {
        name: open_features(
            path, name, header=header, id={name: ids[name]} if name in ids else None
        )
        for name, path in (("weak", weak), ("strong", strong))
    }
    running, kept = Accumulator(), []
    for first in range(start, stop, CHUNK):
        last = min(first + CHUNK, stop)
        chunk = {name: source.chunk(first, last) for name, source in sources.items()}
        own = some[(some >= first - start) & (some < last - start)] - (first - start)
        kept.append(Sample(chunk["weak"][own], chunk["strong"][own]))
        running.add(chunk)
    return Moments.of(running), Sample(*map(np.concatenate, zip(*kept, strict=True)))


def _described(weak: Source, strong: Source, size: int) -> str:
    """Write what the sums of a journal are sums of."""
    files = []
    for source in (weak, strong):
        state = Path(str(source.path)).stat() if Path(str(source.path)).exists() else None
        changed = None if state is None else [state.st_size, state.st_mtime_ns]
        files.append([source.path, source.rows, source.coordinates, changed])
    return json.dumps({"files": files, "range": size})


class _Journal:
    """The sums and the sampled rows so far, in a file if one was named."""

    def __init__(self, path: str | Path | None, words: str, leaves: int) -> None:
        self._path, self._words = None if path is None else Path(path), words
        self.tree, self._samples = Tree(leaves), dict[int, Sample]()
        if self._path is not None and self._path.exists():
            self._load(self._path)

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
        if self._path is None:
            return
        arrays: dict[str, NDArray[Any]] = {"words": np.array(self._words), **self.tree.arrays()}
        for place, sample in self._samples.items():
            arrays |= {f"{name} of {place}": getattr(sample, name) for name in Sample._fields}
        save_arrays(self._path, arrays, overwrite=True)

    def _load(self, path: Path) -> None:
        with loading(path), np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
            words = str(arrays.pop("words"))
            places = sorted(int(name[8:]) for name in arrays if name.startswith("weak of "))
            samples = {
                place: Sample(*(arrays.pop(f"{name} of {place}") for name in Sample._fields))
                for place in places
            }
            tree = Tree.of(arrays)
        if words != self._words:
            raise InputError("journal", f"{path} holds the sums of other files; name another file")
        self.tree, self._samples = tree, samples
