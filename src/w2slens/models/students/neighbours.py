"""The student of labels, teacher and neighbours: the posterior also knows how rows cluster.

Beside the teacher's features stand the coordinates of all rows along the graph of their nearest
neighbours among the strong features: another teacher, which needs no label and is not needed when
the student is used. It is listened to where the labels are likelier with it than without.
"""

import numpy as np

from w2slens._core.types import Ridge
from w2slens.models.design import Design
from w2slens.models.labeled import LabeledBlock
from w2slens.models.neighbours import MOST_ROWS, neighbour_coordinates
from w2slens.models.students import posterior
from w2slens.models.students.lesson import Acquainted, Pool, Taken
from w2slens.moments import Moments
from w2slens.moments.moments import factored

STRONG = "strong"


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Distil the likelier of the two posterior means."""
    known = acquainted(pool, block)
    if known is not None:
        pool, block = known.pool, known.block
    return posterior.learn(pool, block, ridge_weak, ridge)


def acquainted(pool: Pool, block: LabeledBlock) -> Acquainted | None:
    """Return pool and labels with neighbours, where these make the labels likelier.

    None where they do not, or the rows of the pool are too many or not at hand.
    """
    key = id(block.targets)
    if key not in pool.known:
        pool.known[key] = _likelier(pool, block)
    return pool.known[key]


def _likelier(pool: Pool, block: LabeledBlock) -> Acquainted | None:
    n = len(block.targets)
    if pool.rows is None or n + pool.moments.count > MOST_ROWS:
        return None
    weak, strong = pool.rows()
    found = neighbour_coordinates(np.concatenate([block.strong.rows + block.strong.mean, strong]))
    size = float(np.trace(pool.moments.covariance(pool.teacher)))  # as much variance as these have
    found *= (size / max(float(np.sum(found[n:].var(axis=0))), 1e-300)) ** 0.5
    moments = Moments.from_rows(**{pool.teacher: np.hstack([weak, found[n:]]), STRONG: strong})
    moments = factored(moments, STRONG, pool.moments.spectrum(STRONG))
    rows = np.hstack([block.weak.rows + block.weak.mean, found[:n]])
    known = Acquainted(
        Pool(moments, pool.teacher),
        LabeledBlock(Design.from_rows(rows), block.strong, block.targets),
        found,
    )
    likelier = known.pool.posterior(known.block).evidence > pool.posterior(block).evidence
    return known if likelier else None
