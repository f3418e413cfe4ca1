"""Tasks on a Dask cluster: a bounded window of them, whatever happens to a worker.

Tasks are pure, so one that a dead worker had may run again; what it returns is used once. Each uses
one BLAS thread: workers are processes, of one thread.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from w2slens._core.errors import InputError, first_line, needing
from w2slens._core.threads import cores, one_blas_thread

LOCAL = "local"
"""The scheduler that is started here, with a worker a core."""

WAIT_SECONDS = 15
"""How long a scheduler may take to answer."""

RETRIES = 3
"""How often a task runs again that failed by no fault of its input."""

AHEAD = 2
"""Tasks in flight, a worker thread: enough that none of them waits."""


@contextmanager
def connected(scheduler: str) -> Iterator["Cluster"]:
    """Connect to a scheduler by its address, or start one with a worker a core.

    Encryption is what Dask is configured to use.

    Raises
    ------
    InputError
        If no scheduler answers.
    """
    with needing("distributed", "a scheduler", extra="dask"):
        import distributed as dask
    distributed: Any = dask  # it has no types
    if scheduler == LOCAL:
        with (
            distributed.LocalCluster(
                n_workers=cores(), threads_per_worker=1, processes=True, dashboard_address=None
            ) as own,
            distributed.Client(own) as client,
        ):
            yield Cluster(client)
        return
    with _client(distributed, scheduler) as client:
        yield Cluster(client)


def _client(distributed: Any, scheduler: str) -> Any:
    try:
        try:
            return distributed.Client(scheduler, timeout=WAIT_SECONDS)
        except AssertionError:  # its thread had no turn in ten seconds: this machine stood still
            return distributed.Client(scheduler, timeout=WAIT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            "scheduler", f"{scheduler!r} does not answer ({first_line(error)})"
        ) from None


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

        threads = sum(self._client.nthreads().values())
        waiting = iter(enumerate(tasks))
        places: dict[str, int] = {}
        common: tuple[Any, ...] = ()
        if shared is not None:
            common = (self._client.scatter(shared, broadcast=True, hash=False),)

        def submit() -> Any:
            for place, arguments in waiting:
                future = self._client.submit(
                    _guarded, function, *common, *arguments, retries=RETRIES
                )
                places[future.key] = place
                return future
            return None

        flying = [future for _ in range(AHEAD * max(threads, 1)) if (future := submit())]
        done: Any = as_completed(flying)  # type: ignore[no-untyped-call]
        del flying  # a result is dropped on its worker as soon as it was taken
        for future in done:
            result = self._taken(future)
            if (more := submit()) is not None:
                done.add(more)
            yield places.pop(future.key), result

    def _taken(self, future: Any) -> Any:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm.core import CommClosedError

        try:
            result = future.result()
        except KilledWorker as error:
            raise InputError(
                "scheduler", f"its workers die, perhaps for lack of memory ({first_line(error)})"
            ) from None
        except (CancelledError, CommClosedError, OSError) as error:
            raise InputError("scheduler", f"went away ({first_line(error)})") from None
        if isinstance(result, InputError):
            raise result
        return result


def _guarded(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run on one BLAS thread; a refusal is a result, which is not tried again."""
    with one_blas_thread():
        try:
            return function(*arguments)
        except InputError as error:
            return error
