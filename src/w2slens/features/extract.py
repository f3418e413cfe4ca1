"""From examples to a store of features: in batches, resumable, the broken ones named."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import numpy as np

from w2slens._core import check
from w2slens._core.cluster import Scheduler, reached
from w2slens._core.errors import InputError
from w2slens._core.types import Progress
from w2slens.features.batches import Step, Work, load_example, on_cluster
from w2slens.features.corpora import Corpus
from w2slens.features.extractors import Extractor, Learner
from w2slens.features.memory import kept_memory
from w2slens.features.store import StoreWriter

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
    progress: Progress | None = None,
    scheduler: Scheduler | None = None,
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
    scheduler
        Address of a Dask scheduler whose workers map the batches, a thread each; ``"local"`` starts
        a worker a core. Or a pair (address, `distributed.Security`), or a connected
        `distributed.Client`. Files of examples must be where the workers can read them; the store
        is written here, and the same.

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
    with reached(scheduler, now=overwrite or not Path(out).exists()) as cluster:
        writer = StoreWriter(Path(out), recipe, len(corpus), overwrite=overwrite)
        if writer.finished:
            if progress is not None:
                progress(len(corpus), len(corpus))
            return writer.folder
        if isinstance(extractor, Learner):
            examples = (load_example(corpus, i, skip=skip) for i in range(len(corpus)))
            extractor = extractor.fit(example for example in examples if example is not None)
        steps = _here if cluster is None else partial(on_cluster, scheduler=cluster)
        work = Work(corpus, extractor, skip=skip)
        _fill(writer, steps(work, writer.done, batch), len(corpus), progress)
    _finish(corpus, writer)
    return writer.folder


def _fill(
    writer: StoreWriter, steps: Iterator[Step], examples: int, progress: Progress | None
) -> None:
    """Write what is made of batches, and save it now and then."""
    with _kept_work(writer):
        for count, step in enumerate(steps, 1):
            writer.add(step.features, step.examples, step.broken)
            if count % SAVED_BATCHES == 0 or writer.done == examples:
                writer.save()
                if progress is not None:
                    progress(writer.done, examples)


@contextmanager
def _kept_work(writer: StoreWriter) -> Iterator[None]:
    """Save what is done also where the block fails; why it failed is what is said."""
    try:
        yield
    except BaseException:
        with suppress(InputError):
            writer.save()
        raise


def _here(work: Work, first: int, batch: int) -> Iterator[Step]:
    """Go through the examples from the first one on, in smaller batches from where memory ends."""
    with kept_memory():
        while first < len(work.corpus):
            places = range(first, min(first + batch, len(work.corpus)))
            try:
                step = work(places)
            except MemoryError:
                if batch == 1:
                    raise
                warnings.warn(f"out of memory: the batch is halved to {batch // 2}", stacklevel=4)
                batch //= 2
                continue
            yield step
            first = places.stop


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
