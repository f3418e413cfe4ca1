"""Ranges of rows that workers read each, and a file of what has been summed of them so far."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from w2slens._core.atomic import load_all_arrays, loading, save_arrays
from w2slens._core.errors import InputError
from w2slens.features.address import Address, absolute, address
from w2slens.features.parts import ENDINGS
from w2slens.features.reading import Source

T = TypeVar("T")

RANGE_BYTES = 2**27
"""Bytes of features that a task reads at least."""

SAVED_EVERY = 16
"""Ranges after which the sums are written to the journal."""

WORDS = "words"

READ = (*ENDINGS, ".arrow")
"""Files of a folder that are read: a journal may lie among them."""

SEEN = 256
"""Rows at either end by which what is behind a URL is known again."""


def ranges_of(sources: Sequence[Source], least: int, step: int) -> list[range]:
    """Cut the rows of files so that each range is at least so many bytes of them, in steps.

    Raises
    ------
    InputError
        If one of the sources is an array, which workers cannot read.
    """
    for source in sources:
        if source.path is None:
            raise InputError(
                "scheduler", f"needs files that its workers can read; {source.argument} is an array"
            )
    row = sum(one.coordinates * one.chunk(0, 1).dtype.itemsize for one in sources)
    size = max(max(RANGE_BYTES, least) // row // step, 1) * step
    rows = sources[0].rows
    return [range(start, min(start + size, rows)) for start in range(0, rows, size)]


def described(sources: Iterable[Source], **more: Any) -> str:
    """Write what sums are sums of: the files as they are now, and what else decides them."""
    files = [
        [absolute(str(one.path)), one.rows, one.coordinates, _state(address(str(one.path)), one)]
        for one in sources
    ]
    return json.dumps({"files": files, **more})


def _state(where: Address, source: Source) -> list[str | int]:
    """Tell content from what it may become: times and sizes of files, of what is afar some rows."""
    if where.remote:
        ends = [source.chunk(0, SEEN), source.chunk(max(source.rows - SEEN, 0), source.rows)]
        return [hashlib.sha256(np.concatenate(ends).tobytes()).hexdigest()]
    top = Path(where.path)
    if not top.is_dir():
        state = top.stat()
        return [state.st_size, state.st_mtime_ns]
    if top.suffix == ".zarr":
        files = [one for one in top.rglob("*") if one.is_file()]
    else:
        files = [one for one in top.glob("[!.]*") if one.suffix in READ and one.is_file()]
    states = sorted((str(one.relative_to(top)), one.stat()) for one in files)
    known = [[name, state.st_size, state.st_mtime_ns] for name, state in states]
    return [hashlib.sha256(json.dumps(known).encode()).hexdigest()]


class SumsFile:
    """A file of sums that are not complete; none where no path is given.

    What they are sums of is asked only where there is a file, for files are looked at to say it.
    """

    def __init__(self, path: str | Path | None, words: Callable[[], str]) -> None:
        self._path = None if path is None else Path(path)
        self._words = "" if path is None else words()

    def load(self, read: Callable[[dict[str, NDArray[Any]]], T]) -> T | None:
        """Read what `save` wrote by what takes its arrays; None where there is no file.

        Raises
        ------
        InputError
            If the file is none of ours, or holds the sums of something else.
        """
        path, found = self._path, None
        if path is None or not path.exists():
            return None
        arrays = load_all_arrays(path, "journal")
        with loading(path, "journal"):
            same = str(arrays.pop(WORDS)) == self._words
            if same:
                found = read(arrays)
        if not same:
            raise InputError("journal", f"{path} holds the sums of other files; name another file")
        return found

    def save(self, arrays: Callable[[], Mapping[str, NDArray[Any]]]) -> None:
        """Write the file anew with arrays, which are made if there is one."""
        if self._path is not None:
            named = {WORDS: np.array(self._words), **arrays()}
            save_arrays(self._path, named, overwrite=True, argument="journal")
