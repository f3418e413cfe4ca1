"""Trials side by side in processes, and their threads."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from w2slens._core.cluster import Cluster, Scheduler, connected
from w2slens._core.threads import cores, one_blas_thread

Record = dict[str, Any]

Warned = list[tuple[str, type[Warning]]]
"""What a process elsewhere warned of."""

Where = Callable[[Callable[[int], list[Record]], Sequence[int]], Iterator[tuple[int, list[Record]]]]
"""Where trials run: their numbers with what runs one ↦ (number, records) as they are done."""

WORTH_SECONDS = 6.0
"""Work that is left, in CPU seconds of one process, from which on more processes are started: on a
busy machine everything takes long, and they would keep it busier."""

WATCH_SECONDS = 1.0
"""How often a worker looks whether its parent still lives."""


def side_by_side(
    run: Callable[[int], list[Record]],
    trials: Sequence[int],
    workers: int | None = None,
    *,
    long: bool = False,
) -> Iterator[tuple[int, list[Record]]]:
    """Run trials, several in processes of their own where that saves time, one BLAS thread each.

    By default there are as many workers as cores. Processes take seconds to start: how long the
    first trial takes says whether they are worth it, unless trials are known to be `long`.
    """
    start, left = time.process_time(), list(trials)
    for trial in trials:
        taken = time.process_time() - start, len(trials) - len(left)
        if workers != 1 and len(left) > 1 and (long or _worth_it(*taken, left)):
            workers = workers or cores()
            if workers > 1:
                break
        left.remove(trial)
        yield trial, _threaded(run, trial)
    if left:
        from joblib import Parallel, delayed, parallel_config  # loads slowly

        with parallel_config("loky", inner_max_num_threads=1):
            jobs = Parallel(n_jobs=min(workers or 1, len(left)), return_as="generator_unordered")
            made = jobs(delayed(_numbered)(run, trial, os.getpid()) for trial in left)
            for trial, (records, warned) in made:
                _warn(warned)
                yield trial, records


def on_cluster(
    run: Callable[[int], list[Record]],
    trials: Sequence[int],
    scheduler: Scheduler,
    first: Callable[[Cluster], None] | None = None,
) -> Iterator[tuple[int, list[Record]]]:
    """Run trials on the workers of a cluster, to each of which the rows are sent once.

    `first` is what the workers do before, for all trials.
    """
    if not trials:
        return
    with connected(scheduler) as cluster:
        if first is not None:
            first(cluster)
        tasks = [(trial,) for trial in trials]
        for place, (records, warned) in cluster.completed(_far, tasks, shared=run):
            _warn(warned)
            yield trials[place], records


def _far(run: Callable[[int], list[Record]], trial: int) -> tuple[list[Record], Warned]:
    with warnings.catch_warnings(record=True) as caught:
        records = run(trial)
    return records, [(str(one.message), one.category) for one in caught]


def _warn(warned: Warned) -> None:
    """Say here what was warned of elsewhere."""
    for message, category in warned:
        warnings.warn(message, category, stacklevel=3)


def _worth_it(seconds: float, done: int, left: Sequence[int]) -> bool:
    """Whether processes of their own are faster for the trials that are left."""
    return done > 0 and len(left) > 1 and seconds / done * len(left) > WORTH_SECONDS


def _numbered(
    run: Callable[[int], list[Record]], trial: int, parent: int
) -> tuple[int, tuple[list[Record], Warned]]:
    """Run a trial in a process of its own; what it warned of is for the parent to say."""
    _leave_with(parent)
    with one_blas_thread():
        return trial, _far(run, trial)


def _threaded(run: Callable[[int], list[Record]], trial: int) -> list[Record]:
    with one_blas_thread():
        return run(trial)


@cache
def _leave_with(parent: int) -> None:
    """End this worker soon after its parent; a killed parent cannot tell it to."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
