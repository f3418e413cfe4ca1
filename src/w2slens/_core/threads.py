"""How many threads matrix products and factorisations use: one a process.

A BLAS that is given more waits for its threads by spinning: where another process has one of the
cores, a trial on two threads took four times as long as on one, and five times the CPU; small
problems are slower on two even where nobody else is there. numpy and scipy carry a BLAS each, whose
idle threads keep the cores from one another besides. So every core gets a process instead
(`w2slens.experiments.workers`), and digits do not depend on the machine's cores.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

BEFORE_LOADING = {
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",  # torch: its threads sleep while they wait for one another
}
"""Variables by which libraries that are not loaded yet are told; what a user has set, stays."""


def cores() -> int:
    """Return the number of cores that this process may use (affinity and quotas included)."""
    from joblib import cpu_count  # loads slowly

    return int(cpu_count())


def tell_libraries() -> None:
    """Give one BLAS thread to the libraries that this process will load."""
    for name, value in BEFORE_LOADING.items():
        os.environ.setdefault(name, value)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Give every BLAS that is loaded one thread, until the block ends."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Give torch one thread, if it is loaded, until the block ends."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def _libraries() -> Any:
    """Find the libraries once: it takes thirty times as long as a small prediction."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function run with one BLAS thread."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with one_blas_thread():
            return function(*args, **kwargs)

    return run
