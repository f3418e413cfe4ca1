"""Runs told to MLflow: parameters, metrics over n, tags, artefacts."""

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from w2slens._core.errors import needing
from w2slens.experiments.trackers.parameters import parameters

LONGEST_PARAMETER, LONGEST_TAG = 6000, 5000
"""Characters that servers take; longer parameters are in ``settings.json`` alone."""

MOST_METRICS, MOST_PARAMETERS = 900, 100
"""Metrics, and parameters or tags, that servers take at a time."""

REFUSED = re.compile(r"[^/\w.\- :]|(?<=/)/|^/|\.\.")
"""What names must not hold; an underscore stands for it."""

RETRIES, FEW = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"
"""How often MLflow asks a server anew, each time waiting twice as long: 7 times take 4 minutes."""


class MLflow:
    """A run of MLflow for every run.

    Parameters
    ----------
    where
        Tracking URI: a server's address, or a database as ``sqlite:///runs.db``; default what
        MLflow's own settings say.
    experiment
        Its name; default what ``MLFLOW_EXPERIMENT_NAME`` says, or w2slens.

    Raises
    ------
    MissingExtraError
        Without MLflow.
    """

    def __init__(self, where: str | None = None, *, experiment: str | None = None) -> None:
        with needing("mlflow-skinny", "a tracker of MLflow", extra="mlflow"):
            import mlflow
            from mlflow import entities
        self._client = mlflow.MlflowClient(tracking_uri=where)
        self._entities = entities
        self._experiment = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME", "w2slens")
        self._run = ""

    def begin(self, title: str, settings: Mapping[str, Any]) -> None:
        """Make the experiment where there is none yet, and a run in it."""
        with _impatient():
            known = self._client.get_experiment_by_name(self._experiment)
        place = known.experiment_id if known else self._client.create_experiment(self._experiment)
        self._run = self._client.create_run(place, run_name=title).info.run_id
        made = [(name, str(value)) for name, value in parameters(settings).items()]
        short = [self._entities.Param(*one) for one in made if len(one[1]) <= LONGEST_PARAMETER]
        for first in range(0, len(short), MOST_PARAMETERS):
            self._client.log_batch(self._run, params=short[first : first + MOST_PARAMETERS])
        self._client.log_dict(self._run, dict(settings), "settings.json")

    def log(self, n: int, numbers: Mapping[str, float]) -> None:
        """Log metrics, n being their step."""
        now = int(time.time() * 1000)
        told = [(REFUSED.sub("_", name), value) for name, value in numbers.items()]
        metrics = [self._entities.Metric(*one, now, n) for one in told]
        for first in range(0, len(metrics), MOST_METRICS):
            self._client.log_batch(self._run, metrics=metrics[first : first + MOST_METRICS])

    def note(self, facts: Mapping[str, float | str]) -> None:
        """Log numbers as metrics of step 0, and words as tags."""
        words = {name: fact for name, fact in facts.items() if isinstance(fact, str)}
        numbers = {name: fact for name, fact in facts.items() if not isinstance(fact, str)}
        self.log(0, numbers)
        for name, text in words.items():
            self._client.set_tag(self._run, REFUSED.sub("_", name), text[:LONGEST_TAG])

    def keep(self, files: Sequence[Path]) -> None:
        """Log files as artefacts."""
        for file in files:
            self._client.log_artifact(self._run, str(file))

    def end(self, *, failed: bool) -> None:
        """End the run."""
        self._client.set_terminated(self._run, status="FAILED" if failed else "FINISHED")


@contextmanager
def _impatient() -> Iterator[None]:
    """Miss a server that is away soon, unless the user's own settings say how often to ask."""
    if RETRIES in os.environ:
        yield
        return
    os.environ[RETRIES] = FEW
    try:
        yield
    finally:
        del os.environ[RETRIES]
