"""`NetworkStudy`: examples and networks with settings, ready to run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.types import Array, Task
from w2slens.deep.engine import FineTuning, models
from w2slens.deep.examples import Examples
from w2slens.deep.frozen import Frozen
from w2slens.deep.loading import Spec
from w2slens.deep.shelf import FOLDER, Shelf
from w2slens.deep.source import Networks
from w2slens.experiments.curves import Curve
from w2slens.experiments.network_settings import NetworkSettings
from w2slens.experiments.oracle import Oracle, SampleOracle
from w2slens.experiments.results import Results
from w2slens.experiments.rows import Rows
from w2slens.experiments.study import Progress, Study
from w2slens.experiments.trial.loop import Loop
from w2slens.experiments.workers import Record
from w2slens.features.corpora import Corpus
from w2slens.models.risks import Risks
from w2slens.theory import predict


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

    def __init__(
        self,
        corpus: Corpus,
        weak: Any,
        strong: Any,
        settings: NetworkSettings,
        words: Mapping[str, str] | None = None,
    ) -> None:
        named = weak if isinstance(weak, Mapping) and "model" not in weak else {"weak": weak}
        teachers = {str(name): Spec.of(one, f"weak.{name}") for name, one in named.items()}
        if not teachers:
            raise InputError("weak", "names no teacher; 'model: name' is needed")
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
        jobs: int | None = 1,
        progress: Progress | None = None,
    ) -> Results:
        """Train what is not there yet; with `out`, keep every finished network there.

        Parameters are those of `Study.run`. Trials run one after another, each on all cores.
        """
        self._progress, self._done = progress, 0
        return super().run(out, overwrite=overwrite, jobs=1)

    def _runner(self, folder: Path | None) -> Callable[[int], list[Record]]:
        def run(number: int) -> list[Record]:
            place = None if folder is None else folder / FOLDER / f"trial-{number:04d}"
            split = self.source.split(self.settings, number)
            self._done = number * models(self.source, self.settings)
            engine = FineTuning(
                self.source, self.settings, split, number, Shelf(place), self._frozen, self._move
            )
            return Loop(engine, list(self.source.teachers), self.settings).run(number)

        return run

    def _move(self) -> None:
        """Say that one more network is done."""
        self._done += 1
        if self._progress is not None:
            total = models(self.source, self.settings) * self.settings.trials
            self._progress(self._done, total)

    def _oracle(self) -> Oracle:
        return FrozenOracle(self.source, self.settings, self._frozen)


class FrozenOracle:
    """What theory says of probes on the networks' features before anything is trained.

    The features are those of all examples; the ridges are the best ones in expectation.
    """

    def __init__(self, source: Networks, settings: NetworkSettings, frozen: Frozen) -> None:
        self._source, self._settings, self._frozen = source, settings, frozen
        self._known: dict[str, SampleOracle] = {}

    def rows(self, teacher: str) -> Rows:
        """Frozen features of a teacher and of the student, with the labels: rows for probes."""
        source = self._source
        return Rows(
            {teacher: self._seen(source.teachers[teacher])},
            self._seen(source.strong),
            source.targets,
            source.truth,
            source.classes,
            source.corpus.groups,
        )

    def ranks(self, teacher: str) -> tuple[int, int]:
        """Count the retained directions."""
        return self._of(teacher).ranks(teacher)

    def dimensions(self, teacher: str) -> Any:
        """Measure over all examples."""
        return self._of(teacher).dimensions(teacher)

    def predicted(self, curve: Curve, table: pd.DataFrame) -> Risks:
        """Predict probes with the moments of all examples and labels."""
        told, problem = self._settings, self.problem(curve.teacher)
        found = predict(
            problem,
            n=told.n,
            N=told.N,
            ridge_weak="auto",
            ridge_strong="auto",
            intercept=True,
            ceiling=told.ceiling,
        )
        return replace(found, scale="raw" if self._source.truth is None else "excess")

    def students(self, curve: Curve, names: Sequence[str]) -> dict[str, Array]:
        """Give none: theory does not tell losses apart."""
        shape = len(self._settings.n), len(self._settings.N)
        return {name: np.full(shape, np.nan) for name in names}

    def bounds(self, curve: Curve) -> None:
        """Give none."""

    def problem(self, teacher: str) -> Any:
        """Take the moments of all examples and labels."""
        return self._of(teacher).problem(teacher)

    def _of(self, teacher: str) -> SampleOracle:
        if teacher not in self._known:
            self._known[teacher] = SampleOracle(self.rows(teacher), self._settings)
        return self._known[teacher]

    def _seen(self, spec: Spec) -> NDArray[np.float32]:
        return self._frozen.features(spec, self._settings.seed)
