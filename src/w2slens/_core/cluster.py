"""Tasks on a Dask cluster: a bounded window of them, whatever happens to a worker.

Tasks are pure, so one that a dead worker had may run again; what it returns is used once. Each uses
one BLAS thread: workers are processes, of one thread.
"""

import gc
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from w2slens._core.errors import InputError, first_line, needing
from w2slens._core.threads import cores, one_blas_thread

Scheduler = Any
"""Where a cluster is: the address of its scheduler, or ``"local"``; the pair of an address and a
`distributed.Security`; or a `distributed.Client` that is connected, which stays open."""

LOCAL = "local"
"""The scheduler that is started here, with a worker a core."""

WAIT_SECONDS = 15
"""How long a scheduler may take to answer."""

WORKER_SECONDS = 300
"""How long a scheduler may be without a worker: a queue may have to start one first."""

RETRIES = 3
"""How often a task runs again that failed by no fault of its input."""

AHEAD = 2
"""Tasks in flight, a worker thread: enough that none of them waits."""

NEEDED = (
    "an address, 'local', a pair of an address and a distributed.Security, or a connected client"
)


@contextmanager
def connected(scheduler: Scheduler) -> Iterator["Cluster"]:
    """Connect to a scheduler, or start one with a worker a core; what is connected stays so.

    Without a `distributed.Security`, encryption is what Dask is configured to use.

    Raises
    ------
    InputError
        If no scheduler answers.
    """
    if isinstance(scheduler, Cluster):
        yield scheduler
        return
    with needing("distributed", "a scheduler", extra="dask"):
        import distributed as dask
    distributed: Any = dask  # few of its types are known
    if isinstance(scheduler, distributed.Client):
        if scheduler.asynchronous:
            raise InputError("scheduler", "is an asynchronous client; Client(…) is needed")
        yield Cluster(scheduler)
        return
    address, security = scheduler if isinstance(scheduler, tuple) else (scheduler, None)
    if not isinstance(address, str):
        raise InputError("scheduler", f"is {scheduler!r}; {NEEDED} is needed")
    if address == LOCAL:
        local = {"n_workers": cores(), "threads_per_worker": 1, "processes": True}
        quiet = {"silence_logs": logging.CRITICAL, "dashboard_address": "127.0.0.1:0"}
        with (
            distributed.LocalCluster(**local, **quiet, security=security) as own,
            distributed.Client(own) as client,
        ):
            yield Cluster(client)
        return
    with _client(distributed, address, security) as client:
        yield Cluster(client)


@contextmanager
def reached(scheduler: Scheduler | None, *, now: bool) -> Iterator[Scheduler | None]:
    """Connect `now`, or leave it to whoever needs it.

    A scheduler that is not there shall cost nothing that is: it is reached before a folder is begun
    or cleared, but not for one that may be finished.
    """
    if scheduler is None or not now:
        yield scheduler
        return
    with connected(scheduler) as cluster:
        yield cluster


def _client(distributed: Any, address: str, security: Any, *, again: bool = True) -> Any:
    try:
        return distributed.Client(address, timeout=WAIT_SECONDS, security=security)
    except AssertionError as error:  # its thread had no turn in ten seconds: a machine stood still
        said = _cause(error)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        again, said = False, _cause(error)
    gc.collect()  # what failed is closed now: while another client starts, both would wait for ever
    if again:
        return _client(distributed, address, security, again=False)
    raise InputError("scheduler", f"{address!r} does not answer ({said})")


def _cause(error: Exception) -> str:
    """Say what is behind an error: why a certificate was refused, not that time ran out."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return first_line(error)


class Cluster:
    """A connection to a scheduler."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def completed(
        self, function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], *, shared: Any = None
    ) -> Iterator[tuple[int, Any]]:
        """Run a pure function on arguments; give (place of the task, result) as they come.

        What all tasks need is `shared`: sent to every worker once, and each task's first argument.

        Raises
        ------
        InputError
            What a task refused; or if the scheduler went away, or workers keep dying.
        """
        from distributed import as_completed

        begin, window = self._ready(function, shared)
        waiting, places = enumerate(tasks), dict[str, int]()

        def submit(most: int) -> list[Any]:
            begun = {place: begin(arguments) for place, arguments in islice(waiting, most)}
            places.update({future.key: place for place, future in begun.items()})
            return list(begun.values())

        done: Any = as_completed(submit(window))  # type: ignore[no-untyped-call]
        for future in done:
            result = _taken(future)
            done.update(submit(1))
            yield places.pop(future.key), result

    def in_order(
        self, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], *, shared: Any = None
    ) -> Iterator[Any]:
        """Run a pure function as `completed` does; give the results in the order of the tasks.

        A result waits where it was made until those before it are taken.
        """
        begin, window = self._ready(function, shared)
        waiting = iter(tasks)
        flying = deque(begin(arguments) for arguments in islice(waiting, window))
        while flying:
            result = _taken(flying.popleft())
            flying.extend(begin(arguments) for arguments in islice(waiting, 1))
            yield result

    def _ready(
        self, function: Callable[..., Any], shared: Any
    ) -> tuple[Callable[[tuple[Any, ...]], Any], int]:
        """Send what all tasks need; return what begins one, and how many may be in flight."""
        with _in_words():
            if not self._client.nthreads():
                self._await_worker()
            threads = sum(self._client.nthreads().values())
            common: tuple[Any, ...] = ()
            if shared is not None:
                common = (self._client.scatter(shared, broadcast=True, hash=False),)

        def begin(arguments: tuple[Any, ...]) -> Any:
            with _in_words():
                # a key of its own: one made of the arguments would read the files behind them
                return self._client.submit(
                    _guarded, function, *common, *arguments, retries=RETRIES, pure=False
                )

        return begin, AHEAD * max(threads, 1)

    def _await_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError:
            raise InputError("scheduler", "has no worker; start one, and call again") from None


def _taken(future: Any) -> Any:
    """Wait for a result, and fetch it."""
    with _in_words(future):
        result = future.result()
    if isinstance(result, InputError):
        raise result
    return result


@contextmanager
def _in_words(future: Any = None) -> Iterator[None]:
    """Say what became of a cluster; what a task itself failed of is its own."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.comm.core import CommClosedError

    try:
        yield
    except KilledWorker as error:
        raise InputError(
            "scheduler", f"its workers die, perhaps for lack of memory ({first_line(error)})"
        ) from None
    except (CancelledError, CommClosedError, OSError) as error:
        if future is not None and future.status == "error":
            raise
        raise InputError("scheduler", f"went away ({first_line(error)})") from None


def _guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run on one BLAS thread; a refusal is a result, which is not tried again."""
    with one_blas_thread():
        try:
            return function(*arguments)
        except InputError as error:
            return error
