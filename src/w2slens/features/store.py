"""A folder of features that knows what it is: model, preprocessing, rows, checksums.

    features.npy    rows × coordinates, float32
    rows.txt        an id a row
    labels.npy      labels, target.npy f*, groups.npy groups of examples: what is known of these
    manifest.json   everything that decided the features; written last

While it is being filled, `progress.json` says how far, from the first moment on; an extraction
that was killed or failed goes on from there.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.atomic import PART, replacing, writable, write_durably
from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json
from w2slens._core.json import to_json
from w2slens._version import __version__
from w2slens.features.readers import FEATURES, MANIFEST, PROGRESS
from w2slens.features.reserved import open_rows, reserve_rows

FORMAT = 1
IDS = "rows.txt"
OURS = (MANIFEST, FEATURES, IDS, "labels.npy", "target.npy", "groups.npy")
"""All files that a finished store may have; the one by which it is known is the first to go."""

ANEW = "choose another folder, or ask to overwrite it"


class StoreWriter:
    """A store being filled row by row: new, empty, or holding the same extraction unfinished.

    `recipe` is what decides the features; a folder with another one is refused, unless
    `overwrite` lets the store that it holds go.
    """

    def __init__(
        self, folder: Path, recipe: dict[str, Any], rows: int, *, overwrite: bool = False
    ) -> None:
        self.folder, self._rows = writable(folder, "out"), rows
        self._recipe = json.loads(to_json({**recipe, "version": __version__, "rows": rows}))
        self._features: NDArray[Any] | None = None
        self.done, self._kept, self.skipped = 0, 0, list[str]()
        self.finished = False
        with self._writing():
            self._begin(overwrite=overwrite)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = f"{self.folder} cannot be written ({error.strerror})"
            raise InputError("out", reason) from None

    def _begin(self, *, overwrite: bool) -> None:
        finished, begun = ((self.folder / name).is_file() for name in (MANIFEST, PROGRESS))
        if overwrite and (finished or begun):
            self._start()
            for name in OURS:
                (self.folder / name).unlink(missing_ok=True)
        elif finished:
            self._take_finished(read_json(self.folder / MANIFEST, "out"))
        elif begun:
            self._go_on(read_json(self.folder / PROGRESS, "out"))
        else:
            there = {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()
            if there - {f".{PROGRESS}{PART}"}:
                raise InputError("out", f"{self.folder} is not empty; choose another folder")
            self._start()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save()

    def _take_finished(self, manifest: dict[str, Any]) -> None:
        if manifest.get("format") != FORMAT:
            version = f"has format {manifest.get('format')!r}; {FORMAT} is read here"
            raise InputError("out", f"{self.folder} {version}: {ANEW}")
        self._require_same(manifest.get("recipe"))
        if not (self.folder / FEATURES).is_file():
            raise self._damaged(f"{FEATURES} is missing")
        self.finished = True

    def _go_on(self, progress: dict[str, Any]) -> None:
        """Take up what an extraction has done; one that has done nothing may be another."""
        if progress.get("done") == 0 and "recipe" in progress:
            self._start()
            return
        self._require_same(progress.get("recipe"))
        try:
            self.done, self._kept = int(progress["done"]), int(progress["kept"])
            self.skipped = [str(name) for name in progress["skipped"]]
        except (LookupError, TypeError, ValueError):
            self.done = -1
        right = 0 <= self._kept <= self.done <= self._rows
        if not right or len(self.skipped) != self.done - self._kept:
            raise self._damaged(f"{PROGRESS} does not say how far it is")
        if self._kept:
            try:
                self._features = open_rows(self.folder / FEATURES, self._rows)
            except ValueError as error:
                raise self._damaged(f"{FEATURES}: {error}") from None

    def _damaged(self, why: str) -> InputError:
        return InputError("out", f"{self.folder} holds a damaged store ({why}); {ANEW}")

    def _require_same(self, known: Any) -> None:
        if not isinstance(known, dict):
            raise self._damaged("it does not say of what")
        for key in dict.fromkeys([*known, *self._recipe]):
            if known.get(key) != self._recipe.get(key):
                raise InputError(
                    "out",
                    f"{self.folder} holds other features: {key} is {known.get(key)} there and "
                    f"{self._recipe.get(key)} here; {ANEW}",
                )

    def add(self, features: NDArray[Any], examples: int, skipped: Sequence[str]) -> None:
        """Append the rows of so many further examples, some of which were skipped."""
        if len(features):
            if self._features is None:
                path, shape = self.folder / FEATURES, (self._rows, features.shape[1])
                with self._writing():
                    self._features = reserve_rows(path, shape)
            width = self._features.shape[1]
            if features.shape[1] != width:
                had = f"{width:,} coordinates before"
                raise InputError("model", f"gives {features.shape[1]:,} coordinates and {had}")
            self._features[self._kept : self._kept + len(features)] = features
        self._kept += len(features)
        self.done += examples
        self.skipped += skipped

    def save(self) -> None:
        """Make what was added survive a kill."""
        if isinstance(self._features, np.memmap):
            self._features.flush()
        rows = {"done": self.done, "kept": self._kept, "skipped": self.skipped}
        content = to_json({"recipe": self._recipe, **rows})
        with self._writing():
            write_durably(self.folder / PROGRESS, content.encode())

    def finish(self, ids: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> None:
        """Write the ids and columns of the rows that were kept, the manifest last."""
        if self._features is None:
            raise InputError("examples", "left no row: every one was skipped")
        if self._kept < self._rows:
            kept = np.array(self._features[: self._kept])
            del self._features
            with replacing(self.folder / FEATURES, overwrite=True, argument="out") as part:
                np.save(part, kept, allow_pickle=False)
        else:
            self._features.flush()  # type: ignore[attr-defined]
        with self._writing():
            self._seal(ids, columns)

    def _seal(self, ids: Sequence[str], columns: Mapping[str, NDArray[Any]]) -> None:
        (self.folder / IDS).write_text("\n".join([*ids, ""]), encoding="utf-8")
        for name, values in columns.items():
            np.save(self.folder / f"{name}.npy", values, allow_pickle=False)
        names = [FEATURES, IDS, *(f"{name}.npy" for name in columns)]
        sums = {name: checksum(self.folder / name) for name in names}
        state = {"rows": self._kept, "recipe": self._recipe, "skipped": self.skipped}
        document = {"format": FORMAT, **state, "sha256": sums}
        write_durably(self.folder / MANIFEST, (to_json(document) + "\n").encode())
        (self.folder / PROGRESS).unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
