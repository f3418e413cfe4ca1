"""The strong baseline: strong features fitted to the labels alone."""

from w2slens._core.types import Ridge
from w2slens.models.labeled import LabeledBlock
from w2slens.models.students.lesson import Pool, Taken
from w2slens.models.tuning import choose_loo


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Fit the labels; neither pool nor teacher is looked at."""
    λ = choose_loo(block.strong, block.targets) if ridge == "auto" else ridge
    return Taken(
        block.baseline(λ), λ, lambda: block.targets - block.strong.loo_residuals(block.targets, λ)
    )
