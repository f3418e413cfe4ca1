"""Where ids of rows are kept: a column, an array, the lines of a store, all parts of a folder."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from w2slens._core.errors import InputError
from w2slens._core.inputs import regular
from w2slens.features.address import address
from w2slens.features.arrow import index_of
from w2slens.features.columns import the_one
from w2slens.features.delimited import SEPARATORS, read_ids
from w2slens.features.guarded import reading
from w2slens.features.parts import parts_in
from w2slens.features.readers import MANIFEST, SAVED, UNKNOWN, Layout, open_array
from w2slens.features.saved import SavedTable

ROWS = "rows.txt"
"""Ids in a store of features."""

STEP = 2**16
"""Ids that are read and compared at a time."""

Read = Callable[[], Iterable[Any]]
"""What reads ids: arrays of pyarrow, one after the other."""


def of_python(value: Any, argument: str) -> Iterator[Any]:
    """Take ids in memory: an array, a list, a column of pandas."""
    if isinstance(value, pa.Array):
        yield value
        return
    with reading(Path("ids"), argument):
        listed = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
        if listed.dtype.kind == "f" and isinstance(value, (list, tuple)):
            listed = np.asarray(value, object)  # large ones become no floats
        if listed.ndim == 2 and listed.shape[1] == 1:
            listed = listed[:, 0]
        if listed.dtype.kind not in "iu":
            listed = listed.astype(object)
        for start in range(0, len(listed), STEP):
            yield _arrow(listed[start : start + STEP])


def _arrow(listed: NDArray[Any]) -> Any:
    """Take ids of numpy, numbers that are too large for Arrow as their digits."""
    try:
        return pa.array(listed, from_pandas=True)
    except OverflowError:
        digits = [str(one) if isinstance(one, (int, np.integer)) else one for one in listed]
        return pa.array(digits, from_pandas=True)


def of_table(table: Any, column: str) -> Iterator[Any]:
    """Read a column of a table that is read by ranges of rows."""
    for start in range(0, table.rows, STEP):
        found = table.read(start, min(start + STEP, table.rows), [column])
        yield found.column(0).combine_chunks()


def of_path(text: str, column: str | None, argument: str, layout: Layout = UNKNOWN) -> Read:
    """Find the ids that a file has, or that stand beside it in a store.

    `layout` is what is known of a file that holds nothing but ids.
    """
    if address(text).remote:
        return lambda: _of_array(text, column, argument)
    path = regular(Path(text), argument)
    if not path.exists():
        raise InputError(argument, f"{path}, which is to hold its ids, does not exist")
    store = path if path.is_dir() else path.parent
    if path.suffix in ("", ".npy") and (store / MANIFEST).is_file() and (store / ROWS).is_file():
        return lambda: [pa.array(_lines(store / ROWS, argument), pa.large_string())]
    if (path / SAVED).is_file():
        table = SavedTable(path, argument)
        name = column_in(table.schema, column, path, argument)
        return lambda: of_table(table, name)
    parts = parts_in(path) if path.is_dir() and path.suffix != ".zarr" else []
    if parts:
        found = [of_path(str(part), column, argument) for part in parts]
        return lambda: (array for read in found for array in read())
    return lambda: _of_file(path, column, argument, layout)


def _lines(path: Path, argument: str) -> list[str]:
    with reading(path, argument):
        return path.read_text(encoding="utf-8").split("\n")[:-1]


def _of_file(path: Path, column: str | None, argument: str, layout: Layout) -> Iterator[Any]:
    if path.suffix in SEPARATORS:
        with reading(path, argument):
            found = read_ids(path, column, argument, layout)
        yield pa.array(found, pa.large_string())
    elif path.suffix == ".parquet":
        with reading(path, argument):
            file = pq.ParquetFile(path)
            name = column_in(file.schema_arrow, column, path, argument)
            for batch in file.iter_batches(STEP, columns=[name]):
                yield batch.column(0)
    else:
        if path.suffix == ".npy" and column is not None:
            raise InputError(
                "id",
                f"is {column!r}, and {path.name} has no columns; name a file of its ids: "
                f"{argument}=FILE (from Python, id={{{argument!r}: ids}})",
            )
        yield from _of_array(str(path), column, argument)


def _of_array(text: str, column: str | None, argument: str) -> Iterator[Any]:
    rows = open_array(text if column is None else f"{text}:{column}", argument)
    for start in range(0, rows.shape[0], STEP):
        yield from of_python(rows[start : min(start + STEP, rows.shape[0])], argument)


def column_in(schema: Any, column: str | None, path: Path, argument: str) -> str:
    """Find the column of ids: the one that is named, or the only one beside an index."""
    if column is None:
        index = index_of(schema)
        names = [name for name in schema.names if name not in index] or schema.names
        return the_one(names, path.name, argument)
    if column not in schema.names:
        raise InputError(argument, f"has no column {column!r}, which is to hold its ids")
    return column
