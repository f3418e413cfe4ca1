"""From examples to a store of features: in batches, resumable, the broken ones named."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError, first_line
from w2slens.features.corpora import BrokenExampleError, Corpus
from w2slens.features.extractors import Extractor, Learner
from w2slens.features.memory import kept_memory
from w2slens.features.store import StoreWriter

SKIP = "ask to skip broken examples"
"""What to do about one that cannot be loaded."""

SAVED_BATCHES = 16
"""After so many batches the work so far is made to survive a kill."""


def extract(
    corpus: Corpus,
    extractor: Extractor,
    out: str | Path,
    *,
    batch: int = 64,
    skip: bool = False,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the features of a corpus into a store.

    Parameters
    ----------
    corpus
        Images or texts.
    extractor
        Of the same kind.
    out
        Folder; an unfinished extraction of the same features goes on there, a finished one is
        left as it is.
    batch
        Examples at a time; the features do not depend on it. Halved where the GPU's memory is
        too small.
    skip
        Leave broken examples out, with a warning and their names in the manifest; else the
        first one stops the extraction.
    overwrite
        Begin anew where the folder holds a store, whatever it is.
    progress
        Called with (examples done, examples in all).

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        If an example is broken, the kinds differ, the model fails, the disk is too small, or the
        folder holds something else.
    """
    check.whole(batch, "batch")
    if corpus.kind != extractor.kind:
        raise InputError("model", f"takes {extractor.kind}s; the examples are {corpus.kind}s")
    if not len(corpus):
        raise InputError("examples", "are none; at least one is needed")
    recipe = {"extractor": extractor.describe(), "source": corpus.source}
    writer = StoreWriter(Path(out), recipe, len(corpus), overwrite=overwrite)
    if writer.finished:
        return writer.folder
    if isinstance(extractor, Learner):
        examples = (load_example(corpus, i, skip=skip) for i in range(len(corpus)))
        extractor = extractor.fit(example for example in examples if example is not None)
    with kept_memory(), _kept_work(writer):
        while writer.done < len(corpus):
            for _ in range(SAVED_BATCHES):
                if writer.done < len(corpus):
                    batch = _step(corpus, extractor, writer, batch, skip=skip)
            writer.save()
            if progress is not None:
                progress(writer.done, len(corpus))
    _finish(corpus, writer)
    return writer.folder


@contextmanager
def _kept_work(writer: StoreWriter) -> Iterator[None]:
    """Save what is done also where the block fails; why it failed is what is said."""
    try:
        yield
    except BaseException:
        with suppress(InputError):
            writer.save()
        raise


def _step(
    corpus: Corpus, extractor: Extractor, writer: StoreWriter, batch: int, *, skip: bool
) -> int:
    """Add one batch; return the size of the next."""
    places = range(writer.done, min(writer.done + batch, len(corpus)))
    loaded = [(corpus.ids[i], load_example(corpus, i, skip=skip)) for i in places]
    examples = [example for _, example in loaded if example is not None]
    broken = [name for name, example in loaded if example is None]
    try:
        features = _features(extractor, examples, corpus.ids[places[0]])
    except MemoryError:
        if batch == 1:
            raise
        warnings.warn(f"out of memory: the batch is halved to {batch // 2}", stacklevel=3)
        return batch // 2
    writer.add(features, len(places), broken)
    return batch


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


def _finish(corpus: Corpus, writer: StoreWriter) -> None:
    gone = set(writer.skipped)
    kept = np.array([i for i, name in enumerate(corpus.ids) if name not in gone], dtype=np.intp)
    if gone:
        warnings.warn(
            f"{check.plural(len(gone), 'broken example')} skipped, the first {writer.skipped[0]}; "
            "all are named in the manifest",
            stacklevel=3,
        )
    columns = {name: values[kept] for name, values in corpus.columns.items()}
    writer.finish([corpus.ids[i] for i in kept], columns)
