"""One reader a file type; none of them unpickles, and large files are read slice by slice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from w2slens._errors import InputError, MissingExtraError

KEYED = (".npz", ".zarr", ".safetensors")
"""Endings of files that hold several arrays, one of which is named as ``file.npz:key``."""


class Sliceable(Protocol):
    """What a reader returns: an array, or something that is read when it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, known before it is read."""

    def __getitem__(self, rows: slice) -> Any:
        """Read a range of rows."""


def open_array(value: str | Path, argument: str) -> Any:
    """Open the array that a path (with ``:key`` where a file holds several) names.

    Returns
    -------
    An array, or a `Sliceable` whose rows are read when they are taken.

    Raises
    ------
    InputError
        If there is no such file or array, or it holds pickled objects or text.
    """
    path, key = _split_key(str(value))
    if not path.exists():
        raise InputError(argument, f"{path} does not exist")
    if path.is_dir() and path.suffix != ".zarr":
        raise InputError(argument, f"{path} is a folder; a file is needed")
    if path.suffix not in READERS:
        endings = ", ".join(READERS)
        raise InputError(argument, f"{path.name} ends in none of {endings}; convert it first")
    try:
        return READERS[path.suffix](path, key, argument)
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
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "pickled data" in reason:
            reason = "its first bytes are of another format"
        raise InputError(argument, f"{path} cannot be read as {path.suffix} ({reason})") from None


def _is_pickled(path: Path, message: str) -> bool:
    """Whether numpy refused a file for the Python objects in it."""
    if "Object arrays" in message or "Python objects" in message:
        return True
    with path.open("rb") as stream:
        return "pickled data" in message and stream.read(1) == b"\x80"


def _split_key(text: str) -> tuple[Path, str | None]:
    head, colon, key = text.rpartition(":")
    if colon and head.endswith(KEYED):
        return Path(head), key
    return Path(text), None


def _pick(keys: list[str], key: str | None, path: Path, argument: str) -> str:
    """Choose one array of a file that may hold several."""
    if key is None and len(keys) == 1:
        return keys[0]
    listed = ", ".join(keys) or "none"
    if key is None:
        raise InputError(
            argument, f"{path.name} holds several arrays; name one as {path.name}:KEY ({listed})"
        )
    if key not in keys:
        raise InputError(argument, f"{path.name} has no array {key!r}; it holds {listed}")
    return key


def _npy(path: Path, key: str | None, argument: str) -> Any:
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _npz(path: Path, key: str | None, argument: str) -> Any:
    with np.load(path, allow_pickle=False) as archive:
        return archive[_pick(list(archive.files), key, path, argument)]


def _csv(path: Path, key: str | None, argument: str) -> Any:
    import pandas as pd

    with path.open(encoding="utf-8-sig") as stream:
        first = [cell.strip() for cell in stream.readline().split(",")]
    header = None if all(map(_is_number, first)) and not _is_numbering(first) else 0
    frame = pd.read_csv(path, header=header, skipinitialspace=True, encoding="utf-8-sig")
    if frame.empty:
        return np.empty(frame.shape)
    for position, name in enumerate(frame.columns):
        column = frame[name]
        if not pd.api.types.is_numeric_dtype(column):
            text = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
            seen = f"holds text, first {text.iloc[0]!r} at row {text.index[0]}"
            label = f"column {position}" + ("" if header is None else f" ({name!r})")
            raise InputError(
                argument, f"{label} of {path.name} {seen}; only numeric columns can be read"
            )
    return frame.to_numpy()


def _is_numbering(cells: list[str]) -> bool:
    """Whether a first line is the header 0,1,2,… that pandas gives columns without names."""
    return len(cells) > 2 and cells == [str(i) for i in range(len(cells))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True


class _Parquet:
    """A Parquet file as a matrix: numeric columns side by side, or one column of vectors."""

    def __init__(self, path: Path, argument: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.file = pq.ParquetFile(path)
        schema = self.file.schema_arrow
        types = pa.types
        self.vectors = len(schema) == 1 and (
            types.is_list(schema[0].type)
            or types.is_large_list(schema[0].type)
            or types.is_fixed_size_list(schema[0].type)
        )
        for column in schema:
            kind = column.type.value_type if self.vectors else column.type
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                raise InputError(
                    argument,
                    f"column {column.name!r} of {path.name} holds {column.type}; "
                    "only numeric columns can be read",
                )
        self.ends = np.cumsum(
            [0]
            + [self.file.metadata.row_group(i).num_rows for i in range(self.file.num_row_groups)]
        )
        width = len(schema)
        if self.vectors and self.ends[-1]:
            width = len(self.file.read_row_group(0).column(0)[0])
        self.argument, self.name = argument, path.name
        self.shape = (int(self.ends[-1]), width)
        self._groups: dict[int, NDArray[Any]] = {}

    def _group(self, index: int) -> NDArray[Any]:
        if index not in self._groups:
            table = self.file.read_row_group(index)
            self._groups = {index: self._matrix(table)}
        return self._groups[index]

    def _matrix(self, table: Any) -> NDArray[Any]:
        if not self.vectors:
            return np.asarray(table.to_pandas().to_numpy())
        column = table.column(0).combine_chunks()
        values = np.asarray(column.flatten())
        if len(values) != len(column) * self.shape[1]:
            raise InputError(self.argument, f"the vectors in {self.name} differ in length")
        return values.reshape(len(column), self.shape[1])

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self.shape[0])
        parts = []
        for index, (low, high) in enumerate(zip(self.ends[:-1], self.ends[1:], strict=True)):
            if low < stop and high > start:
                parts.append(self._group(index)[max(start - low, 0) : stop - low])
        return np.concatenate(parts) if parts else np.empty((0, self.shape[1]))


def _parquet(path: Path, key: str | None, argument: str) -> Any:
    return _Parquet(path, argument)


def _zarr(path: Path, key: str | None, argument: str) -> Any:
    try:
        import zarr
    except ImportError:
        raise MissingExtraError("zarr", "zarr", f"reading {path.name}") from None
    node = zarr.open(str(path), mode="r")
    if isinstance(node, zarr.Array):
        return node
    return node[_pick(sorted(node.array_keys()), key, path, argument)]


class _Tensor:
    """One tensor of a safetensors file, read slice by slice."""

    def __init__(self, tensors: Any, key: str) -> None:
        self.slices = tensors.get_slice(key)
        self.shape = tuple(self.slices.get_shape())

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        return np.asarray(self.slices[rows])


def _safetensors(path: Path, key: str | None, argument: str) -> Any:
    try:
        from safetensors import safe_open
    except ImportError:
        raise MissingExtraError("safetensors", "safetensors", f"reading {path.name}") from None
    tensors: Any = safe_open(path, framework="numpy")
    return _Tensor(tensors, _pick(list(tensors.keys()), key, path, argument))


READERS: dict[str, Callable[[Path, str | None, str], Any]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".parquet": _parquet,
    ".csv": _csv,
    ".zarr": _zarr,
    ".safetensors": _safetensors,
}
