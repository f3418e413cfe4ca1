"""Trials side by side in processes, and their threads."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from joblib import Parallel, delayed, parallel_config

from w2slens._core.threads import blas_threads, cores

Record = dict[str, Any]

WATCH_SECONDS = 1.0
"""How often a worker looks whether its parent still lives."""


def side_by_side(
    run: Callable[[int], list[Record]], trials: Sequence[int], workers: int
) -> Iterator[tuple[int, list[Record]]]:
    """Run trials in processes, BLAS threads times workers never above the cores.

    The number of threads depends on `workers` alone, not on how many trials are left, so that a
    resumed run gives the same digits.
    """
    threads = max(cores() // workers, 1)
    if workers == 1:
        for trial in trials:
            yield trial, _threaded(run, trial, threads)
        return
    with parallel_config("loky", inner_max_num_threads=threads):
        jobs = Parallel(n_jobs=workers, return_as="generator_unordered")
        yield from jobs(delayed(_numbered)(run, trial, threads, os.getpid()) for trial in trials)


def _numbered(
    run: Callable[[int], list[Record]], trial: int, threads: int, parent: int
) -> tuple[int, list[Record]]:
    _leave_with(parent)
    return trial, _threaded(run, trial, threads)


def _threaded(run: Callable[[int], list[Record]], trial: int, threads: int) -> list[Record]:
    with blas_threads(threads):
        return run(trial)


@cache
def _leave_with(parent: int) -> None:
    """End this worker soon after its parent; a killed parent cannot tell it to."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
