"""What a command says while it works: progress and notes on stderr."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from w2slens._core import types


@contextmanager
def progress(label: str) -> Iterator[types.Progress]:
    """Show a bar with time left on stderr; give the function that moves it to (done, total)."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


class Kept(logging.Handler):
    """Messages that the library logged."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.messages.append(record.getMessage())


@contextmanager
def notes() -> Iterator[None]:
    """Turn warnings, and what the library logs, into one-line notes on stderr, each once."""
    log, logged = logging.getLogger("w2slens"), Kept()
    level = log.level
    log.addHandler(logged)
    log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            warnings.simplefilter("ignore", DeprecationWarning)  # for programmers
            yield
    finally:
        log.removeHandler(logged)
        log.setLevel(level)
    messages = [*logged.messages, *(str(warning.message) for warning in caught)]
    for message in dict.fromkeys(messages):
        click.echo(f"note: {message}", err=True)
