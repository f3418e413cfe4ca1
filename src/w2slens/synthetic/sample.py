"""Rows drawn from features and labels that are linear in independent latent coordinates."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.random import Generator

from w2slens._core.types import Array
from w2slens.moments.accumulate import PANEL_ROWS

STUDENT_FREEDOM = 5  # degrees of freedom of the law "student": few, but of finite fourth moment
SPARSE_SHARE = 0.1  # probability that a latent coordinate of the law "sparse" is not zero

Law = Literal["gaussian", "student", "rademacher", "sparse"]

LAWS: dict[Law, Callable[[Generator, tuple[int, int]], Array]] = {
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


class Sample(NamedTuple):
    """Rows drawn from a `Planted` problem."""

    weak: Array  # (rows, p_w) features
    strong: Array  # (rows, p_s) features
    y: Array  # (rows, k) labels, f* + noise
    target: Array  # (rows, k) f*


def draw_panels(maps: tuple[Array, ...], law: Law, rows: int, rng: Generator) -> list[Array]:
    """Draw latent z panel by panel, so that memory stays bounded, times (L, p) maps: (rows, p)."""
    drawn = [np.empty((rows, each.shape[1])) for each in maps]
    for start in range(0, rows, PANEL_ROWS):
        panel = slice(start, min(start + PANEL_ROWS, rows))
        z = LAWS[law](rng, (panel.stop - start, len(maps[0])))
        for each, out in zip(maps, drawn, strict=True):
            np.matmul(z, each, out=out[panel])
    return drawn
