"""Grids of sizes that a search narrows about the best one."""

import numpy as np
from numpy.typing import NDArray

POINTS = 48  # sizes of a grid


def one(n: int, N: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the grid of a single cell."""
    return np.array([n]), np.array([N])


def sizes(low: int, high: int) -> NDArray[np.intp]:
    """Whole sizes between two ends, evenly on a logarithmic scale."""
    if high <= low:
        return np.array([low], dtype=np.intp)
    between = np.geomspace(max(low, 1), high, POINTS)
    return np.unique(np.concatenate([[low], np.round(between), [high]]).astype(np.intp))


def around(grid: NDArray[np.intp], place: int) -> tuple[int, int]:
    """Return the neighbours of a place."""
    return int(grid[max(place - 1, 0)]), int(grid[min(place + 1, len(grid) - 1)])
