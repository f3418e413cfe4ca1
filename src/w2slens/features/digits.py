"""Digits to try things on: two cheap feature maps of the same images."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.moments import principal, product


def pixel_differences(images: NDArray[np.number]) -> Array:
    """Absolute differences of horizontal and vertical neighbours.

    Parameters
    ----------
    images
        (rows, height, width) grey images.

    Returns
    -------
    (rows, height·(width−1) + (height−1)·width)
    """
    images = images.astype(np.float64)
    parts = [np.abs(np.diff(images, axis=axis)).reshape(len(images), -1) for axis in (2, 1)]
    return np.concatenate(parts, axis=1)


def random_convolutions(
    images: NDArray[np.number], *, filters: int = 24, size: int = 3, pool: int = 2, seed: int = 0
) -> Array:
    """Random Gaussian convolutions, ReLU and average pooling: an untrained network's features.

    Parameters
    ----------
    images
        (rows, height, width) grey images.
    filters, size
        Number of filters and their side.
    pool
        Side of the square cells that are averaged; a remainder at the border is dropped.
    seed
        Of the filters.

    Returns
    -------
    (rows, filters · (height−size+1)//pool · (width−size+1)//pool)
    """
    kernels = np.random.default_rng(seed).standard_normal((filters, size, size)) / size
    windows = np.lib.stride_tricks.sliding_window_view(
        images.astype(np.float64), (size, size), axis=(1, 2)
    )
    rows, height, width = windows.shape[:3]
    responses = product(windows.reshape(-1, size**2), kernels.reshape(filters, -1).T)
    maps = np.maximum(responses, 0).reshape(rows, height, width, filters).transpose(0, 3, 1, 2)
    high, wide = height // pool, width // pool
    cells = maps[:, :, : high * pool, : wide * pool]
    cells = cells.reshape(rows, filters, high, pool, wide, pool)
    return np.asarray(cells.mean(axis=(3, 5)).reshape(rows, -1))


def digits() -> tuple[Array, Array, NDArray[np.intp]]:
    """Two views of scikit-learn's bundled digits.

    Returns
    -------
    weak
        (1797, 60): pixel differences, cut to 60 principal components.
    strong
        (1797, 40): random convolutions, cut to 40 principal components.
    classes
        (1797,) the digit.
    """
    images, classes = bundled_digits()
    weak = principal(pixel_differences(images), 60, "weak")
    strong = principal(random_convolutions(images), 40, "strong")
    return weak, strong, classes


def bundled_digits() -> tuple[Array, NDArray[np.intp]]:
    """Read (1797, 8, 8) images, 0 to 16, and classes, without all that scikit-learn imports."""
    package = find_spec("sklearn")
    places = package.submodule_search_locations if package else None
    for place in places or ():
        path = Path(place) / "datasets" / "data" / "digits.csv.gz"
        if path.is_file():
            table = np.loadtxt(path, delimiter=",")
            return table[:, :-1].reshape(-1, 8, 8), table[:, -1].astype(np.intp)
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return bunch.images, bunch.target
