"""Phrases and the sentences that they are cut from, told by their words alone.

SST-2 lists the phrases of its sentences as texts of their own: a phrase and its sentence on the two
sides of a split leak the label. Either the sentences alone are kept, or whole groups are held out.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

TELLING_WORDS = 3
"""Sentences that share a listed phrase of so many words go together; shorter ones say little."""

Words = tuple[str, ...]


def whole_sentences(texts: Sequence[Any]) -> NDArray[np.intp]:
    """Find the texts that are no part of a longer one (word by word), each once."""
    owners = _owners([_words(text) for text in texts])
    return np.array([i for i, owner in enumerate(owners) if owner == i], dtype=np.intp)


def sentence_groups(texts: Sequence[Any]) -> NDArray[np.intp]:
    """Group the texts that belong together.

    A text belongs to the longest text that contains it, and two sentences belong together where
    both contain the same listed text of at least `TELLING_WORDS` words: across groups no text of
    that length is part of another. What is no string is a group by itself; groups count from 0.
    """
    words = [_words(text) for text in texts]
    owners = _owners(words)
    links = [(i, owner) for i, owner in enumerate(owners) if owner >= 0]
    telling = {some for some in words if len(some) >= TELLING_WORDS}
    first: dict[Words, int] = {}
    for i, owner in enumerate(owners):
        if owner == i:
            parts = (part for part in _parts(words[i], TELLING_WORDS) if part in telling)
            links += [(i, first.setdefault(part, i)) for part in parts]
    left, right = np.array(links, dtype=np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(words),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _words(text: Any) -> Words:
    return tuple(text.split()) if isinstance(text, str) else ()


def _parts(words: Words, least: int) -> Iterator[Words]:
    """All runs of at least so many words."""
    places = range(len(words) + 1)
    return (words[start:end] for start in places for end in places[start + least :])


def _owners(words: Sequence[Words]) -> list[int]:
    """Place of the longest text that contains each one, itself perhaps; −1 without words."""
    owners = [-1] * len(words)
    owner: dict[Words, int] = {}
    for i in sorted(range(len(words)), key=lambda i: -len(words[i])):
        if words[i]:
            if words[i] not in owner:
                for part in _parts(words[i], 1):
                    owner.setdefault(part, i)
            owners[i] = owner[words[i]]
    return owners
