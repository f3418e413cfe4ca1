"""Streams and parts of rows summed to one `Moments`."""

import functools
import operator
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.moments.accumulate import Accumulator, Chunk
from w2slens.moments.moments import Moments


def total(parts: Sequence[Moments]) -> Moments:
    """Merge the moments of disjoint rows, at least one."""
    if not parts:
        raise InputError("parts", "is empty; the moments of at least one block of rows are needed")
    return functools.reduce(operator.add, parts)


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
