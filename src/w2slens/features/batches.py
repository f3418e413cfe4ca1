"""Batches of examples mapped to features, one after the other or by the workers of a cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.cluster import Scheduler, connected
from w2slens._core.errors import InputError, first_line
from w2slens._core.threads import one_torch_thread
from w2slens.features.corpora import BrokenExampleError, Corpus
from w2slens.features.extractors import Extractor

SKIP = "ask to skip broken examples"
"""What to do about one that cannot be loaded."""


class Step(NamedTuple):
    """What became of some examples that follow one another."""

    examples: int
    features: NDArray[Any]  # (kept, coordinates)
    broken: list[str]  # ids of those left out


@dataclass(frozen=True, eq=False)
class Work:
    """Examples, and the map that they go through."""

    corpus: Corpus
    extractor: Extractor
    skip: bool  # whether broken examples are left out

    def __call__(self, places: range) -> Step:
        """Map some examples."""
        ids = self.corpus.ids
        loaded = [(ids[i], load_example(self.corpus, i, skip=self.skip)) for i in places]
        examples = [example for _, example in loaded if example is not None]
        broken = [name for name, example in loaded if example is None]
        return Step(len(places), _features(self.extractor, examples, ids[places[0]]), broken)


def on_cluster(work: Work, first: int, batch: int, scheduler: Scheduler) -> Iterator[Step]:
    """Let workers map the batches from the first example on; what they give comes in order."""
    end = len(work.corpus)
    if first == end:
        return
    tasks = ((range(start, min(start + batch, end)),) for start in range(first, end, batch))
    with connected(scheduler) as cluster:
        yield from cluster.in_order(_far, tasks, shared=work)


def _far(work: Work, places: range) -> Step:
    """Map a batch on one thread; where memory ends, half of it at a time."""
    try:
        with one_torch_thread():
            return work(places)
    except MemoryError:
        if len(places) == 1:
            raise
    half = len(places) // 2
    parts = [_far(work, some) for some in (places[:half], places[half:])]
    features = [part.features for part in parts if part.features.size]
    together = np.concatenate(features) if features else parts[0].features
    return Step(len(places), together, [name for part in parts for name in part.broken])


def _features(extractor: Extractor, examples: list[Any], first: str) -> NDArray[Any]:
    """Map a batch; what a network says that cannot do it is about `first` or one after it."""
    if not examples:
        return np.zeros((0, 0), np.float32)
    try:
        features = check.numeric(extractor(examples), "model")
    except (InputError, MemoryError):
        raise
    except Exception as error:
        if "out of memory" in str(error):
            raise MemoryError(first_line(error)) from error
        said = f"{type(error).__name__}: {first_line(error)}"
        raise InputError("model", f"fails near {first} ({said})") from error
    if features.ndim != 2 or len(features) != len(examples) or not features.size:
        needed = f"({len(examples)}, coordinates) is needed"
        raise InputError("model", f"gives shape {features.shape} near {first}; {needed}")
    if not check.all_finite(features):
        raise InputError("model", f"gives values that are not finite near {first}")
    return features


def load_example(corpus: Corpus, i: int, *, skip: bool, advice: str = SKIP) -> Any:
    """Load an example, or refuse it, with advice; None where it is broken and may be skipped."""
    try:
        return corpus.load(i)
    except BrokenExampleError as error:
        if skip:
            return None
        raise InputError("examples", f"{corpus.ids[i]}: {error}; {advice}") from None
