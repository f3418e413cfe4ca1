"""Tensors of bfloat16 in safetensors files: what numpy has no type for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class BrainTensor:
    """A tensor of bfloat16 as rows of float32, read slice by slice.

    A bfloat16 is the first half of a float32; a file begins with the length of its JSON header.
    """

    def __init__(self, path: Path, key: str) -> None:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            entry: dict[str, Any] = json.loads(file.read(length))[key]
        self.shape = tuple(entry["shape"])
        self._path, self._offset = path, 8 + length + int(entry["data_offsets"][0])

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        halves = np.memmap(self._path, "<u2", "r", shape=self.shape, offset=self._offset)
        return (halves[rows].astype("<u4") << 16).view(np.float32)
