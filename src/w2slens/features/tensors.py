"""Tensors of safetensors files, read slice by slice."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import needing
from w2slens.features.address import one_of
from w2slens.features.brain import BrainTensor
from w2slens.features.guarded import unchanged


class Tensor:
    """One tensor of a file, which is mapped into memory as a whole."""

    def __init__(self, path: Path, tensors: Any, key: str) -> None:
        self._path, self._size = path, path.stat().st_size
        self.slices = tensors.get_slice(key)
        self.shape = tuple(self.slices.get_shape())
        kind = self.slices.get_dtype()
        if kind.startswith(("F8_", "F6_", "F4")):
            raise ValueError(f"{key} is of type {kind}; save it as float16 or float32")

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        unchanged(self._path, self._size)
        return np.asarray(self.slices[rows])


def open_tensor(path: Path, key: str | None, argument: str, but: str | None) -> Any:
    """Open the tensor that is named, or the only one besides the ids."""
    with needing("safetensors", f"reading {path.name}", extra="safetensors"):
        from safetensors import safe_open
    with path.open("rb"):  # safetensors says of what may not be read that it is not there
        pass
    tensors: Any = safe_open(path, framework="numpy")
    name = one_of(list(tensors.keys()), key, path, argument, but)
    brain = tensors.get_slice(name).get_dtype() == "BF16"
    return BrainTensor(path, name) if brain else Tensor(path, tensors, name)
