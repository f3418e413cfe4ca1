"""Rows in a file whose room on the disk is taken before the first is written.

A memory-mapped write that finds the disk full kills the process; a reservation says so in words.
"""

import math
import os
import shutil
from pathlib import Path
from typing import IO, Any

import numpy as np

from w2slens._core.errors import InputError

Rows = np.memmap[Any, Any]

ZEROS = 2**20
"""Bytes written at a time where the system cannot reserve."""


def reserve_rows(
    path: Path, shape: tuple[int, int], descr: str = "<f4", *, final: Path | None = None
) -> Rows:
    """Make a .npy of zeros with all its room on the disk, and map it for writing.

    A file that will have another name in the end is called by its `final` one.
    """
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        stream.flush()
        size = stream.tell() + np.dtype(descr).itemsize * math.prod(shape)
        _reserve(path, stream, size, final or path)
    return np.lib.format.open_memmap(path, mode="r+")


def open_rows(path: Path, rows: int) -> Rows:
    """Map what `reserve_rows` made; ValueError where it is not that."""
    if not path.is_file():
        raise ValueError("is missing")
    found = np.lib.format.open_memmap(path, mode="r")  # "r+" would lengthen what is cut short
    if found.dtype != np.float32 or found.ndim != 2 or len(found) != rows:
        raise ValueError(f"holds {found.dtype} of shape {found.shape}")
    with path.open("r+b") as stream:
        _reserve(path, stream, path.stat().st_size, path)
    return np.lib.format.open_memmap(path, mode="r+")


def _reserve(path: Path, stream: IO[bytes], size: int, named: Path) -> None:
    """Take room for a file of a size, leaving what it holds."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, size)
            return
        for start in range(stream.seek(0, os.SEEK_END), size, ZEROS):
            stream.write(bytes(min(ZEROS, size - start)))
        stream.flush()
    except OSError as error:
        os.truncate(path, 0)  # gives back what could be taken
        free = shutil.disk_usage(path.parent).free
        raise InputError(
            "out",
            f"{named} needs {size:,} bytes and {free:,} are free there ({error.strerror}); make "
            "room or choose another folder",
        ) from None
