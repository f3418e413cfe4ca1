"""The folder of a result: its files, its lock, and writing it whole or not at all."""

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from w2slens._core.atomic import replacing, writable
from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json
from w2slens._core.json import to_json

FORMAT = 1
"""Format of a result's folder; readers refuse others."""

MARKER = "result.json"
"""The file by which a folder is known to hold a result; written last."""

CONFIG = "config.json"
"""The file by which a folder is known to hold a sweep; written first, removed last."""

PARTS = "trials"
"""Folder of a sweep's finished trials."""

SUMS = "sums.npz"
"""File in it of what a sweep has summed of its rows, until its result is there."""

PART = re.compile(
    r"trial-\d{4,}\.csv(\.sha256)?|\.trial-\d{4,}\.csv(\.sha256)?\.part|(\.sums\.\d+|sums)\.npz"
)
"""Names of the files in it, and of those that a killed run was writing."""

PAGE = "report.html"

TRIALS = "trials.csv"
"""The trials of a run, a row each cell of each."""

PROBLEM = "problem.npz"
"""The population, as `Problem.save` writes it, of a result of one teacher."""

GENERATOR = '<meta name="generator" content="w2slens'
"""By this a page is known to be a report of ours, which may be rendered anew."""

LOCK = ".w2slens.lock"
"""Held while a folder is written; the empty file stays."""

STUDENT = (
    "student.npz",
    "pseudo_labels.npy",
    "uncertainty.npy",
    "MODEL_CARD.md",
    "head.safetensors",
)
"""What a student to take home has."""

OURS = (
    *(MARKER, CONFIG, PAGE, "risks.png", TRIALS, "summary.csv", "dimensions.png", PROBLEM),
    *STUDENT,
)
"""All files that a result may have."""


def kept(folder: Path) -> list[Path]:
    """List the files of a result that its folder holds."""
    return [folder / name for name in OURS if (folder / name).is_file()]


@contextmanager
def locked(folder: Path, argument: str = "out") -> Iterator[None]:
    """Hold a folder for oneself; the lock goes with the process that holds it."""
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout:
        raise InputError(
            argument, f"{folder} is in use by another run; wait for it or choose another folder"
        ) from None
    except PermissionError as error:
        raise InputError(argument, f"{error.filename or folder} cannot be locked") from None


def clear_result(folder: Path) -> None:
    """Remove what a result wrote into a folder, and nothing else; its configuration last."""
    ours = (folder / CONFIG).is_file()
    parts = [path for path in (folder / PARTS).glob("*") if ours and PART.fullmatch(path.name)]
    for path in [*parts, *(folder / name for name in _written(folder))]:
        path.unlink(missing_ok=True)
    if ours:
        with suppress(OSError):
            (folder / PARTS).rmdir()
        (folder / CONFIG).unlink()


def _written(folder: Path) -> list[str]:
    """Files that the result in a folder says it wrote, the marker last."""
    if not (folder / MARKER).is_file():
        return []
    try:
        names = [str(name) for name in read_json(folder / MARKER, "out").get("files", OURS)]
    except (InputError, TypeError):
        names = []
    return [*(name for name in names if name in OURS and name not in (MARKER, CONFIG)), MARKER]


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
    """
    folder = Path(path)
    if not str(path).strip():
        raise InputError(argument, "is empty; name a folder")
    taken = [] if continuing else [folder / name for name in names]
    try:
        if (folder.exists() or folder.is_symlink()) and not folder.is_dir():
            raise InputError(argument, f"{folder} is a file; a folder is needed")
        if (folder / MARKER).exists() and not (overwrite or continuing):
            raise InputError(
                argument,
                f"{folder} already holds a result; choose another folder or pass --overwrite",
            )
        taken = [file for file in taken if file.exists()]
        if any(file.is_dir() for file in taken) or (taken and not overwrite):
            raise InputError(argument, f"{taken[0]} exists already; choose another folder")
    except OSError as error:
        raise InputError(argument, f"{folder} cannot be used ({error.strerror})") from None
    return writable(folder, argument)


def write_folder(
    path: str | Path,
    files: Mapping[str, str | bytes],
    document: Mapping[str, Any],
    *,
    kind: str,
    overwrite: bool,
    held: bool = False,
) -> Path:
    """Write the files of a result, whole or not at all; files that are not ours stay.

    Everything is written aside first and moved into place, the marker, which says `document`, last.
    The document says of what `kind` the result is: the command that makes such, as ``"run"``.
    A caller that holds the folder's lock (`held`) owns the result that it has.
    """
    names = [*files, MARKER]
    head = {"format": FORMAT, "result": kind, "files": sorted({*names, PAGE} if held else names)}
    contents = {**files, MARKER: to_json({**head, **document}) + "\n"}
    folder = check_folder(path, overwrite=overwrite, names=names, continuing=held)
    new = not folder.exists()
    try:
        aside = folder.parent if new else folder
        aside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name[:40]}.", dir=aside) as name:
            stage = Path(name) / "files"
            stage.mkdir()
            for file, content in contents.items():
                data = content.encode("utf-8", "replace") if isinstance(content, str) else content
                (stage / file).write_bytes(data)
            if new:
                stage.rename(folder)
                return folder
            sweep = (folder / CONFIG).exists() and not held
            with locked(folder) if sweep else nullcontext():
                if not held:
                    clear_result(folder)
                for file in contents:
                    (stage / file).replace(folder / file)
    except OSError as error:
        raise InputError("out", f"{folder} cannot be written ({error.strerror})") from None
    return folder


def check_page(page: Path, *, overwrite: bool, argument: str = "out") -> None:
    """Refuse a page that cannot be written, or must not where something is."""
    writable(page, argument)
    if page.is_dir():
        raise InputError(argument, f"{page} is a folder; name a file")
    if page.exists() and not overwrite:
        raise InputError(argument, f"{page} exists; choose another name or pass --overwrite")


def write_page(
    folder: Path, html: str, *, out: str | None, overwrite: bool, argument: str = "out"
) -> Path:
    """Write a page into a result's folder, or to `out`; only a page of ours is replaced."""
    page = folder / PAGE if out is None else Path(out)
    own = out is None and page.is_file() and GENERATOR in page.read_text("utf-8", "replace")
    check_page(page, overwrite=own or overwrite, argument=argument)
    with replacing(page, overwrite=True, argument=argument) as part:
        part.write_text(html, encoding="utf-8")
    return page
