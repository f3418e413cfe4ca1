"""The head at the start: a probe on the frozen features, as the library fits probes.

Fine-tuning from it distorts pre-trained features less than from a drawn one (Kumar et al., arXiv
2202.10054), and begins at the student that theory speaks of.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.deep.networks import Network
from w2slens.deep.training import Lesson
from w2slens.experiments.trial.logistic_rows import LogisticRows, candidates
from w2slens.models.design import Design
from w2slens.models.logistic import cross_entropies
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import choose_loo


def set_probe(
    network: Network, features: NDArray[np.float32], lesson: Lesson, held: Lesson | None
) -> None:
    """Set the head to a probe of the lesson; its ridge is chosen on held-out rows, else by folds.

    `features` are those of all examples.
    """
    rows = features[lesson.rows].astype(np.float64)
    if lesson.classes:
        probe = _logistic(rows, lesson.labels, features, held)
    else:
        design = Design.from_rows(rows)
        probe = design.fit(lesson.labels, choose_loo(design, lesson.labels))
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(np.ascontiguousarray(probe.coef.T)))
        network.head.bias.copy_(torch.from_numpy(probe.intercept))


def _logistic(
    rows: Array, labels: Array, features: NDArray[np.float32], held: Lesson | None
) -> LinearProbe:
    known = LogisticRows(rows, labels)
    if held is None:
        return known.learn("auto").probe
    seen = features[held.rows].astype(np.float64)
    probes = known.design.path(labels, candidates(known.design))
    losses = [cross_entropies(one.predict(seen), held.labels).sum() for one in probes]
    return probes[int(np.argmin(losses))]
