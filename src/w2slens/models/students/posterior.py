"""The student of labels and teacher together: it imitates the posterior mean of f* on the pool.

The posterior given the n labels knows both feature maps (`w2slens.models.posterior`), so its mean
is a teacher that uses what either side tells; the student needs the strong features alone.
"""

from w2slens._core.types import Ridge
from w2slens.models.labeled import LabeledBlock
from w2slens.models.students.lesson import Pool, Taken


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Train on the posterior mean of the pool; the teacher's own ridge is not asked for."""
    held = pool.posterior(block).held_out
    return pool.distilled(held, block, [pool.teacher, "strong"], ridge)
