"""Runs told to TensorBoard: hyperparameters, scalars over n, and texts, in a file of events."""

import re
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from w2slens._core.errors import needing
from w2slens.experiments.trackers.parameters import parameters

UNFIT = re.compile(r"[^\w.-]+")
"""What names of folders had better not hold."""


class TensorBoard:
    """A folder of events for every run.

    Parameters
    ----------
    folder
        Where the runs' folders are, as ``tensorboard --logdir`` takes it.

    Raises
    ------
    MissingExtraError
        Without TensorBoard.

    Notes
    -----
    TensorBoard keeps no files; where those of a result are is told as a text.
    """

    def __init__(self, folder: str | Path = "runs") -> None:
        with needing("tensorboard", "a tracker of TensorBoard", extra="tensorboard"):
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.plugins.hparams.summary_v2 import hparams_pb
            from tensorboard.plugins.scalar.summary_v2 import scalar_pb
            from tensorboard.plugins.text.summary_v2 import text_pb
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        self._event, self._writer_of = Event, EventFileWriter
        self._settings, self._scalar, self._text = hparams_pb, scalar_pb, text_pb
        self._folder = Path(folder)
        self._writer: Any = None

    def begin(self, title: str, settings: Mapping[str, Any]) -> None:
        """Make a new folder, called by the time and the title."""
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{UNFIT.sub('-', title).strip('-.')}"
        self._writer = self._writer_of(str(_made(self._folder / name)))
        self._add(self._settings(parameters(settings)))
        self._writer.flush()

    def log(self, n: int, numbers: Mapping[str, float]) -> None:
        """Write scalars, n being their step."""
        for name, value in numbers.items():
            self._add(self._scalar(name, value), n)

    def note(self, facts: Mapping[str, float | str]) -> None:
        """Write numbers as scalars of step 0, and words as texts."""
        for name, fact in facts.items():
            of = self._text if isinstance(fact, str) else self._scalar
            self._add(of(name, fact))

    def keep(self, files: Sequence[Path]) -> None:
        """Write where files are."""
        lines = "\n".join(f"- {file.absolute()}" for file in files)
        self._add(self._text("files", lines))

    def end(self, *, failed: bool) -> None:
        """Say whether the run was stopped, and close its file."""
        self._add(self._text("status", "failed" if failed else "finished"))
        self._writer.close()

    def _add(self, summary: Any, step: int = 0) -> None:
        self._writer.add_event(self._event(wall_time=time.time(), step=step, summary=summary))


def _made(folder: Path) -> Path:
    """Make a folder that nobody has, numbered where one of its name is there."""
    for number in count(1):
        place = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            continue
        return place
    raise AssertionError
