"""Where the rows of a run of networks live: a corpus, and the networks that learn from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Task
from w2slens.deep.labels import Teacher
from w2slens.deep.loading import Spec
from w2slens.experiments.given import fingerprint, held_out, known_truth
from w2slens.experiments.network_settings import NetworkSettings
from w2slens.experiments.split import Split
from w2slens.features.corpora import Corpus


@dataclass(frozen=True, eq=False)
class Networks:
    """Examples with labels, teachers by name, and the strong network."""

    corpus: Corpus
    teachers: Mapping[str, Spec | Teacher]
    strong: Spec
    targets: Array  # (rows, k) labels, one-hot for classification
    truth: Array | None = None  # (rows, k) f* where it is known
    classes: NDArray[Any] | None = None  # (k,) class labels; None for regression
    said: Mapping[str, Array] = field(default_factory=dict)  # outputs of teachers known by files

    @classmethod
    def of(
        cls, corpus: Corpus, teachers: Mapping[str, Spec | Teacher], strong: Spec, task: Task | None
    ) -> "Networks":
        """Check that the examples have labels, and what kind."""
        if corpus.labels is None:
            raise InputError("label", "is missing: the examples have no labels to learn from")
        targets, classes = check.labels(corpus.labels, "label", task)
        truth = None if corpus.target is None else known_truth(corpus.target, classes)
        k = targets.shape[1]
        said = {
            name: one.outputs(corpus, classes, k)
            for name, one in teachers.items()
            if isinstance(one, Teacher)
        }
        return cls(corpus, teachers, strong, targets, truth, classes, said)

    def _check_rates(self, settings: NetworkSettings) -> None:
        for name, spec in {**self.networks, "strong": self.strong}.items():
            if not settings.holdout and spec.rates is not None and len(spec.rates) > 1:
                raise InputError(
                    "rates", f"of {name} are several; without a holdout none can be chosen"
                )

    def prepared(self, settings: NetworkSettings) -> tuple["Networks", NetworkSettings]:
        """Settle the size of the test block."""
        self._check_rates(settings)
        settings = replace(settings, test=held_out(settings.test, len(self.targets)))
        groups = self.corpus.groups
        unused = 0 if groups is None else int(np.bincount(groups).max()) - 1
        settings.check_rows(len(self.targets), unused)
        return self, settings

    def split(self, settings: NetworkSettings, number: int) -> Split:
        """Draw which rows a trial uses for what, as for probes."""
        rows, test = len(self.targets), int(settings.test)
        return Split.draw(rows, test, settings.seed, number, self.corpus.groups)

    def facts(self, settings: NetworkSettings) -> dict[str, Any]:
        """Return what a result says of its rows and networks."""
        groups = self.corpus.groups
        return {
            "scale": "raw" if self.truth is None else "excess",
            "rows": len(self.targets),
            "groups": None if groups is None else int(groups.max()) + 1,
            "outputs": self.targets.shape[1],
            "classes": None if self.classes is None else self.classes.tolist(),
            "teachers": list(self.teachers),
            "networks": {
                **{f"weak.{name}": spec.describe() for name, spec in self.teachers.items()},
                "strong": self.strong.describe(),
            },
        }

    def fingerprints(self) -> dict[str, str]:
        """Shape, type and SHA-256 of the labels, and which examples there are."""
        ids = np.frombuffer("\n".join(self.corpus.ids).encode(), np.uint8)
        said = {f"weak.{name}": fingerprint(outputs) for name, outputs in self.said.items()}
        return {"labels": fingerprint(self.targets), "ids": fingerprint(ids[:, None]), **said}

    @property
    def networks(self) -> dict[str, Spec]:
        """Teachers that are trained, by name."""
        return {name: one for name, one in self.teachers.items() if isinstance(one, Spec)}

    def count(self, told: NetworkSettings) -> int:
        """Count the networks of one trial."""
        n, N, students = len(told.n), len(told.N), len(told.losses)
        taught = sum(
            isinstance(spec, Spec) + N * students * (len(spec.through) + told.rounds + 1)
            for spec in self.teachers.values()
        )
        tops = {"labels": 0, "pool": n * N, "all": n * N}[told.ceiling]
        return n * (taught + 1) + tops


def teacher_of(given: Any, argument: str) -> Spec | Teacher:
    """Read a network, or ``labels: FILE``: a teacher that is known by what it says."""
    if not isinstance(given, dict) or "labels" not in given:
        return Spec.of(given, argument)
    if len(given) > 1 or not isinstance(given["labels"], str):
        raise InputError(argument, f"is {given!r}; 'labels: FILE' takes a path and stands alone")
    return Teacher(given["labels"])
