"""Zarr arrays, on disk or behind a URL, read chunk by chunk."""

import json
from pathlib import Path
from typing import Any

from w2slens._core.errors import needing
from w2slens.features.address import one_of
from w2slens.features.guarded import pickled


def open_chunked(where: str, key: str | None, argument: str, but: str | None) -> Any:
    """Open the array that a store is, the one that is named, or the only one besides the ids."""
    path = Path(where)
    with needing("zarr", f"reading {path.name}", extra="zarr"):
        import zarr
    node = zarr.open(where, mode="r")
    if key is not None and not isinstance(node, zarr.Array) and key in node:
        node = node[key]
    if not isinstance(node, zarr.Array):
        node = node[one_of(sorted(node.array_keys()), key, path, argument, but)]
    if _unpickles(node):
        raise pickled(path, argument)
    return node


def _unpickles(array: Any) -> bool:
    """Whether a codec of the array unpickles what it reads, as that of Zarr v2 for objects does."""
    described = array.metadata.to_dict()
    codecs = [described.get(name) for name in ("filters", "compressor", "codecs")]
    return "pickle" in json.dumps(codecs, default=str)
