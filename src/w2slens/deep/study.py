"""`NetworkStudy`: examples and networks with settings, ready to run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from w2slens._core import check
from w2slens._core.cluster import Scheduler
from w2slens._core.errors import InputError
from w2slens._core.threads import cores
from w2slens._core.types import Progress, Task
from w2slens.deep.engine import FineTuning
from w2slens.deep.examples import Examples
from w2slens.deep.frozen import Frozen
from w2slens.deep.loading import Spec
from w2slens.deep.oracle import NetworkOracle
from w2slens.deep.progress import Shown, counted
from w2slens.deep.shelf import FOLDER, Shelf
from w2slens.deep.source import Networks, teacher_of
from w2slens.experiments.network_settings import NetworkSettings, Seen
from w2slens.experiments.oracle import Oracle
from w2slens.experiments.results import Results
from w2slens.experiments.study import Study
from w2slens.experiments.trackers.tracker import Tracker
from w2slens.experiments.trial.loop import Loop
from w2slens.experiments.workers import Record, Where
from w2slens.features.corpora import Corpus


class NetworkStudy(Study):
    """All trials of a run of networks, checked and not yet run; its results are those of probes.

    Parameters
    ----------
    corpus
        Examples with labels.
    weak
        Teachers: a model, or name → model, as recipes name them.
    strong
        The student's network alike.
    settings
        What the run is told.
    words
        What else its results say: a title, the recipe.

    Raises
    ------
    InputError
        If the settings do not go with the examples, or a model is not known.
    """

    long = True

    def __init__(
        self,
        corpus: Corpus,
        weak: Any,
        strong: Any,
        settings: NetworkSettings,
        words: Mapping[str, str] | None = None,
    ) -> None:
        several = isinstance(weak, Mapping) and not {"model", "labels"} & {*weak}
        named = weak if several else {"weak": weak}
        teachers = {str(name): teacher_of(one, f"weak.{name}") for name, one in named.items()}
        if not teachers:
            raise InputError("weak", "names no teacher; 'model: name' is needed")
        for name in teachers:
            if name in ("", ".", "..") or any(mark in name for mark in "/\\:"):
                raise InputError("weak", f"names {name!r}; folders are called so, without / \\ :")
        source = Networks.of(corpus, teachers, Spec.of(strong, "strong"), settings.task)
        task: Task = "regression" if source.classes is None else "classification"
        super().__init__(source, replace(settings, task=task), words)  # type: ignore[arg-type]
        self.source: Networks  # type: ignore[assignment]
        self.settings: NetworkSettings
        self._frozen = Frozen(Examples(corpus), source.targets.shape[1])

    def run(
        self,
        out: str | Path | None = None,
        *,
        overwrite: bool = False,
        jobs: int | None = None,
        progress: Progress | None = None,
        scheduler: Scheduler | None = None,
        tracker: Tracker | str | None = None,
    ) -> Results:
        """Train what is not there yet; with `out`, keep every finished network there.

        Parameters are those of `Study.run`; progress is called with (networks done, networks in
        all). Trials share the cores among them, and the last digits of what a network learns may
        depend on how many it has; on a GPU one trial comes after the other.
        """
        most = cores() if jobs is None else check.whole(jobs, "jobs")
        if torch.cuda.is_available() and jobs is None:
            most = 1
        workers = min(most, self.settings.trials)
        self._threads = max(cores() // workers, 1)
        self._anew = overwrite
        self._moved: Callable[[], None] = _unseen
        self._shown = Shown(progress, self.source.count(self.settings) * self.settings.trials)
        told: dict[str, Any] = {"overwrite": overwrite, "tracker": tracker}
        if scheduler is not None:
            self._threads = 1
            told = {**told, "progress": progress, "scheduler": scheduler}
            return super().run(out, jobs=jobs, **told)
        if workers == 1:
            self._moved = self._shown.one_more
            return super().run(out, jobs=1, **told)
        with counted(self._shown) as ticks:
            self._moved = ticks
            return super().run(out, jobs=workers, **told)

    def _runner(self, folder: Path | None) -> Callable[[int], list[Record]]:
        if folder is not None and self._anew:
            shutil.rmtree(folder / FOLDER, ignore_errors=True)
        return partial(
            one_trial,
            self.source,
            self.settings,
            self._frozen,
            self._moved,
            None if folder is None else folder / FOLDER,
            self._threads,
        )

    def _tables(
        self,
        run: Callable[[int], list[Record]],
        done: dict[int, pd.DataFrame],
        save: Callable[[int, pd.DataFrame], None],
        where: Where,
        progress: Progress | None,
    ) -> list[pd.DataFrame]:
        self._shown.before = len(done) * self.source.count(self.settings)
        if len(done) < self.settings.trials:
            self._frozen.prepare((*self.source.networks.values(), self.source.strong))
        return super()._tables(run, done, save, where, progress)

    def oracle(self, seen: Seen) -> NetworkOracle:
        """Return what theory says, from ``"frozen"`` features or from ``"gradients"``."""
        settings = replace(self.settings, predict_from=seen)
        return NetworkOracle(self.source, settings, self._frozen)

    def _oracle(self) -> Oracle:
        return self.oracle(self.settings.predict_from)


def _unseen() -> None:
    """Say nothing of a network that is done on another machine."""


def one_trial(
    source: Networks,
    settings: NetworkSettings,
    frozen: Frozen,
    moved: Callable[[], None],
    folder: Path | None,
    threads: int,
    number: int,
) -> list[Record]:
    """Train the networks of one trial on some threads; a record a cell."""
    torch.set_num_threads(threads)
    shelf = Shelf(None if folder is None else folder / f"trial-{number:04d}")
    split = source.split(settings, number)
    engine = FineTuning(source, settings, split, number, shelf, frozen, moved)
    return Loop(engine, list(source.teachers), settings).run(number)
