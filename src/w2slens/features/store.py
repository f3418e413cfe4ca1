"""A folder of features that knows what it is: model, preprocessing, rows, checksums.

    features.npy    rows × coordinates, float32
    rows.txt        an id a row
    labels.npy      labels, target.npy f*, groups.npy groups of examples: what is known of these
    manifest.json   everything that decided the features; written last

While it is being filled, `progress.json` says how far; a killed extraction goes on from there.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.atomic import replacing, write_durably
from w2slens._core.errors import InputError
from w2slens._core.json import to_json
from w2slens._version import __version__
from w2slens.features.readers import FEATURES, MANIFEST

FORMAT = 1
PROGRESS = "progress.json"


def read_manifest(folder: Path, argument: str) -> dict[str, Any]:
    """Read what a store says of itself."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(argument, f"{folder} holds no readable {MANIFEST}") from None
    if version != FORMAT:
        raise InputError(argument, f"{folder} has format {version!r}; {FORMAT} is read here")
    return manifest


class StoreWriter:
    """A store being filled row by row: new, empty, or holding the same extraction unfinished.

    `recipe` is what decides the features; a folder with another one is refused.
    """

    def __init__(self, folder: Path, recipe: dict[str, Any], rows: int) -> None:
        self.folder, self._rows = folder, rows
        self._recipe = json.loads(to_json({**recipe, "version": __version__, "rows": rows}))
        self._features: NDArray[Any] | None = None
        self.done, self._kept, self.skipped = 0, 0, list[str]()
        self.finished = False
        try:
            self._begin()
        except OSError as error:
            raise InputError("out", f"{folder} cannot be written ({error.strerror})") from None

    def _begin(self) -> None:
        if (self.folder / MANIFEST).is_file():
            self._require_same(read_manifest(self.folder, "out")["recipe"])
            self.finished = True
            return
        progress = self.folder / PROGRESS
        if progress.is_file():
            known = json.loads(progress.read_text(encoding="utf-8"))
            self._require_same(known["recipe"])
            self.done, self._kept, self.skipped = known["done"], known["kept"], known["skipped"]
            if self.done:
                self._features = np.lib.format.open_memmap(self.folder / FEATURES, mode="r+")
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise InputError("out", f"{self.folder} is not empty; choose another folder")
        self.folder.mkdir(parents=True, exist_ok=True)

    def _require_same(self, known: dict[str, Any]) -> None:
        for key in dict.fromkeys([*known, *self._recipe]):
            if known.get(key) != self._recipe.get(key):
                raise InputError(
                    "out",
                    f"{self.folder} holds other features: {key} is {known.get(key)} there and "
                    f"{self._recipe.get(key)} here; choose another folder",
                )

    def add(self, features: NDArray[Any], examples: int, skipped: Sequence[str]) -> None:
        """Append the rows of so many further examples, some of which were skipped."""
        if self._features is None and len(features):
            shape = (self._rows, features.shape[1])
            path = self.folder / FEATURES
            self._features = np.lib.format.open_memmap(path, "w+", np.float32, shape)
        if self._features is not None:
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
        (self.folder / "rows.txt").write_text("\n".join([*ids, ""]), encoding="utf-8")
        for name, values in columns.items():
            np.save(self.folder / f"{name}.npy", values, allow_pickle=False)
        names = [FEATURES, "rows.txt", *(f"{name}.npy" for name in columns)]
        sums = {name: checksum(self.folder / name) for name in names}
        state = {"rows": self._kept, "recipe": self._recipe, "skipped": self.skipped}
        document = {"format": FORMAT, **state, "sha256": sums}
        write_durably(self.folder / MANIFEST, (to_json(document) + "\n").encode())
        (self.folder / PROGRESS).unlink(missing_ok=True)


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
