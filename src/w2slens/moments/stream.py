"""Streams and parts of rows summed to one `Moments`."""

from __future__ import annotations

import functools
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
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


def beside(known: Moments, new: str, chunks: Iterable[Chunk]) -> Moments:
    """Summarise a block more, `new`, over rows whose other blocks are known already.

    The known blocks' products are not taken again; the new one comes first. Chunks hold all.
    """
    running, names = Accumulator(), [name for name, _ in known.blocks]
    for chunk in chunks:
        features = chunk[new]
        first = not running.count
        running.add({new: features})
        if first:  # rows less their mean sum to 0: any shift of the others will do, near their own
            shift = running.centre.copy()
            cross = np.zeros((len(known.mean), features.shape[1]), order="F")
        for start in range(0, len(features), PANEL_ROWS):
            some = slice(start, start + PANEL_ROWS)
            left = np.concatenate([chunk[name][some] for name in names], axis=1, dtype=np.float64)
            left -= known.mean
            right = features[some].astype(np.float64) - shift
            cross = dgemm(1.0, left.T, right.T, trans_b=1, beta=1.0, c=cross, overwrite_c=1)
    blocks, count, mean, scatter, precision = running.sums()
    whole = np.block([[scatter, cross.T], [cross, known.scatter]])
    means, coarsest = np.concatenate([mean, known.mean]), map(known.rounding, names)
    return Moments((*blocks, *known.blocks), count, means, whole, (*precision, *coarsest))


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
    return Moments.of(running, last=True)


def _in_order(chunks: Iterable[Chunk], threads: int) -> Iterator[Moments]:
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Moments]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(lambda rows: Moments.from_rows(**rows), chunk))
            if len(pending) >= 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
