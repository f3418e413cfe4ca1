"""Runs told to Weights & Biases: configuration, history over n, summary, an artefact."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from w2slens._core.errors import needing


class WeightsAndBiases:
    """A run of Weights & Biases for every run.

    Parameters
    ----------
    project
        ``PROJECT`` or ``ENTITY/PROJECT``.

    Raises
    ------
    MissingExtraError
        Without wandb.

    Notes
    -----
    Whether runs go to a server and to which, say wandb's own settings: with ``WANDB_MODE=offline``
    they stay on disk, in the folder that ``WANDB_DIR`` names.
    """

    def __init__(self, project: str = "w2slens") -> None:
        with needing("wandb", "a tracker of Weights & Biases", extra="wandb"):
            import wandb
        self._wandb: Any = wandb
        self._entity, _, self._project = project.rpartition("/")
        self._run: Any = None

    def begin(self, title: str, settings: Mapping[str, Any]) -> None:
        """Begin a run beside those that may be open; what is printed is not captured."""
        self._run = self._wandb.init(
            project=self._project,
            entity=self._entity or None,
            name=title,
            config=dict(settings),
            reinit="create_new",
            settings=self._wandb.Settings(console="off"),
        )

    def log(self, n: int, numbers: Mapping[str, float]) -> None:
        """Log to the history, n being the step."""
        self._run.log(dict(numbers), step=n)

    def note(self, facts: Mapping[str, float | str]) -> None:
        """Put facts into the summary."""
        self._run.summary.update(dict(facts))

    def keep(self, files: Sequence[Path]) -> None:
        """Log files as one artefact."""
        artefact = self._wandb.Artifact(f"result-{self._run.id}", type="result")
        for file in files:
            artefact.add_file(str(file))
        self._run.log_artifact(artefact)

    def end(self, *, failed: bool) -> None:
        """End the run; what is not sent yet is sent first."""
        self._run.finish(exit_code=int(failed))
