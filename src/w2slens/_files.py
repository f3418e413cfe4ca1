"""Reading and writing our own files: arrays without pickle, whole or not at all."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError("path", f"{path} cannot be written ({error.strerror})") from None
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
    with loading(path):
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ValueError("a single array")
        with archive:
            return [archive[key] for key in keys]


@contextmanager
def loading(path: str | Path) -> Iterator[None]:
    """Turn whatever is wrong with a file of ours into one sentence."""
    try:
        yield
    except FileNotFoundError:
        raise InputError("path", f"{path} does not exist") from None
    except InputError as error:
        raise InputError("path", f"{path} is not a file that w2slens wrote ({error})") from None
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError("path", f"{path} is not a file that w2slens wrote ({reason})") from None


MARKER = "result.json"
"""The file by which a folder is known to hold a result; written last."""

CONFIG = "config.json"
"""The file by which a folder is known to hold a sweep; written first."""

PARTS = "trials"
"""Folder of a sweep's finished trials."""

OURS = (
    MARKER,
    CONFIG,
    "report.html",
    "risks.png",
    "trials.csv",
    "summary.csv",
    "dimensions.png",
)
"""All files that a result may have; overwriting one removes those that the new one lacks."""


def clear_result(folder: Path) -> None:
    """Remove what a result left in a folder, and nothing else."""
    parts = [*(folder / PARTS).glob("trial-*.csv"), *(folder / PARTS).glob("trial-*.csv.sha256")]
    for file in [*(folder / name for name in OURS), *parts]:
        file.unlink(missing_ok=True)
    with suppress(OSError):
        (folder / PARTS).rmdir()


def check_folder(
    path: str | Path,
    *,
    overwrite: bool,
    names: Sequence[str] = OURS,
    continuing: bool = False,
    argument: str = "out",
) -> Path:
    """Refuse, before any work, a folder that cannot or must not take a result.

    Files of the result that a sweep `continuing` there has begun are no reason.

    Raises
    ------
    InputError
        If `path` is a file, holds a result or one of its files and `overwrite` is false, or
        cannot be written.
    """
    folder = Path(path)
    if not str(path).strip():
        raise InputError(argument, "is empty; name a folder")
    try:
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise InputError(argument, f"{folder} is a file; a folder is needed")
        if (folder / MARKER).exists() and not (overwrite or continuing):
            raise InputError(
                argument,
                f"{folder} already holds a result; choose another folder or pass --overwrite",
            )
        taken = [folder / name for name in names if (folder / name).exists()]
        if any(file.is_dir() for file in taken) or (taken and not (overwrite or continuing)):
            raise InputError(argument, f"{taken[0]} exists already; choose another folder")
        above = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        if not above.is_dir():
            raise InputError(argument, f"{folder} cannot be made: {above} is a file")
        if not os.access(above, os.W_OK | os.X_OK):
            raise InputError(argument, f"{folder} cannot be written (no permission in {above})")
    except OSError as error:
        raise InputError(argument, f"{folder} cannot be used ({error.strerror})") from None
    return folder


def write_folder(
    path: str | Path,
    files: Mapping[str, str | bytes],
    *,
    overwrite: bool,
    continuing: bool = False,
) -> Path:
    """Write the files of a result, whole or not at all; files that are not ours stay.

    Everything is written aside first and moved into place, the marker last.
    """
    names = list(files)
    folder = check_folder(path, overwrite=overwrite, names=names, continuing=continuing)
    new = not folder.exists()
    try:
        aside = folder.parent if new else folder
        aside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name[:40]}.", dir=aside) as name:
            stage = Path(name) / "files"
            stage.mkdir()
            for file, content in files.items():
                data = content.encode("utf-8", "replace") if isinstance(content, str) else content
                (stage / file).write_bytes(data)
            if new:
                stage.rename(folder)
                return folder
            ours = (folder / MARKER).exists() or (folder / CONFIG).exists()
            if ours and not continuing:
                clear_result(folder)
            for file in sorted(files, key=lambda file: file == MARKER):
                (stage / file).replace(folder / file)
    except OSError as error:
        raise InputError("out", f"{folder} cannot be written ({error.strerror})") from None
    return folder
