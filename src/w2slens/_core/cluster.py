"""A connection to a Dask cluster, on which a bounded window of tasks is in flight.

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
from w2slens._core.tasks import LOST, Tasks, await_worker, in_words
from w2slens._core.threads import cores

Scheduler = Any
"""Where a cluster is: the address of its scheduler, or ``"local"``; the pair of an address and a
`distributed.Security`; or a `distributed.Client` that is connected, which stays open."""

LOCAL = "local"
"""The scheduler that is started here, with a worker a core."""

WAIT_SECONDS = 15
"""How long a scheduler may take to answer."""

LOGGERS = ("distributed", "distributed.client", "tornado.application")
"""Those that say what became of a connection."""

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
    with _silent(), _client(distributed, address, security) as client:
        yield Cluster(client)


@contextmanager
def _silent() -> Iterator[None]:
    """Leave it to errors to say what became of a connection: Dask logs it a second time."""
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


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

        ready = self._ready(function, shared)
        waiting, flying = enumerate(tasks), dict[str, tuple[int, tuple[Any, ...]]]()

        def submit(some: Iterable[tuple[int, tuple[Any, ...]]]) -> list[Any]:
            begun = [(ready.begin(arguments), (place, arguments)) for place, arguments in some]
            flying.update({future.key: task for future, task in begun})
            return [future for future, _ in begun]

        done: Any = as_completed(submit(islice(waiting, ready.window)))  # type: ignore[no-untyped-call]
        for future in done:
            task = flying.pop(future.key)
            result = ready.taken(future)
            done.update(submit([task] if result is LOST else islice(waiting, 1)))
            if result is not LOST:
                yield task[0], result

    def in_order(
        self, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]], *, shared: Any = None
    ) -> Iterator[Any]:
        """Run a pure function as `completed` does; give the results in the order of the tasks.

        A result waits where it was made until those before it are taken.
        """
        ready, waiting = self._ready(function, shared), iter(tasks)

        def submit(some: Iterable[tuple[Any, ...]]) -> list[tuple[Any, tuple[Any, ...]]]:
            return [(ready.begin(arguments), arguments) for arguments in some]

        flying = deque(submit(islice(waiting, ready.window)))
        while flying:
            future, arguments = flying.popleft()
            result = ready.taken(future)
            if result is LOST:
                flying.extendleft(submit([arguments]))
                continue
            flying.extend(submit(islice(waiting, 1)))
            yield result

    def _ready(self, function: Callable[..., Any], shared: Any) -> Tasks:
        """Find out how many tasks may be in flight."""
        with in_words():
            await_worker(self._client)
            return Tasks(self._client, function, shared)
