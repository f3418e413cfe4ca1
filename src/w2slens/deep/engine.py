"""Fine-tuned networks: the engine of `w2slens.experiments.trial.loop` for them.

All four models, and all further students, are trained alike: the same steps, the same learning
rates to choose from, the same labeled holdout to choose by.
"""

import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from w2slens._core.types import Array, Index, Ridge
from w2slens.deep.adaptation import adapt
from w2slens.deep.alone import alone
from w2slens.deep.examples import one_hot
from w2slens.deep.filters import kept
from w2slens.deep.frozen import Frozen
from w2slens.deep.head import set_probe
from w2slens.deep.labels import PSEUDO_LABELS, Teacher, write_labels
from w2slens.deep.linearised import distance, state_of
from w2slens.deep.loading import Spec
from w2slens.deep.losses import loss as loss_of
from w2slens.deep.networks import Network
from w2slens.deep.shelf import Finished, Shelf
from w2slens.deep.source import Networks
from w2slens.deep.training import Best, Lesson, trained
from w2slens.experiments.network_settings import NetworkSettings
from w2slens.experiments.split import Split
from w2slens.experiments.table import Marks
from w2slens.models.logistic import cross_entropies, probabilities
from w2slens.models.scoring import mark_logits
from w2slens.models.students import W2S

LINEARISED = 128
"""Test rows on which a network is compared with its linearisation."""

NOWHERE = np.zeros(0, np.intp)


class FineTuning:
    """Trains the networks of one trial."""

    def __init__(
        self,
        source: Networks,
        settings: NetworkSettings,
        split: Split,
        trial: int,
        shelf: Shelf,
        frozen: Frozen,
        move: Callable[[], None],
    ) -> None:
        self._source, self._told, self._split = source, settings, split
        self._trial, self._shelf, self._move = trial, shelf, move
        self._frozen, self._examples = frozen, frozen.examples
        self._pool = split.pool(max(settings.N))
        self._known: dict[str, Finished] = {}

    def teacher(self, n: int, name: str, ridge: Ridge) -> Finished:
        """Train the weak network on n labels, or take what a file says."""
        spec, lesson = self._source.teachers[name], self._own(n)
        if isinstance(spec, Teacher):
            outputs = self._source.said[name]
            return Finished(outputs[self._split.test], outputs[self._pool])
        return self._model(f"weak.{name}.n{n}", spec, n, lesson, self._plain, self._pool)

    def baseline(self, n: int, ridge: Ridge) -> Finished:
        """Train the strong network on the same labels."""
        return self._model(f"strong.n{n}", self._source.strong, n, self._own(n), self._plain)

    def pool(self, N: int) -> int:
        """Name a pool by its size."""
        return N

    def students(
        self, pool: int, student: str, teacher: str, ridge_weak: Ridge, ridge: Ridge
    ) -> list[Finished]:
        """Train the strong network on the pseudo-labels of a teacher, for every n."""
        loss = self._told.losses[0] if student == W2S else student
        return [self._taught(n, pool, teacher, loss) for n in self._told.n]

    def ceilings(self, pool: int, ridge: Ridge) -> list[Finished]:
        """Train the strong network on true labels of the rows that the settings name."""
        return [self._ceiling(n, pool) for n in self._told.n]

    def mark(self, sides: Sequence[str], models: Sequence[Finished]) -> list[list[Marks]]:
        """Score models on the test rows."""
        test, source = self._split.test, self._source
        truth = None if source.truth is None else source.truth[test]
        labels = source.targets[test]
        found = []
        for model in models:
            if source.classes is None:
                marks = _squared_marks(model.test, labels, truth)
            else:
                marks = mark_logits(model.test, labels, truth)
            own = {"drift": model.drift, "moved": model.moved, "ridge": float("nan")}
            found.append([{**marks, **own}])
        return found

    def constant(self, n: int) -> list[float]:
        """Risk of predicting the mean of n labels."""
        source, test = self._source, self._split.test
        truth = (source.targets if source.truth is None else source.truth)[test]
        mean = source.targets[self._split.labels(n)].mean(axis=0)
        return [float(np.mean(np.sum((truth - mean) ** 2, axis=1)))]

    def _own(self, n: int) -> Lesson:
        """Take the true labels, without those that are held out."""
        return self._true(self._split.labels(n)[: n - self._told.held(n)])

    def _true(self, rows: Index) -> Lesson:
        return Lesson(rows, self._source.targets[rows], self._classes)

    def _held(self, n: int) -> Lesson | None:
        held = self._told.held(n)
        return self._true(self._split.labels(n)[n - held :]) if held else None

    def _ceiling(self, n: int, N: int) -> Finished:
        if self._told.ceiling == "labels":
            return self.baseline(n, "auto")
        own = self._own(n).rows if self._told.ceiling == "all" else NOWHERE
        lesson = self._true(np.concatenate([own, self._split.pool(N)]))
        return self._model(f"ceiling.n{n}.N{N}", self._source.strong, n, lesson, self._plain)

    def _taught(self, n: int, N: int, teacher: str, loss: str) -> Finished:
        """Teach through the models in between, then the student, then fresh students again."""
        said, name = self.teacher(n, teacher, "auto"), f"student.{teacher}.{loss}.n{n}.N{N}"
        for place, spec in enumerate(self._source.teachers[teacher].through):
            lesson = self._pseudo(said, N)
            said = self._model(f"{name}.through{place}", spec, n, lesson, loss, self._pool)
        for turn in range(self._told.rounds + 1):
            lesson, last = self._pseudo(said, N), turn == self._told.rounds
            own, seen = (name, NOWHERE) if last else (f"{name}.round{turn}", self._pool)
            said = self._model(own, self._source.strong, n, lesson, loss, seen)
        return said

    def _pseudo(self, said: Finished, N: int) -> Lesson:
        """Take what a model says of the first N rows of the pool."""
        rows, outputs = self._pool[:N], said.pool[:N]
        if not self._classes:
            return Lesson(rows, outputs, classes=False)
        soft = probabilities(outputs)
        index = np.arange(N)
        if self._told.filter != "none":
            index = kept(self._told.filter, soft, self._told.keep, lambda: self._seen(rows))
        labels = (
            one_hot(soft.argmax(axis=1), soft.shape[1]) if self._told.labels == "hard" else soft
        )
        return Lesson(rows[index], labels[index])

    def _seen(self, rows: Index) -> Array:
        """Features of the strong network before it is trained."""
        spec = self._source.strong
        return np.asarray(self._frozen.features(spec, self._first(spec))[rows])

    @property
    def _classes(self) -> bool:
        return self._source.classes is not None

    @property
    def _plain(self) -> str:
        """The loss on true labels."""
        return self._told.loss

    def _first(self, spec: Spec) -> int:
        """Seed of a network's first state in this trial."""
        return self._seed(repr(spec.state))

    def _seed(self, name: str) -> int:
        """Seed of one model of the trial, whichever others were trained before."""
        return int(zlib.crc32(f"{self._told.seed} {self._trial} {name}".encode()))

    def _model(
        self, name: str, spec: Spec, n: int, lesson: Lesson, loss: str, pool: Index = NOWHERE
    ) -> Finished:
        """Return a model of the trial; trained, or found where it was trained before."""
        if name not in self._known:
            facts = {
                "network": spec.describe(),
                "loss": loss,
                "rows": len(lesson.rows),
                "taught": zlib.crc32(lesson.labels.tobytes()),
                "trial": self._trial,
            }
            self._known[name] = self._shelf.made(
                name, facts, lambda: self._trained(name, spec, n, lesson, loss, pool)
            )
            if len(pool):
                self._shelf.beside(name, PSEUDO_LABELS, lambda path: self._write(path, name))
            self._move()
        return self._known[name]

    def _write(self, path: Path, name: str) -> None:
        """Write the pseudo-labels of the whole pool for other programs."""
        outputs, classes = self._known[name].pool, self._source.classes
        said = outputs if classes is None else probabilities(outputs)
        write_labels(path, self._examples, self._pool, said, classes)

    def _trained(
        self, name: str, spec: Spec, n: int, lesson: Lesson, loss: str, pool: Index
    ) -> tuple[Network, Finished]:
        """Train at every rate; keep what the held-out labels like best."""
        start, rates = time.monotonic(), spec.rates or self._told.rates
        network, before, least, rate = self._at(rates[0], name, spec, n, lesson, loss)
        for other in rates[1:]:
            rival = self._at(other, name, spec, n, lesson, loss)
            if rival[2] < least:
                network, before, least, rate = rival
        taken = time.monotonic() - start
        test, seen = self._split.test, self._examples
        far = distance(network, before, seen, test[:LINEARISED])
        outputs = seen.seen(network, np.concatenate([test, pool]))
        return network, Finished(outputs[: len(test)], outputs[len(test) :], *far, rate, taken)

    def _at(
        self, rate: float, name: str, spec: Spec, n: int, lesson: Lesson, loss: str
    ) -> tuple[Network, dict[str, Any], float, float]:
        """Train at a rate; the network, its first state, its held-out error, the rate."""
        told, held = self._told, self._held(n)
        first, how, seed = self._first(spec), spec.adapt or told.adapt, self._seed(name)
        network = self._frozen.network(spec, first)
        if told.start == "probe":
            set_probe(network, self._frozen.features(spec, first), lesson, held)
        with torch.random.fork_rng():  # of new matrices and dropout
            torch.manual_seed(seed)
            adapt(network, how, told)
            before, pupil, examples = state_of(network), network, self._examples
            if how == "head":
                pupil, examples = alone(network, self._frozen.features(spec, first), examples)
            best = Best(examples, held, self._error, told.patience)
            trained(pupil, examples, lesson, best, loss_of(loss), told, rate=rate, seed=seed)
        return network.eval(), before, best.least, rate

    def _error(self, outputs: Array, labels: Array) -> float:
        """Error on held-out labels: what networks minimise on true labels."""
        if not self._classes:
            return float(np.mean(np.sum((outputs - labels) ** 2, axis=1)))
        return float(np.mean(cross_entropies(outputs, labels)))


def _squared_marks(outputs: Array, labels: Array, truth: Array | None) -> Marks:
    raw = float(np.mean(np.sum((outputs - labels) ** 2, axis=1)))
    if truth is None:
        return {"risk": raw}
    return {"risk": float(np.mean(np.sum((outputs - truth) ** 2, axis=1))), "raw": raw}
