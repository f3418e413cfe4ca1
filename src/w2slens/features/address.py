"""Which file is meant by a text, and which of the arrays or columns in it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from w2slens._core.errors import InputError

KEYED = re.compile(
    r"(?P<path>.*?\.(?:npz|zarr|safetensors|parquet|csv|tsv)):(?P<key>.+)", re.DOTALL
)
"""Files that hold several arrays, one of which is named as ``file.npz:key``, or several columns,
some of which are, by name or pattern, as ``file.csv:w0,w1`` or ``file.parquet:w*``."""

URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
"""What begins like this is no path."""


class Address(NamedTuple):
    """Where an array is."""

    path: str
    key: str | None = None  # of one of several arrays, or of some columns
    remote: bool = False


def address(value: str | Path) -> Address:
    """Tell a path from the key behind it; folders have keys, too: ``folder:w*``."""
    text = str(value)
    remote = URL.match(text) is not None
    keyed = KEYED.fullmatch(text)
    if keyed:
        return Address(keyed["path"], keyed["key"], remote)
    path, mark, key = text.rpartition(":")
    if mark and key and not remote and "\0" not in text and _is_folder(text, path):
        return Address(path, key)
    return Address(text, None, remote)


def absolute(path: str) -> str:
    """Name the same file, with its key, wherever one works."""
    return path if URL.match(path) else os.path.abspath(path)


def _is_folder(text: str, path: str) -> bool:
    try:
        return Path(path).is_dir() and not Path(text).exists()
    except OSError:  # a name that is too long
        return False


def one_of(
    keys: Sequence[str], key: str | None, path: Path, argument: str, but: str | None = None
) -> str:
    """Choose one array of a file that may hold several; the one of ids is no other's."""
    keys = [name for name in keys if name != but or name == key]
    listed = ", ".join(keys)
    if not keys:
        raise InputError(argument, f"{path.name} holds no array")
    if key is None and len(keys) == 1:
        return keys[0]
    if key is None:
        example = f"{path.name}:KEY ({listed})"
        raise InputError(argument, f"{path.name} holds several arrays; name one as {example}")
    if key not in keys:
        raise InputError(argument, f"{path.name} has no array {key!r}; it holds {listed}")
    return key
