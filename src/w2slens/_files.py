"""Reading and writing our own files: arrays without pickle, whole or not at all."""

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._errors import InputError


@contextmanager
def replacing(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary file beside `path`, put in its place only when the block succeeds.

    Raises
    ------
    InputError
        If `path` exists and `overwrite` is false.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise InputError("path", f"{path} exists; choose another name or ask to overwrite it")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def save_arrays(
    path: str | Path, arrays: Mapping[str, NDArray[Any]], *, overwrite: bool = False
) -> None:
    """Write named arrays as .npz."""
    with replacing(path, overwrite=overwrite) as part, part.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def load_arrays(path: str | Path, keys: Sequence[str]) -> list[NDArray[Any]]:
    """Read named arrays from .npz, refusing pickles and foreign files."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[key] for key in keys]
    except FileNotFoundError:
        raise InputError("path", f"{path} does not exist") from None
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError("path", f"{path} is not a file that w2slens wrote ({error})") from None


MARKER = "result.json"
"""The file by which a folder is known to hold a result; written last."""


def check_folder(path: str | Path, *, overwrite: bool, argument: str = "out") -> Path:
    """Refuse, before any work, a folder that cannot or must not take a result.

    Raises
    ------
    InputError
        If `path` is a file, holds a result and `overwrite` is false, or cannot be written.
    """
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise InputError(argument, f"{folder} is a file; a folder is needed")
    if (folder / MARKER).exists() and not overwrite:
        raise InputError(
            argument, f"{folder} already holds a result; choose another folder or pass --overwrite"
        )
    above = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not above.is_dir():
        raise InputError(argument, f"{folder} cannot be made: {above} is a file")
    if not os.access(above, os.W_OK):
        raise InputError(argument, f"{folder} cannot be written (no permission in {above})")
    return folder


def write_folder(path: str | Path, files: Mapping[str, str | bytes], *, overwrite: bool) -> Path:
    """Write the files of a result, whole or not at all; other files in the folder stay.

    Everything is written beside the folder first and moved into place, the marker last.
    """
    folder = check_folder(path, overwrite=overwrite)
    taken = [name for name in files if (folder / name).exists()]
    if taken and not overwrite:
        raise InputError(
            "out", f"{folder / taken[0]} exists; choose another folder or pass --overwrite"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
        stage = Path(name) / "files"
        stage.mkdir()
        for file, content in files.items():
            data = content.encode("utf-8") if isinstance(content, str) else content
            (stage / file).write_bytes(data)
        if not folder.exists():
            stage.rename(folder)
            return folder
        for file in sorted(files, key=lambda file: file == MARKER):
            (stage / file).replace(folder / file)
    return folder
