"""A folder of parts as one matrix: files of one kind, in the order of their names."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens.features.guarded import fresh, reading

ENDINGS = (".npy", ".parquet", ".safetensors")
"""Kinds of files that may be parts."""

NUMBERS = re.compile(r"(\d+)")


def parts_in(folder: Path) -> list[Path]:
    """List the parts in a folder, part 2 before part 10; of none or of several kinds, none.

    Hidden files are none: they are half-written, or what a system keeps beside others.
    """
    seen = (path for path in folder.iterdir() if not path.name.startswith("."))
    found = [path for path in seen if path.suffix in ENDINGS and path.is_file()]
    if len({path.suffix for path in found}) != 1:
        return []
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[Any]:
    """Take numbers in a name as numbers."""
    return [int(part) if part.isdigit() else part for part in NUMBERS.split(path.name)]


class Parts:
    """Matrices of the same width, one below the other; each is opened once.

    Parts without rows, as clusters write them, are passed over, whatever their columns.
    """

    def __init__(self, paths: list[Path], open_one: Callable[[Path], Any], argument: str) -> None:
        opened = [(path, open_one(path)) for path in paths]
        kept = [(path, part) for path, part in opened if part.shape[:1] != (0,)] or opened[:1]
        paths = [path for path, _ in kept]
        self.paths, self._argument = paths, argument
        self.parts = [self._as(kept[0][1], *one) for one in kept]
        shapes = [part.shape for part in self.parts]
        if len(shapes[0]) != 2:
            raise InputError(
                argument, f"{paths[0]} has shape {shapes[0]}; a folder of parts holds matrices"
            )
        for path, shape in zip(paths, shapes, strict=True):
            if len(shape) != 2 or shape[1] != shapes[0][1]:
                raise InputError(
                    argument,
                    f"{path} has shape {shape}; {paths[0].name} in the same folder has "
                    f"{shapes[0]}: parts are matrices of one width",
                )
        self.ends = np.cumsum([0, *(shape[0] for shape in shapes)])
        self.shape = (int(self.ends[-1]), int(shapes[0][1]))

    def _as(self, head: Any, path: Path, part: Any) -> Any:
        """Put the columns of a part into the order that the first part, the `head`, has."""
        names, first = (getattr(one, "names", None) for one in (part, head))
        if names is None or first is None or names == first:
            return part
        other = sorted(set(names) ^ set(first))
        if other or len(names) != len(first):
            which = f", such as {other[0]!r}" if other else ""
            known = self.paths[0].name
            raise InputError(self._argument, f"{path} has other columns than {known}{which}")
        return part.reordered(first)

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        found = []
        for path, part, low, high in zip(
            self.paths, self.parts, self.ends[:-1].tolist(), self.ends[1:].tolist(), strict=True
        ):
            if low < stop and high > start:
                with reading(path, self._argument):
                    some = fresh(part)[max(start - low, 0) : min(stop, high) - low]
                    found.append(np.asarray(some))
        return np.concatenate(found) if found else np.asarray(self.parts[0][:0])
