"""Coloured images with a known Bayes rule: a shape that matters and a colour that misleads.

As in invariant risk minimisation: the class, thresholded, is the clean label; the label is the
clean one flipped with probability `flip`; the colour is the label flipped with probability
`mismatch`. The grey image fills the red or the green channel by colour. Since both probabilities
are known, so are f* = 2·P(label = 1 | clean, colour) − 1 for ±1 labels, and the noise.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.features.corpora.corpus import Corpus

LARGEST_CLASS = 2**53
"""Classes and thresholds lie between this and its negative."""


def coloured(
    corpus: Corpus,
    *,
    threshold: int = 5,
    flip: float = 0.25,
    mismatch: float = 0.2,
    seed: int = 0,
) -> Corpus:
    """Colour grey images, whose classes from `threshold` on are positive; labels become ±1.

    Parameters
    ----------
    corpus
        Images with classes.
    threshold
        The first class that is positive.
    flip, mismatch
        Probabilities that label and clean label, colour and label disagree, in (0, 1).
    seed
        Of the draws.
    """
    if corpus.kind != "image" or corpus.labels is None:
        raise InputError("coloured", "needs images with classes")
    check.whole(threshold, "threshold", -LARGEST_CLASS)
    for name, value in (("flip", flip), ("mismatch", mismatch)):
        if check.share(value, name) >= 1:
            raise InputError(name, f"is {value}; a probability below 1 is needed")
    check.whole(seed, "seed", least=0)
    rng = np.random.default_rng(seed)
    clean = corpus.labels >= threshold
    label = clean ^ (rng.random(len(corpus)) < flip)
    green = label ^ (rng.random(len(corpus)) < mismatch)

    def load(i: int) -> NDArray[np.uint8]:
        grey: NDArray[np.uint8] = corpus.load(i)
        image = np.zeros_like(grey)
        image[:, :, int(green[i])] = grey[:, :, 0]
        return image

    settings = {"threshold": threshold, "flip": flip, "mismatch": mismatch, "seed": seed}
    # Bayes' rule: what clean and colour say of a positive label, and of a negative one.
    positive = np.where(clean, 1 - flip, flip) * np.where(green, 1 - mismatch, mismatch)
    negative = np.where(clean, flip, 1 - flip) * np.where(green, mismatch, 1 - mismatch)
    return replace(
        corpus,
        load=load,
        labels=2.0 * label - 1,
        target=2 * positive / (positive + negative) - 1,
        source={**corpus.source, "coloured": settings},
    )
