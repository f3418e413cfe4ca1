"""Named arrays and numbers in a file that people and programs can read: .npz or .json."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from w2slens._core.atomic import load_arrays, replacing, save_arrays
from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json


def write_values(path: str | Path, values: Mapping[str, Any], *, overwrite: bool) -> None:
    """Write arrays and numbers, in the format that the ending of the path names."""
    arrays = {name: np.asarray(value) for name, value in values.items()}
    if Path(path).suffix == ".npz":
        save_arrays(path, arrays, overwrite=overwrite)
    elif Path(path).suffix == ".json":
        document = {name: array.tolist() for name, array in arrays.items()}
        with replacing(path, overwrite=overwrite) as part:
            part.write_text(json.dumps(document), encoding="utf-8")
    else:
        raise InputError("path", f"{path} ends in neither .npz nor .json")


def archived(values: Mapping[str, Any]) -> bytes:
    """Return an .npz of arrays and numbers."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in values.items()}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def read_values(path: str | Path, names: Sequence[str]) -> dict[str, Any]:
    """Read what `write_values` wrote under these names, as float64 arrays."""
    if Path(path).suffix == ".json":
        document = read_json(Path(path), "path")
        found = [document[name] for name in names]
    else:
        found = load_arrays(path, names)
    return {name: np.asarray(value, float) for name, value in zip(names, found, strict=True)}
