"""One reader a file type; none of them unpickles, and large files are read slice by slice."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from w2slens._core.check import densified, is_sparse
from w2slens._core.errors import InputError, first_line, needing
from w2slens._core.inputs import regular
from w2slens.features.brain import BrainTensor
from w2slens.features.parts import ENDINGS, Parts, parts_in

MANIFEST, FEATURES, PROGRESS = "manifest.json", "features.npy", "progress.json"
"""Files of a feature store: what it says of itself, its features, how far it is until then."""

KEYED = re.compile(
    r"(?P<path>.*?\.(?:npz|zarr|safetensors|parquet|csv|tsv)):(?P<key>.+)", re.DOTALL
)
"""Files that hold several arrays, one of which is named as ``file.npz:key``, or several columns,
some of which are, by name or pattern, as ``file.csv:w0,w1`` or ``file.parquet:w*``."""


URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
"""What begins like this is no path."""

SPARSE = {"format", "shape", "data"}
"""Arrays in a file of ``scipy.sparse.save_npz``."""


class Layout(NamedTuple):
    """What is known of a table before it is read."""

    header: bool | None = None  # whether a first line that may be either names the columns
    rows: int | None = None  # rows that the table is to have, where others say so
    text: bool = False  # whether a column of text is welcome: classes


UNKNOWN = Layout()


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
    path: Path
    argument: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what it holds."""
        return tuple(int(size) for size in self.data.shape)

    def __getitem__(self, rows: slice) -> Any:
        """Read a range of rows."""
        with reading(self.path, self.argument):
            return self.data[rows]


def open_array(value: str | Path, argument: str, layout: Layout = UNKNOWN) -> Sliceable:
    """Open the array that a path (with ``:key`` where a file holds several) names."""
    keyed = KEYED.fullmatch(str(value))
    if URL.match(str(value)):
        where, key = (keyed["path"], keyed["key"]) if keyed else (str(value), None)
        return _remote(where, key, argument)
    path, key = (Path(keyed["path"]), keyed["key"]) if keyed else (Path(value), None)
    with reading(path, argument):
        if not regular(path, argument).exists():
            raise InputError(argument, f"{path} does not exist")
        if (path / MANIFEST).is_file():
            path = regular(path / FEATURES, argument)
        elif (path / PROGRESS).is_file():
            raise InputError(argument, f"{path} is a store that is not finished; extract it again")
        if path.is_dir() and path.suffix != ".zarr":
            return _folder(path, argument, layout)
        if not path.is_dir() and not path.is_file():
            raise InputError(argument, f"{path} is no regular file; a file of numbers is needed")
        if path.suffix not in READERS:
            endings = ", ".join(READERS)
            raise InputError(argument, f"{path.name} ends in none of {endings}; convert it first")
        data = READERS[path.suffix](path, key, argument, layout)
    if is_sparse(data):
        return densified(data, argument)
    return data if isinstance(data, np.ndarray) else Guarded(data, path, argument)


def _folder(path: Path, argument: str, layout: Layout) -> Sliceable:
    """Open a folder of parts."""
    paths = parts_in(path)
    if not paths:
        kinds = ", ".join(ENDINGS)
        raise InputError(
            argument,
            f"{path} is a folder; a file is needed, or a folder of parts of one of {kinds}",
        )
    return Parts(paths, lambda part: open_array(part, argument, layout), argument)


def _remote(url: str, key: str | None, argument: str) -> Sliceable:
    """Open a Zarr array behind a URL, by fsspec."""
    path = Path(url)
    if path.suffix != ".zarr":
        raise InputError(argument, f"{url} is a URL; those of .zarr are read, all else from files")
    with reading(path, argument):
        return Guarded(_zarr(url, key, argument), path, argument)


@contextmanager
def reading(path: Path, argument: str) -> Iterator[None]:
    """Turn whatever a reader raises into one sentence that names the argument and the file."""
    try:
        yield
    except (InputError, ImportError):
        raise
    except PermissionError:
        raise InputError(argument, f"{path} may not be read (permission denied)") from None
    except Exception as error:
        if _is_pickled(path, str(error)):
            raise InputError(
                argument,
                f"{path} holds pickled objects, which can run code and are never loaded; "
                "save a plain numeric array instead",
            ) from None
        reason = first_line(error)
        if "pickled data" in reason:
            reason = "its first bytes are of another format"
        raise InputError(argument, f"{path} cannot be read as {path.suffix} ({reason})") from None


def _is_pickled(path: Path, message: str) -> bool:
    """Whether numpy refused a file for the Python objects in it."""
    if "Object arrays" in message or "Python objects" in message:
        return True
    if "pickled data" not in message:
        return False
    with path.open("rb") as stream:
        return stream.read(1) == b"\x80"


def _pick(keys: list[str], key: str | None, path: Path, argument: str) -> str:
    """Choose one array of a file that may hold several."""
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


def _npy(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("it is an archive of arrays; give it the ending .npz")
    return array


def _npz(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    archive = np.load(path, mmap_mode="r", allow_pickle=False)  # a foreign .npy is not read
    if isinstance(archive, np.ndarray):
        raise ValueError("it is a single array; give it the ending .npy")
    with archive:
        if key is None and set(archive.files) >= SPARSE:
            return _sparse(path)
        return archive[_pick(list(archive.files), key, path, argument)]


def _sparse(path: Path) -> Any:
    from scipy import sparse

    return sparse.load_npz(path)


def _delimited(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    from w2slens.features.delimited import read_delimited

    return read_delimited(path, key, argument, layout)


def _parquet(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    from w2slens.features.parquet import read_parquet

    return read_parquet(path, key, argument, text=layout.text)


def _zarr(path: Path | str, key: str | None, argument: str, layout: Layout = UNKNOWN) -> Any:
    path, where = Path(path), str(path)
    with needing("zarr", f"reading {path.name}", extra="zarr"):
        import zarr
    node = zarr.open(where, mode="r")
    if key is not None and not isinstance(node, zarr.Array) and key in node:
        node = node[key]
    if isinstance(node, zarr.Array):
        return node
    return node[_pick(sorted(node.array_keys()), key, path, argument)]


class _Tensor:
    """One tensor of a safetensors file, read slice by slice."""

    def __init__(self, tensors: Any, key: str) -> None:
        self.slices = tensors.get_slice(key)
        self.shape = tuple(self.slices.get_shape())
        kind = self.slices.get_dtype()
        if kind.startswith(("F8", "F4", "F6")):
            raise ValueError(f"{key} is of type {kind}; save it as float16 or float32")

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        return np.asarray(self.slices[rows])


def _safetensors(path: Path, key: str | None, argument: str, layout: Layout) -> Any:
    with needing("safetensors", f"reading {path.name}", extra="safetensors"):
        from safetensors import safe_open
    tensors: Any = safe_open(path, framework="numpy")
    name = _pick(list(tensors.keys()), key, path, argument)
    brain = tensors.get_slice(name).get_dtype() == "BF16"
    return BrainTensor(path, name) if brain else _Tensor(tensors, name)


READERS: dict[str, Callable[[Path, str | None, str, Layout], Any]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".parquet": _parquet,
    ".csv": _delimited,
    ".tsv": _delimited,
    ".zarr": _zarr,
    ".safetensors": _safetensors,
}
