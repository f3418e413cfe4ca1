"""Files of pseudo-labels, in the columns of openai/weak-to-strong and EleutherAI/w2s.

``id`` names an example, ``txt`` is its text, ``soft_label`` lists the probabilities of the classes
and ``hard_label`` is the likeliest one. What a run's teachers say is written so, and
what any other teacher says is read so: a teacher of which nothing else is known.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index
from w2slens.deep.examples import Examples, one_hot
from w2slens.features.corpora.corpus import Corpus
from w2slens.features.corpora.hub import saved_table
from w2slens.features.corpora.tables import read_table

KEYS = ("id", "txt")
"""Columns by which a row is found, the first that is there."""

SOFT, HARD = "soft_label", "hard_label"

PSEUDO_LABELS = "pseudo_labels.parquet"
"""The file in the folder of a network that teaches."""

LEAST = 1e-12
"""Probability below which the logarithm is not taken."""


def write_labels(
    path: Path, examples: Examples, rows: Index, soft: Array, classes: Array | None
) -> None:
    """Write what a teacher says of some examples: (rows, k) probabilities, or numbers."""
    corpus = examples.corpus
    columns: dict[str, Any] = {"id": [corpus.ids[i] for i in rows]}
    if corpus.kind == "text":
        columns["txt"] = examples.load(rows)
    columns[SOFT] = pa.array(list(soft), pa.list_(pa.float64()))
    if classes is not None:
        columns[HARD] = classes[soft.argmax(axis=1)]
    pq.write_table(pa.table(columns), path)


@dataclass(frozen=True)
class Teacher:
    """A teacher that is known by a file of its labels alone."""

    path: str
    through: tuple[()] = ()

    def describe(self) -> dict[str, Any]:
        """Return what decides the teacher, as JSON types."""
        return {"labels": self.path}

    def outputs(self, corpus: Corpus, classes: Array | None, k: int) -> Array:
        """Read what it says of every example: (examples, k) logarithms of probabilities.

        Of numbers, which `soft_label` then lists, the numbers themselves.

        Raises
        ------
        InputError
            If a column or an example is missing, or the labels are of other classes.
        """
        path = Path(self.path)
        table, name = saved_table(path) if path.is_dir() else read_table(path, "labels"), path.name
        key = next((one for one in KEYS if one in table.columns), None)
        if key is None or not {SOFT, HARD} & {*table.columns}:
            listed = ", ".join(map(repr, table.columns))
            raise InputError(
                "labels",
                f"{name} has the columns {listed}; 'id' or 'txt', and '{SOFT}' or '{HARD}', are "
                "needed",
            )
        said = _said(table, classes, k, name)
        return said[_places(table[key].tolist(), key, corpus, name)]


def _said(table: Any, classes: Array | None, k: int, name: str) -> Array:
    if SOFT in table.columns:
        soft = check.numeric(_stacked(table[SOFT].tolist(), name), SOFT)
        if classes is not None and k == 2 and soft.shape[1] == 1:
            soft = np.hstack([1 - soft, soft])
        if soft.shape[1] != k:
            raise InputError(
                "labels", f"of {name} tell {soft.shape[1]} classes apart; the examples have {k}"
            )
        check.finite(soft, SOFT)
        if classes is None:
            return soft
        if (soft < 0).any() or not np.allclose(soft.sum(axis=1), 1, atol=1e-3):
            raise InputError("labels", f"of {name} are no probabilities that sum to 1 in each row")
        return np.asarray(np.log(np.maximum(soft, LEAST)))
    hard = check.numeric(table[HARD].to_numpy(), HARD)
    if classes is None:
        return np.asarray(hard, np.float64)[:, None]
    codes = np.searchsorted(classes, hard)
    known = (codes < k) & (classes[np.minimum(codes, k - 1)] == hard)
    if not known.all():
        other = hard[~known][0]
        raise InputError(
            "labels", f"of {name} include {other:g}; the classes are {classes.tolist()}"
        )
    return np.asarray(np.log(np.maximum(one_hot(codes, k), LEAST)))


def _stacked(lists: list[Any], name: str) -> Array:
    """Make (rows, k) of a column of lists, or of numbers."""
    try:
        rows = np.array([np.atleast_1d(one) for one in lists], np.float64)
    except (TypeError, ValueError):
        raise InputError(SOFT, f"of {name} is no column of lists, all as long") from None
    return rows.reshape(len(lists), -1)


def _places(keys: list[Any], key: str, corpus: Corpus, name: str) -> Index:
    """Find the row of the file that speaks of each example."""
    place = {str(value): i for i, value in reversed(list(enumerate(keys)))}
    if key == "id" and len(place) < len(keys):
        raise InputError("labels", f"of {name} name a {key} twice")
    wanted = corpus.ids if key == "id" else [corpus.load(i) for i in range(len(corpus))]
    missing = [one for one in wanted if str(one) not in place]
    if missing:
        raise InputError(
            "labels",
            f"of {name} lack {len(missing):,} of {len(corpus):,} examples, the first with {key} "
            f"{str(missing[0])[:60]!r}",
        )
    return np.array([place[str(one)] for one in wanted], np.intp)
