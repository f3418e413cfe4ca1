"""The moments of a range of rows of two sides, read in chunks, and a sample of the rows."""

from collections.abc import Callable

import numpy as np

from w2slens._core.types import Index
from w2slens.features.reading import Source, paired_chunks
from w2slens.measure.overlap import Sample
from w2slens.moments import Moments
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator

CHUNK = 20 * PANEL_ROWS
"""Rows read at a time."""

Summary = tuple[Moments, Sample]
"""The moments of a range of rows, and those of its rows that the sample wants."""


def summarised(
    weak: Source,
    strong: Source,
    rows: range,
    places: Index,
    read: Callable[[int], None] | None = None,
) -> Summary:
    """Read a range of rows once; keep those of `places`, ascending, that lie in it.

    `read` is called with the number of rows after each chunk.
    """
    running, kept = Accumulator(), list[Sample]()
    for chunk in paired_chunks(weak, strong, CHUNK, rows):
        start, count = rows.start + running.count, len(chunk["weak"])
        some = places[(places >= start) & (places < start + count)] - start
        kept.append(Sample(chunk["weak"][some], chunk["strong"][some]))
        running.add(chunk)
        if read is not None:
            read(count)
    return Moments.of(running, last=True), Sample(*map(np.concatenate, zip(*kept, strict=True)))
