"""Streams and parts of rows summed to one `Moments`."""

import functools
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dgemm

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator, Chunk
from w2slens.moments.moments import Moments


def total(parts: Sequence[Moments]) -> Moments:
    """Merge the moments of disjoint rows, at least one."""
    if not parts:
        raise InputError("parts", "is empty; the moments of at least one block of rows are needed")
    return functools.reduce(operator.add, parts)


def beside(known: Moments, name: str, rows: NDArray[Any], **more: NDArray[Any]) -> Moments:
    """Summarise one block more over rows (m, p) whose own block `name` is known already.

    The known block's products are not taken again; the new one comes first.
    """
    ((new, features),) = more.items()
    running = Accumulator()
    running.add(more)
    _, count, mean, scatter, (precision,) = running.sums()
    centre = known.centre(name)
    cross = np.zeros((known.width(name), features.shape[1]), order="F")
    for start in range(0, len(rows), PANEL_ROWS):
        some = slice(start, start + PANEL_ROWS)
        left = rows[some].astype(np.float64) - centre
        right = features[some].astype(np.float64) - mean
        cross = dgemm(1.0, left.T, right.T, trans_b=1, beta=1.0, c=cross, overwrite_c=1)
    whole = np.block([[scatter, cross.T], [cross, known.cross(name, name)]])
    blocks = ((new, features.shape[1]), (name, known.width(name)))
    means = np.concatenate([mean, centre])
    return Moments(blocks, count, means, whole, (precision, known.rounding(name)))


def reduce(chunks: Iterable[Chunk], *, threads: int = 1) -> Moments:
    """Sum the moments of a stream of chunks; the same digits for any number of threads > 1.

    Parameters
    ----------
    chunks
        Mappings block name → (rows, width); any sizes.
    threads
        1 accumulates in place and leaves the cores to BLAS. More summarise whole chunks side by
        side (useful where BLAS runs on one thread) and merge them in order; at most two chunks a
        thread are held at once.

    Returns
    -------
    Moments of all rows.
    """
    if check.whole(threads, "threads") > 1:
        return functools.reduce(operator.add, _in_order(chunks, threads))
    running = Accumulator()
    for chunk in chunks:
        running.add(chunk)
    if not running.count:
        raise InputError("chunks", "hold no rows")
    return Moments.of(running)


def _in_order(chunks: Iterable[Chunk], threads: int) -> Iterator[Moments]:
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Moments]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(lambda rows: Moments.from_rows(**rows), chunk))
            if len(pending) >= 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
