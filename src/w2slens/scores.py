"""How good probabilities are: Brier score, cross-entropy, accuracy and AUROC."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._linalg import Array
from w2slens.logistic import cross_entropies, probabilities


def mark_logits(logits: Array, labels: Array, truth: Array | None = None) -> dict[str, float]:
    """Score (m, k) logits on rows with labels (m, k), one-hot.

    Parameters
    ----------
    logits, labels
        Of the same rows.
    truth
        (m, k) class probabilities, where they are known.

    Returns
    -------
    ``risk``: Brier score, summed over classes, against `truth` where it is given (``raw`` is then
    the one against the labels); ``cross_entropy`` in nats; ``accuracy``; ``auroc``, for more than
    two classes the mean of each against the rest.
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


def auroc(scores: Array, codes: NDArray[Any]) -> float:
    """Area under the ROC curve of (m, k) scores; nan where no class has a rival on these rows."""
    from sklearn.metrics import roc_auc_score

    k = scores.shape[1]
    present = [c for c in ([1] if k == 2 else range(k)) if 0 < np.sum(codes == c) < len(codes)]
    areas = [roc_auc_score(codes == c, scores[:, c]) for c in present]
    return float(np.mean(areas)) if areas else float("nan")
