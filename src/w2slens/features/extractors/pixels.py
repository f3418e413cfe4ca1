"""Cheap maps of images: raw pixels, and random convolutions that were never trained."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from w2slens._core.errors import InputError
from w2slens.moments import product


def resized(image: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """Scale an image to size × size × 3 in [0, 1], bilinearly."""
    pixels: NDArray[np.float32] = image.astype(np.float32) / np.float32(255)
    if pixels.shape[:2] == (size, size):
        return pixels
    factors = (size / pixels.shape[0], size / pixels.shape[1], 1)
    scaled = zoom(pixels, factors, order=1, grid_mode=True, mode="nearest")
    return np.asarray(scaled, dtype=np.float32)


@dataclass(frozen=True)
class Pixels:
    """The values of the pixels: size·size·3 coordinates."""

    size: int = 16  # edge to which images are scaled
    kind: ClassVar[str] = "image"

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map images to rows of pixels."""
        return np.stack([resized(image, self.size).ravel() for image in examples])

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": "pixels", **asdict(self)}


@dataclass(frozen=True)
class RandomConvolutions:
    """Mean of the positive part of random convolutions over four quarters of the image."""

    filters: int = 256  # number of them; there are 4·filters coordinates
    patch: int = 5  # edge of a filter
    size: int = 28  # edge to which images are scaled
    seed: int = 0  # of the filters
    kind: ClassVar[str] = "image"

    def __post_init__(self) -> None:
        if self.patch >= self.size:
            raise InputError(
                "patch", f"is {self.patch}; less than the size, {self.size}, is needed"
            )

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        rng = np.random.default_rng(self.seed)
        weights = rng.standard_normal((self.patch * self.patch * 3, self.filters))
        return np.asarray(weights / np.sqrt(len(weights)))

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map images to pooled responses."""
        return np.stack([self._one(resized(image, self.size)) for image in examples])

    def _one(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        shape = (self.patch, self.patch, 3)
        patches = np.lib.stride_tricks.sliding_window_view(pixels, shape)[:, :, 0]
        side = patches.shape[0]
        rows = patches.reshape(side * side, -1).astype(np.float64)
        response = np.maximum(product(rows, self._weights), 0).reshape(side, side, -1)
        halves = (slice(side // 2), slice(side // 2, None))
        quarters = [response[a, b].mean(axis=(0, 1)) for a in halves for b in halves]
        return np.concatenate(quarters).astype(np.float32)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": "random-convolutions", **asdict(self)}
