"""Files written whole or not at all; arrays without pickle."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError, first_line
from w2slens._core.inputs import regular

PART = ".part"
"""Ending of a file that is being written aside; hidden, it begins with a dot."""


ZIP = b"PK"
"""How archives begin."""


def writable(path: str | Path, argument: str) -> Path:
    """Refuse, before any work, a path at which nothing can be made."""
    path = Path(path)
    try:
        if b"\0" in os.fsencode(path):
            raise InputError(argument, f"is {str(path)!r}, which can be no name")
        above = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
        if above != path and not above.is_dir():
            raise InputError(argument, f"{path} cannot be made: {above} is a file")
        if not os.access(above, os.W_OK | (os.X_OK if above.is_dir() else 0)):
            raise InputError(argument, f"{path} cannot be written (no permission in {above})")
    except OSError as error:
        raise InputError(argument, f"{path} cannot be used ({error.strerror})") from None
    except UnicodeError:
        raise InputError(argument, f"is {str(path)!a}, which can be no name") from None
    return path


@contextmanager
def replacing(
    path: str | Path, *, overwrite: bool = False, argument: str = "path"
) -> Iterator[Path]:
    """Give a temporary file beside `path`, put in its place only when the block succeeds.

    InputError if `path` exists and `overwrite` is false.
    """
    path = writable(path, argument)
    if path.exists() and not overwrite:
        raise InputError(argument, f"{path} exists; choose another name or ask to overwrite it")
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(argument, f"{path} cannot be written ({error.strerror})") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also when the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{PART}")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def save_arrays(
    path: str | Path,
    arrays: Mapping[str, NDArray[Any]],
    *,
    overwrite: bool = False,
    argument: str = "path",
) -> None:
    """Write named arrays of numbers or texts as .npz."""
    with replacing(path, overwrite=overwrite, argument=argument) as part, part.open("wb") as stream:
        np.savez(stream, **dict[str, Any](arrays))


def load_arrays(path: str | Path, keys: Sequence[str]) -> list[NDArray[Any]]:
    """Read named arrays from .npz, refusing pickles and foreign files."""
    with loading(path), _archive(path) as archive:
        return [archive[key] for key in keys]


def load_all_arrays(path: str | Path, argument: str) -> dict[str, NDArray[Any]]:
    """Read the arrays of .npz by name, as `load_arrays` does those that are named."""
    with loading(path, argument), _archive(path) as archive:
        return {name: archive[name] for name in archive.files}


@contextmanager
def _archive(path: str | Path) -> Iterator[Any]:
    with Path(path).open("rb") as stream:  # numpy leaves damaged ones open
        if stream.read(len(ZIP)) != ZIP:
            raise ValueError("no archive of arrays")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            yield archive


@contextmanager
def loading(path: str | Path, argument: str = "path") -> Iterator[None]:
    """Turn whatever is wrong with a file of ours into one sentence."""
    if not regular(Path(path), argument).exists():
        raise InputError(argument, f"{path} does not exist")
    try:
        yield
    except OSError as error:
        raise InputError(argument, f"{path} cannot be read ({error.strerror})") from None
    except Exception as error:
        raise InputError(
            argument, f"{path} is not a file that w2slens wrote ({_reason(error)})"
        ) from None


def _reason(error: Exception) -> str:
    if isinstance(error, InputError):
        return error.problem if error.argument != "path" else "another kind of file"
    return f"no {error.args[0]}" if isinstance(error, KeyError) else first_line(error)
