"""Distributions of the independent latent coordinates."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from w2slens._core.types import Array

STUDENT_FREEDOM = 5
"""Degrees of freedom of the law "student": few, but enough for a finite fourth moment."""

SPARSE_SHARE = 0.1
"""Probability that a latent coordinate of the law "sparse" is not zero."""

LAWS: dict[str, Callable[[Generator, tuple[int, int]], Array]] = {
    "gaussian": lambda rng, shape: rng.standard_normal(shape),
    "student": lambda rng, shape: (
        rng.standard_t(STUDENT_FREEDOM, shape) * (1 - 2 / STUDENT_FREEDOM) ** 0.5
    ),
    "rademacher": lambda rng, shape: rng.choice((-1.0, 1.0), shape),
    "sparse": lambda rng, shape: np.where(
        rng.random(shape) < SPARSE_SHARE, rng.standard_normal(shape) / SPARSE_SHARE**0.5, 0.0
    ),
}
"""Distributions of a latent coordinate, all of mean 0 and variance 1."""
