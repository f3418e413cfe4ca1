"""Whatever a reader raises, in one sentence that names the argument and the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from w2slens._core.errors import InputError, first_line

PICKLED = "pickled"
"""What numpy says, in some sentence, of a file that begins as none of its own."""


class Sliceable(Protocol):
    """What a reader returns: an array, or something that is read when it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, known before it is read."""

    def __getitem__(self, rows: slice) -> Any:
        """Read a range of rows."""


@dataclass(frozen=True, eq=False)
class Guarded:
    """A sliceable whose reading errors name the argument and the file."""

    data: Any
    path: Path | str  # text is a URL
    argument: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what it holds."""
        return tuple(int(size) for size in self.data.shape)

    @property
    def names(self) -> list[str] | None:
        """Names of its columns, where they have some."""
        return getattr(self.data, "names", None)

    def reordered(self, names: list[str]) -> "Guarded":
        """Take the same columns in another order."""
        return replace(self, data=self.data.reordered(names))

    def __getitem__(self, rows: slice) -> Any:
        """Read a range of rows."""
        with reading(self.path, self.argument):
            return self.data[rows]


def fresh(data: Any) -> Any:
    """Map a file anew: what was read of it leaves this process's memory with the map.

    A file that has shrunk is refused here; reading what is mapped of it would kill the process.
    """
    if not (isinstance(data, np.memmap) and data.flags.forc):
        return data
    order: Literal["C", "F"] = "C" if data.flags.c_contiguous else "F"
    return np.memmap(str(data.filename), data.dtype, "r", data.offset, data.shape, order)


def unchanged(path: Path, size: int) -> None:
    """Refuse a mapped file that lost what is mapped: reading that would kill the process."""
    if path.stat().st_size != size:
        raise ValueError("it has changed since it was opened")


@contextmanager
def reading(path: Path | str, argument: str) -> Iterator[None]:
    """Turn whatever a reader raises into one sentence that names the argument and the file."""
    try:
        yield
    except (InputError, ImportError):
        raise
    except PermissionError:
        raise InputError(argument, f"{path} may not be read (permission denied)") from None
    except Exception as error:
        if _is_pickled(Path(path), error):
            raise pickled(path, argument) from None
        reason = getattr(error, "strerror", None) or first_line(error)
        if PICKLED in reason:
            reason = "its first bytes are of another format"
        kind = Path(path).suffix or "what it is named"
        raise InputError(argument, f"{path} cannot be read as {kind} ({reason})") from None


def pickled(path: Path | str, argument: str) -> InputError:
    """Make the refusal of a file of Python objects."""
    return InputError(
        argument,
        f"{path} holds pickled objects, which can run code and are never loaded; "
        "save a plain numeric array instead",
    )


def _is_pickled(path: Path, error: Exception) -> bool:
    """Whether numpy refused a file for the Python objects in it."""
    message = str(error) if isinstance(error, ValueError) else ""
    if "Object arrays" in message or "Python objects" in message:
        return True
    if PICKLED not in message:
        return False
    with path.open("rb") as stream:
        return stream.read(1) == b"\x80"
