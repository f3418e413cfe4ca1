"""What is asked of a population, by whatever method it is answered."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array, Ridge
from w2slens.models.risks import Risks, ceiling_rows
from w2slens.theory.problem import Problem


@dataclass(frozen=True, eq=False)
class Question:
    """Validated sizes and settings of `w2slens.predict`."""

    problem: Problem
    n: tuple[int, ...]
    N: tuple[int, ...]
    ridge_weak: float  # nan: to be chosen
    ridge_strong: float
    intercept: bool
    ceiling: str
    pool: Problem  # without shift the problem itself, as is that of the test rows
    tested: Problem

    @classmethod
    def of(
        cls,
        problem: Problem,
        n: tuple[int, ...],
        N: tuple[int, ...],
        ridges: tuple[Ridge, Ridge],
        *,
        intercept: bool,
        ceiling: str,
        pool: Problem | None = None,
        tested: Problem | None = None,
    ) -> "Question":
        """Ask of one population, or of others for pool and test; ridges of teacher and student."""
        λ_w, λ_s = (np.nan if λ == "auto" else λ for λ in ridges)
        return cls(problem, n, N, λ_w, λ_s, intercept, ceiling, pool or problem, tested or problem)

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

    def finite(self, risks: Risks) -> Risks:
        """Blank the models whose ridgeless fit has about as many rows as dimensions."""
        rows, pool, top = self.sizes
        d_s = self.pool.d_s

        def infinite(size: Array, dimension: int, ridge: float) -> NDArray[np.bool_]:
            near = np.abs(size - int(self.intercept) - dimension) <= 1
            return np.asarray(near & (ridge == 0))

        weak = infinite(rows, self.problem.d_w, self.ridge_weak)
        return risks.without(
            weak=weak,
            w2s=weak | infinite(pool, d_s, self.ridge_strong),
            strong=infinite(rows, self.problem.d_s, self.ridge_strong),
            ceiling=infinite(top, d_s, self.ridge_strong),
        )
