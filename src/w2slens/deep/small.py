"""Small networks that start from scratch: teachers whose weakness is their size."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from w2slens.features.extractors.module import ModuleFeatures


def mlp(width: int = 64, depth: int = 1, size: int = 8, device: str = "auto") -> ModuleFeatures:
    """Hidden layers of rectified units on the pixels of grey images of size × size."""
    widths = [size * size, *[width] * depth]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    grey = _pixels(size, channels=1)
    module = nn.Sequential(nn.Flatten(), *layers)
    return ModuleFeatures(module, grey, f"mlp {width}×{depth} at {size}", "image", device)


def cnn(channels: int = 8, depth: int = 2, size: int = 28, device: str = "auto") -> ModuleFeatures:
    """Convolutions with strides of 2, each twice as wide as the one before, on RGB images."""
    layers: list[nn.Module] = []
    before = 3
    for level in range(depth):
        after = channels * 2**level
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
        before = after
    module = nn.Sequential(*layers)
    name = f"cnn {channels}×{depth} at {size}"
    return ModuleFeatures(module, _pixels(size, channels=3), name, "image", device)


def _pixels(size: int, channels: int) -> Any:
    """Make the function that turns images into (batch, channels, size, size) in [−1, 1]."""

    def collate(images: Sequence[Any]) -> torch.Tensor:
        pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
        if pixels.shape[2:] != (size, size):
            scaled = nn.functional.interpolate(
                pixels, (size, size), mode="bilinear", antialias=True
            )
            pixels = scaled
        return pixels if channels == 3 else pixels.mean(dim=1, keepdim=True)

    return collate


SMALL = {"mlp": (mlp, ("width", "depth", "size")), "cnn": (cnn, ("channels", "depth", "size"))}
"""Networks by name, and the whole numbers that each takes."""
