"""How many networks are done, told from processes to the one that a user looks at."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from w2slens._core.types import Progress

LOOK_SECONDS = 0.5
"""How often finished networks are counted."""


@dataclass(eq=False)
class Shown:
    """Shows (networks done, networks in all), those of earlier runs included."""

    progress: Progress | None
    total: int
    before: int = 0
    done: int = 0

    def __call__(self, done: int) -> None:
        """Show how many this run has done."""
        self.done = done
        if self.progress is not None:
            self.progress(self.before + done, self.total)

    def one_more(self) -> None:
        """Show that one more is done."""
        self(self.done + 1)


@dataclass(frozen=True)
class Ticks:
    """A counter that processes share: a file to which each appends."""

    path: Path

    def __call__(self) -> None:
        """Count one more."""
        with self.path.open("ab") as file:
            file.write(b".")

    def count(self) -> int:
        """Return how many there are."""
        return self.path.stat().st_size


@contextmanager
def counted(show: Callable[[int], None]) -> Iterator[Ticks]:
    """Show how many networks processes have finished, whenever it has changed."""
    with tempfile.TemporaryDirectory(prefix="w2slens-") as folder:
        ticks, over = Ticks(Path(folder) / "networks"), threading.Event()
        ticks.path.touch()
        watch = threading.Thread(target=_watch, args=(ticks, show, over), daemon=True)
        watch.start()
        try:
            yield ticks
        finally:
            over.set()
            watch.join()


def _watch(ticks: Ticks, show: Callable[[int], None], over: threading.Event) -> None:
    known, last = 0, False
    while not last:
        last = over.wait(LOOK_SECONDS)
        if (count := ticks.count()) != known:
            known = count
            show(count)
