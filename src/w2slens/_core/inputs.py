"""Files that come from outside: regular ones, of a bounded size, and JSON of what was asked for."""

import json
import stat
from pathlib import Path
from typing import Any

from w2slens._core.errors import InputError

LARGEST_DOCUMENT = 2**28
"""Bytes of JSON beyond which a file is none that was written here."""


def regular(path: Path, argument: str) -> Path:
    """Refuse what may block or never end when it is read: pipes, devices, sockets.

    What does not exist is left to whoever opens it.
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return path
    except ValueError:  # a NUL character
        raise InputError(argument, f"is {str(path)!r}; the path of a file is needed") from None
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(argument, f"{path} is a pipe or a device; save it as a file first")
    return path


def read_bytes(path: Path, argument: str, *, most: int) -> bytes:
    """Read a whole file of at most so many bytes."""
    try:
        with regular(path, argument).open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise InputError(argument, f"{path} cannot be read ({error.strerror})") from None
    if len(content) > most:
        raise InputError(argument, f"{path} is too large; at most {most:,} bytes are read")
    return content


def read_text(path: Path, argument: str, *, most: int) -> str:
    """Read a whole text file of at most so many bytes."""
    try:
        return read_bytes(path, argument, most=most).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(argument, f"{path} is not a text file") from None


def read_json(path: Path, argument: str, other: str = "is damaged or not ours") -> dict[str, Any]:
    """Read a JSON file of names and values; `other` is said of one that holds something else."""
    text = read_text(path, argument, most=LARGEST_DOCUMENT)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(argument, f"{path} is damaged or not ours") from None
    if not isinstance(document, dict):
        raise InputError(argument, f"{path} {other}")
    return document
