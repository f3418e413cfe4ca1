"""What is asked of a population, by whatever method it is answered."""

from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Array
from w2slens.models.risks import ceiling_rows
from w2slens.theory.problem import Problem


@dataclass(frozen=True, eq=False)
class Question:
    """Validated sizes and settings of `w2slens.predict`."""

    problem: Problem
    n: tuple[int, ...]
    N: tuple[int, ...]
    ridge_weak: float
    ridge_strong: float
    intercept: bool
    ceiling: str
    pool: Problem  # without shift the problem itself, as is that of the test rows
    tested: Problem

    @property
    def shifted(self) -> bool:
        """Whether the pool or the test rows have a population of their own."""
        return not self.problem is self.pool is self.tested

    @property
    def ridgeless(self) -> bool:
        """Whether neither fit has a ridge."""
        return self.ridge_weak == self.ridge_strong == 0

    @property
    def sizes(self) -> tuple[Array, Array, Array]:
        """(len(n), len(N)) rows of the labels, of the pool and of the ceiling."""
        rows, pool = np.meshgrid(np.array(self.n, float), np.array(self.N, float), indexing="ij")
        return rows, pool, ceiling_rows(self.ceiling, rows, pool)
