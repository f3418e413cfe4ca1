"""What is known of a run of networks without its trials: linear students on their features."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.deep.frozen import Frozen
from w2slens.deep.loading import Spec
from w2slens.deep.source import Networks
from w2slens.experiments.curves import Curve
from w2slens.experiments.network_settings import NetworkSettings
from w2slens.experiments.oracle import SampleOracle
from w2slens.experiments.rows import Rows
from w2slens.models.logistic import probabilities
from w2slens.models.risks import Risks
from w2slens.theory import predict


class NetworkOracle:
    """What theory says of linear students on the networks' features before anything is trained.

    Features are what the heads see, or the gradients by what is trained, as `predict_from` says; of
    all examples. The ridges are the best ones in expectation.
    """

    def __init__(self, source: Networks, settings: NetworkSettings, frozen: Frozen) -> None:
        self._source, self._settings, self._frozen = source, settings, frozen
        self._known: dict[str, SampleOracle] = {}

    def rows(self, teacher: str) -> Rows:
        """Features of a teacher and of the student, with the labels: rows for probes."""
        source = self._source
        return Rows(
            {teacher: self._weak(teacher)},
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

    def _weak(self, name: str) -> NDArray[Any]:
        """Features of a teacher; of one that is known by a file, what it says less the first."""
        spec, source = self._source.teachers[name], self._source
        if isinstance(spec, Spec):
            return self._seen(spec)
        said = source.said[name]
        return said if source.classes is None else probabilities(said)[:, 1:]

    def _seen(self, spec: Spec) -> NDArray[np.float32]:
        told = self._settings
        if told.predict_from == "gradients":
            return self._frozen.gradients(spec, told)
        return self._frozen.features(spec, told.seed)
