"""Scores of fitted models on rows: squared error and accuracy; of probabilities, Brier and more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.logistic import cross_entropies, probabilities
from w2slens.models.metrics import auroc
from w2slens.models.probe import LinearProbe
from w2slens.moments.accumulate import PANEL_ROWS


@dataclass(frozen=True, eq=False)
class Tally:
    """Errors of several probes on the same rows."""

    squared_error: Array  # (truths, probes) means against each truth, summed over outputs
    accuracy: Array  # (probes,) share of rows whose largest output is the class; or nan
    auroc: Array  # (probes,) area under the ROC curve, where it was asked for; or nan


def tally(
    probes: Sequence[LinearProbe],
    features: Sequence[NDArray[Any]],
    truths: Sequence[Array],
    classes: NDArray[np.intp] | None = None,
    index: NDArray[np.intp] | None = None,
    *,
    areas: bool = False,
) -> Tally:
    """Score probes of k outputs on rows, a panel at a time, one product for all probes.

    The features are blocks (m, p) of any real type, side by side what the probes see, or more rows
    of which `index` names m; the scores are
    compared with each of the (m, k) truths and, for an accuracy, the (m,) positions of the classes;
    `areas` under ROC curves need all scores at once.
    """
    m = len(truths[0])
    stacked, k = LinearProbe.stack(probes), truths[0].shape[1]
    errors = np.zeros((len(truths), len(probes)))
    hits, kept = np.zeros(len(probes)), []
    for start in range(0, m, PANEL_ROWS):
        panel = slice(start, start + PANEL_ROWS)
        some = panel if index is None else index[panel]
        rows = np.concatenate([block[some] for block in features], axis=1, dtype=np.float64)
        scores = stacked.predict(rows).reshape(-1, len(probes), k)
        for row, truth in enumerate(truths):
            errors[row] += np.sum((scores - truth[panel, None, :]) ** 2, axis=(0, 2))
        if classes is not None:
            hits += np.sum(scores.argmax(axis=2) == classes[panel, None], axis=0)
        kept += [scores] if areas else []
    accuracy, area = hits / m, np.full(len(probes), np.nan)
    if classes is None:
        accuracy = area
    elif areas:
        whole = np.concatenate(kept)
        area = np.array([auroc(whole[:, place], classes) for place in range(len(probes))])
    return Tally(errors / m, accuracy, area)


def mark_logits(logits: Array, labels: Array, truth: Array | None = None) -> dict[str, float]:
    """Score (m, k) logits on rows with one-hot labels (m, k), and class probabilities if known.

    ``risk`` is the Brier score, summed over classes, against the probabilities where they are known
    (``raw`` is then the one against the labels); ``cross_entropy`` is in nats; ``auroc`` is for
    more than two classes the mean of each against the rest.
    """
    p = probabilities(logits)
    brier = float(np.mean(np.sum((p - labels) ** 2, axis=1)))
    marks = {"risk": brier}
    if truth is not None:
        marks = {"risk": float(np.mean(np.sum((p - truth) ** 2, axis=1))), "raw": brier}
    codes = labels.argmax(axis=1)
    return {
        **marks,
        "accuracy": float(np.mean(p.argmax(axis=1) == codes)),
        "cross_entropy": float(np.mean(cross_entropies(logits, labels))),
        "auroc": auroc(p, codes),
    }
