"""One reader a file type; none of them unpickles, and large files are read slice by slice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.check import densified, is_sparse
from w2slens._core.errors import InputError
from w2slens._core.inputs import regular
from w2slens.features.address import Address, address, one_of
from w2slens.features.chunked import open_chunked
from w2slens.features.guarded import Guarded, Sliceable, reading
from w2slens.features.parts import ENDINGS, Parts, parts_in
from w2slens.features.tensors import open_tensor

MANIFEST, FEATURES, PROGRESS = "manifest.json", "features.npy", "progress.json"
"""Files of a feature store: what it says of itself, its features, how far it is until then."""

SAVED, SPLITS = "state.json", "dataset_dict.json"
"""Files by which a folder is known to be what `datasets` has saved: one split, or several."""

SPARSE = {"format", "shape", "data"}
"""Arrays in a file of ``scipy.sparse.save_npz``."""


class Layout(NamedTuple):
    """What is known of a table before it is read."""

    header: bool | None = None  # whether a first line that may be either names the columns
    rows: int | None = None  # rows that the table is to have, where others say so
    text: bool = False  # whether a column of text is welcome: classes
    id: str | None = None  # the column, or array, that holds ids


UNKNOWN = Layout()


def open_array(value: str | Path, argument: str, layout: Layout = UNKNOWN) -> Sliceable:
    """Open the array that a path (with ``:key`` where a file holds several) names."""
    where = address(value)
    if where.remote:
        return _remote(where, argument, layout)
    path, key = Path(where.path), where.key
    with reading(path, argument):
        if not regular(path, argument).exists():
            raise InputError(argument, f"{path} does not exist")
        if (path / MANIFEST).is_file():
            path = regular(path / FEATURES, argument)
        elif (path / PROGRESS).is_file():
            raise InputError(argument, f"{path} is a store that is not finished; extract it again")
        if path.is_dir() and path.suffix != ".zarr":
            return _folder(path, key, argument, layout)
        if not path.is_dir() and not path.is_file():
            raise InputError(argument, f"{path} is no regular file; a file of numbers is needed")
        if path.suffix not in READERS:
            endings = ", ".join(READERS)
            raise InputError(argument, f"{path.name} ends in none of {endings}; convert it first")
        data = READERS[path.suffix](path, key, argument, layout)
    if is_sparse(data):
        return densified(data, argument)
    return data if isinstance(data, np.ndarray) else Guarded(data, path, argument)


def _folder(path: Path, key: str | None, argument: str, layout: Layout) -> Sliceable:
    """Open what `datasets` saved, or a folder of parts."""
    if (path / SAVED).is_file():
        from w2slens.features.saved import read_saved

        data = read_saved(path, key, argument, layout)
        return data if isinstance(data, np.ndarray) else Guarded(data, path, argument)
    paths = parts_in(path)
    if (path / SPLITS).is_file():
        raise InputError(argument, f"{path} holds several splits; name one as {path}/train")
    if not paths:
        kinds = ", ".join(ENDINGS)
        raise InputError(
            argument,
            f"{path} is a folder; a file is needed, or a folder of parts of one of {kinds}",
        )
    named = "" if key is None else f":{key}"
    return Parts(paths, lambda part: open_array(f"{part}{named}", argument, layout), argument)


def _remote(where: Address, argument: str, layout: Layout) -> Sliceable:
    """Open a Zarr array behind a URL, by fsspec."""
    url = where.path
    if Path(url).suffix != ".zarr":
        raise InputError(argument, f"{url} is a URL; those of .zarr are read, all else from files")
    with reading(url, argument):
        return Guarded(open_chunked(url, where.key, argument, layout.id), url, argument)


def _npy(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError("it is an archive of arrays; give it the ending .npz")
    return array


def _npz(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    archive = np.load(path, mmap_mode="r", allow_pickle=False)  # a foreign .npy is not read
    if isinstance(archive, np.ndarray):
        raise ValueError("it is a single array; give it the ending .npy")
    with archive:
        if key is None and set(archive.files) >= SPARSE:
            return _sparse(path)
        return archive[one_of(list(archive.files), key, path, argument, layout.id)]


def _sparse(path: Path) -> Any:
    from scipy import sparse

    return sparse.load_npz(path)


def _delimited(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    from w2slens.features.delimited import read_delimited

    return read_delimited(path, key, argument, layout)


def _parquet(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    from w2slens.features.parquet import read_parquet

    return read_parquet(path, key, argument, layout)


def _zarr(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    return open_chunked(str(path), key, argument, layout.id)


def _safetensors(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    return open_tensor(path, key, argument, layout.id)


READERS: dict[str, Callable[[Path, str | None, str, Layout], Any]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".parquet": _parquet,
    ".csv": _delimited,
    ".tsv": _delimited,
    ".zarr": _zarr,
    ".safetensors": _safetensors,
}


def names_file(text: str | Path) -> bool:
    """Whether a text names a file, and no column."""
    return isinstance(text, Path) or Path(address(text).path).suffix in READERS
