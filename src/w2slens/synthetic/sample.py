"""Rows drawn from features and labels that are linear in independent latent coordinates."""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from w2slens._core.types import Array
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.synthetic.latent import LAWS


class Sample(NamedTuple):
    """Rows drawn from a `Planted` problem.

    `weak`, `strong`: (rows, p_w) and (rows, p_s) features; `y`: (rows, k) labels, f* + noise;
    `target`: (rows, k) f*.
    """

    weak: Array
    strong: Array
    y: Array
    target: Array


def draw_panels(maps: tuple[Array, ...], law: str, rows: int, rng: Generator) -> list[Array]:
    """Draw latent z panel by panel, so that memory stays bounded, and map it.

    `maps`: (L, p) each; `law`: of the latent coordinates. Returns (rows, p) each: z times every
    map.
    """
    drawn = [np.empty((rows, each.shape[1])) for each in maps]
    for start in range(0, rows, PANEL_ROWS):
        panel = slice(start, min(start + PANEL_ROWS, rows))
        z = LAWS[law](rng, (panel.stop - start, len(maps[0])))
        for each, out in zip(maps, drawn, strict=True):
            np.matmul(z, each, out=out[panel])
    return drawn
