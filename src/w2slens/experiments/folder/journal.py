"""The finished trials of a sweep in a folder, safe against being killed at any moment.

    config.json                  settings, fingerprints of the data, format of the folder
    trials/trial-0000.csv        one trial, numbers to the last digit
    trials/trial-0000.csv.sha256 its checksum, as sha256sum writes and reads it, and that of the
                                 configuration under which it was made

A part is written aside, flushed to the disk and renamed, its checksum after it; a part without
matching checksums counts as not done. A lock keeps a second run out of the folder; it goes with
the process that holds it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from w2slens._core.atomic import write_durably
from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json
from w2slens._core.json import to_json
from w2slens._version import __version__
from w2slens.experiments.folder.believed import believing, check_config, check_trials
from w2slens.experiments.folder.layout import (
    CONFIG,
    FORMAT,
    PARTS,
    check_folder,
    clear_result,
    locked,
)

WORDS = ("title", "recipe", "trials")
"""Entries of the configuration that change no number of a trial."""

WHOLE = ("n", "N", "trial")
"""Columns of whole numbers; all others but the teacher's name are floating-point."""

UNKNOWN = {"": "nan", "auto": "nan"}
"""How nan may be written; a ridge to be chosen was once written as a word."""


class Journal:
    """The parts of one sweep; made by `open_journal`."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder, self._config = folder, config
        numbers = {key: value for key, value in config.items() if key not in WORDS}
        self._seal = f"# config {_sha256(to_json(numbers).encode())}"

    def finished(self, trials: int) -> dict[int, pd.DataFrame]:
        """Return the trials that are done, of so many."""
        kept = {trial: self.load(trial) for trial in range(trials)}
        return {trial: table for trial, table in kept.items() if table is not None}

    def whole(self, trials: int) -> bytes | None:
        """Return the table of so many trials as it is written, or None where one is not done."""
        parts = [self._content(trial) for trial in range(trials)]
        done = [part.partition(b"\n") for part in parts if part is not None]
        if len(done) < trials or len({names for names, _, _ in done}) > 1:
            return None
        return b"".join([*done[0][:2], *(rows for _, _, rows in done)])

    def load(self, trial: int) -> pd.DataFrame | None:
        """Return a finished trial, or None where it is missing, damaged or of other settings."""
        content = self._content(trial)
        if content is None:
            return None
        path = self._path(trial)
        reason = f"{path} is no trial of this sweep, whatever its checksum says; remove it"
        with believing("out", reason):
            table, settings = read_table(content), check_config(self._config)
            check_trials(table, settings, self._config["teachers"], [trial])
        return table

    def save(self, trial: int, table: pd.DataFrame) -> None:
        """Write a finished trial."""
        content = table.to_csv(index=False).encode()
        path = self._path(trial)
        checksum = "\n".join([*self._checksum(path, content), ""])
        try:
            write_durably(path, content)
            write_durably(path.with_suffix(".csv.sha256"), checksum.encode())
        except OSError as error:
            raise InputError("out", f"{path} cannot be written ({error.strerror})") from None

    def _content(self, trial: int) -> bytes | None:
        """Read the part of a trial, if it is there with its checksums."""
        path = self._path(trial)
        try:
            content = path.read_bytes()
            checksum = path.with_suffix(".csv.sha256").read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return None
        return content if checksum == self._checksum(path, content) else None

    def _checksum(self, path: Path, content: bytes) -> list[str]:
        return [f"{_sha256(content)}  {path.name}", self._seal]

    def _path(self, trial: int) -> Path:
        return self.folder / PARTS / f"trial-{trial:04d}.csv"


def read_table(content: bytes) -> pd.DataFrame:
    """Read a table of trials to the last digit, which not every version of pandas promises."""
    names, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    if len(set(names)) < len(names) or not rows:
        raise ValueError("a column twice, or no rows")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return pd.DataFrame(
        {
            name: pd.Series(texts, dtype=str) if name == "teacher" else _numbers(name, texts)
            for name, texts in columns.items()
        }
    )


def _numbers(name: str, texts: Sequence[str]) -> NDArray[Any]:
    kind = np.int64 if name in WHOLE else np.float64
    try:
        return np.array(texts, dtype=kind)
    except ValueError:
        return np.array([UNKNOWN.get(text, text) for text in texts], dtype=kind)


@contextmanager
def open_journal(
    out: str | Path, config: dict[str, Any], *, overwrite: bool = False
) -> Iterator[Journal]:
    """Begin a sweep in a folder, or continue the same one.

    Raises
    ------
    InputError
        If another run is at work there, or the folder holds something else: another result, a
        sweep with other settings or data, or one of another version.
    """
    folder = Path(out)
    check_folder(out, overwrite=overwrite, continuing=_config(folder) is not None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("out", f"{folder} cannot be made ({error.strerror})") from None
    with locked(folder):
        _begin(folder, config, overwrite=overwrite)
        yield Journal(folder, config)


def is_begun(out: str | Path) -> bool:
    """Whether a folder holds a sweep, finished or not."""
    return (Path(out) / CONFIG).is_file()


def _begin(folder: Path, config: dict[str, Any], *, overwrite: bool) -> None:
    """Make sure that the folder holds this sweep and no other."""
    known, parts = _config(folder), folder / PARTS
    if known is None and parts.exists():
        raise InputError("out", f"{parts} exists and is not part of a sweep; choose another folder")
    if known is not None and not overwrite:
        _require_same(folder, known, config)
    try:
        if overwrite:
            clear_result(folder)
        write_durably(folder / CONFIG, document(config).encode())
    except OSError as error:
        raise InputError("out", f"{folder} cannot be written ({error.strerror})") from None


def document(config: dict[str, Any]) -> str:
    """Write the configuration of a sweep as JSON."""
    return to_json({"format": FORMAT, "version": __version__, "config": config}) + "\n"


def _config(folder: Path) -> dict[str, Any] | None:
    """Read a sweep's configuration; None where the folder has none."""
    path = folder / CONFIG
    other = "is not the configuration of a sweep; choose another folder"
    try:
        if not path.is_file():
            return None
        known = read_json(path, "out", other)
    except OSError as error:
        raise InputError("out", f"{folder} cannot be used ({error.strerror})") from None
    if not isinstance(known.get("config"), dict):
        raise InputError("out", f"{path} {other}")
    check_format(known, path, "out")
    if known.get("version") == __version__:
        with believing("out", f"{path} {other}"):
            check_config(known["config"])
    return known


def check_format(known: dict[str, Any], path: Path, argument: str) -> dict[str, Any]:
    """Refuse a document of another format."""
    if known.get("format") != FORMAT:
        raise InputError(
            argument,
            f"{path} has format {known.get('format')!r}; this version ({__version__}) reads "
            f"format {FORMAT}: use the version that wrote it, or another folder",
        )
    return known


def _require_same(folder: Path, known: dict[str, Any], config: dict[str, Any]) -> None:
    """Refuse to continue a sweep that differs, naming the first difference."""
    if known.get("version") != __version__:
        raise InputError(
            "out",
            f"{folder} was begun by version {known.get('version')}; this is {__version__}, whose "
            "digits may differ: finish it with that version, or choose another folder",
        )
    old, new = known["config"], json.loads(to_json(config))
    for key in dict.fromkeys([*old, *new]):
        if key not in WORDS and old.get(key) != new.get(key):
            raise InputError(
                "out",
                f"{folder} holds another sweep: {_difference(key, old.get(key), new.get(key))}; "
                "choose another folder or pass --overwrite",
            )
    if new["trials"] < old["trials"]:
        raise InputError(
            "out",
            f"{folder} holds {old['trials']} trials and {new['trials']} are asked for; ask for at "
            "least as many, choose another folder or pass --overwrite",
        )


def _difference(key: str, old: Any, new: Any) -> str:
    """Say how an entry of two configurations differs."""
    if key == "data" and isinstance(old, dict) and isinstance(new, dict):
        names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
        return f"the values of {', '.join(names)} are others"
    return f"{key} is {_short(old)} there and {_short(new)} here"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
