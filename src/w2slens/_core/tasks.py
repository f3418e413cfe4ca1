"""Tasks of one function on a Dask cluster, which are begun again where what they share is lost.

What tasks share lies in the memory of workers alone: with the last worker that has it, it dies, and
every task that waits for it, or whose result lay there, is cancelled.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from w2slens._core.errors import InputError, first_line
from w2slens._core.threads import one_blas_thread

WORKER_SECONDS = 300
"""How long a scheduler may be without a worker: a queue may have to start one first."""

RETRIES = 3
"""How often a task runs again that failed by no fault of its input."""

AHEAD = 2
"""Tasks in flight, a worker thread: enough that none of them waits."""

LOST = object()
"""In place of the result of a task that is to be begun again."""


class Tasks:
    """A function on a cluster, to whose tasks everything that they share has been sent."""

    def __init__(self, client: Any, function: Callable[..., Any], shared: Any) -> None:
        self._client, self._function, self._shared = client, function, shared
        self.window = AHEAD * max(sum(client.nthreads().values()), 1)
        self._losses = 0
        self._sent: Any = None

    def begin(self, arguments: tuple[Any, ...]) -> Any:
        """Begin a task."""
        with in_words():
            common = () if self._shared is None else (self._common(),)
            # a key of its own: one made of the arguments would read the files behind them
            return self._client.submit(
                _guarded, self._function, *common, *arguments, retries=RETRIES, pure=False
            )

    def _common(self) -> Any:
        """Send what tasks share to every worker, again where those that had it are dead."""
        if self._sent is None or self._sent.status != "finished":
            await_worker(self._client)
            self._sent = self._client.scatter(self._shared, broadcast=True, hash=False)
        return self._sent

    def taken(self, future: Any) -> Any:
        """Wait for a result, and fetch it; `LOST` if it fell with all that had what tasks share."""
        with in_words(future):
            try:
                result = future.result()
            except CancelledError:
                self._losses += 1
                if self._client.status != "running" or self._losses > RETRIES * self.window:
                    raise
                return LOST
        self._losses = 0
        if isinstance(result, InputError):
            raise result
        return result


def await_worker(client: Any) -> None:
    """Wait until there is one."""
    if client.nthreads():
        return
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise InputError("scheduler", "has no worker; start one, and call again") from None


@contextmanager
def in_words(future: Any = None) -> Iterator[None]:
    """Say what became of a cluster; what a task itself failed of is its own."""
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
