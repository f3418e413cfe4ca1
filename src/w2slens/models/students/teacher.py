"""The teacher itself, where no student is better."""

from w2slens._core.types import Ridge
from w2slens.models.labeled import LabeledBlock
from w2slens.models.students.lesson import Pool, Taken


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Keep the teacher."""
    return Taken(
        block.teacher(ridge_weak),
        ridge_weak,
        lambda: block.targets - block.weak.loo_residuals(block.targets, ridge_weak),
    )
