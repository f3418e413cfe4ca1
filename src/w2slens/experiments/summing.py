"""The pass that sums streamed rows, shared among the workers of a cluster.

A task reads a range of rows and sends back the moments of every group in it. They are merged in the
order of the ranges, so that the digits depend on no worker, and into one place, so that no more
than one range's sums are here beside those of all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.cluster import Cluster
from w2slens.experiments.given import fingerprint
from w2slens.experiments.streamed import StreamedRows
from w2slens.features import ranges
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.grouped import GroupedMoments

READ_OVER_SENT = 2
"""Bytes that a task reads for every byte of sums that it sends, at least."""

MOST_RANGES = 128
"""Most ranges of a pass: their sums are taken here one after the other, which bounds the speed."""

DONE = "done"
"""Name of the number of ranges that are summed, in a journal."""


def sum_on(cluster: Cluster, rows: StreamedRows, journal: Path | None) -> None:
    """Let the workers read rows that were not read yet, and the rows know their sums.

    With a `journal`, a file, the sums are kept there and a killed run goes on from them.

    Raises
    ------
    InputError
        If a side is no file, a task refuses its rows, or the scheduler goes away.
    """
    if rows.is_summed:
        return
    sides = [rows.strong, *rows.teachers.values()]
    sources = [side.source for side in sides]
    parts = ranges.ranges_of(sources, range_bytes(sides, rows.width, rows.apart), PANEL_ROWS)
    known = ranges.SumsFile(journal, partial(_described, rows, len(parts[0])))
    done, sums = known.load(_read) or (0, {})
    found = GroupedMoments(rows.apart)
    found.merge(sums)
    if done < len(parts):
        bare, tasks = replace(rows, _known={}), [(part,) for part in parts[done:]]
        for more in cluster.in_order(_summed, tasks, shared=bare):
            found.merge(more)
            done += 1
            if done % ranges.SAVED_EVERY == 0 or done == len(parts):
                known.save(partial(_kept, found, done))
    rows.knowing(found)


def range_bytes(sides: Sequence[Any], width: int, groups: int) -> int:
    """Return how many bytes of some sides a task reads at least, to sum so many columns."""
    sent = 4 * width * (width + 1) * groups
    whole = sum(len(side) * side.shape[1] * side.dtype.itemsize for side in sides)
    return int(max(READ_OVER_SENT * sent, whole / MOST_RANGES))


def _summed(rows: StreamedRows, part: range) -> dict[str, NDArray[Any]]:
    return rows.summed(part).arrays()


def _kept(sums: GroupedMoments, done: int) -> dict[str, NDArray[Any]]:
    return {**sums.arrays(), DONE: np.array(done)}


def _read(arrays: Mapping[str, NDArray[Any]]) -> tuple[int, dict[str, NDArray[Any]]]:
    sums = dict(arrays)
    return int(sums.pop(DONE)), sums


def _described(rows: StreamedRows, size: int) -> str:
    """Write what decides the sums: files, labels, groups and components."""
    sides = {"strong": rows.strong, **rows.teachers}
    arrays = {"labels": rows.targets, "truth": rows.truth, "codes": rows.partition.codes}
    arrays |= {f"axes of {name}": side.axes for name, side in sides.items()}
    given = {name: fingerprint(one) for name, one in arrays.items() if one is not None}
    sources = [side.source for side in sides.values()]
    return ranges.described(sources, range=size, groups=rows.apart, **given)
