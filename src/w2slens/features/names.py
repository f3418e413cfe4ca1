"""Names of the columns of features, where they have some: they tell a column from its neighbour."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.inputs import regular
from w2slens._core.types import Id
from w2slens.features.address import address
from w2slens.features.guarded import reading
from w2slens.features.parts import parts_in
from w2slens.features.readers import Layout
from w2slens.features.reading import Source, column_of_ids

MOST_NAMES = 10_000
"""Columns of more names are known by their places."""


def names_of(
    value: Any, argument: str, *, header: bool | None = None, id: Id = None
) -> list[str] | None:
    """Name the columns that `open_features` takes; None where they have numbers or nothing.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    if isinstance(value, Source):
        value, layout = value.path, value.layout
    else:
        layout = Layout(header, id=column_of_ids(id, argument))
    found = (
        _of_path(value, argument, layout) if isinstance(value, (str, Path)) else _of_table(value)
    )
    if found is None or len(found) > MOST_NAMES or not all(isinstance(one, str) for one in found):
        return None
    listed = [one.strip() for one in found if one != layout.id]
    return None if all(one.isdigit() for one in listed) else listed


def _of_table(value: Any) -> list[Any] | None:
    if check.is_dataset(value):  # its columns may be vectors, whose name is none of coordinates
        return None
    names = getattr(value, "column_names", None)
    names = getattr(value, "columns", None) if names is None else names
    return None if names is None else list(names)


def _of_path(value: str | Path, argument: str, layout: Layout) -> list[str] | None:
    where = address(value)
    path = Path(where.path)
    with reading(path, argument):
        if where.remote or not regular(path, argument).exists():
            return None
        parts = parts_in(path) if path.is_dir() else [path]
        if parts and parts[0].suffix == ".parquet":
            return _of_parquet(parts, where.key, argument, layout)
        if path.suffix in (".csv", ".tsv") and path.is_file():
            from w2slens.features.delimited import names_in

            return names_in(path, where.key, argument, layout)
    return None


def _of_parquet(
    parts: list[Path], key: str | None, argument: str, layout: Layout
) -> list[str] | None:
    """Name the columns of the first part that has rows; that of vectors names no coordinate."""
    import pyarrow.parquet as pq

    from w2slens.features.arrow import fields_of, is_plain

    for path in parts:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows:
                fields = fields_of(file.schema_arrow, key, argument, path.name, layout.id)
                return [field.name for field in fields] if is_plain(fields) else None
    return None


def refuse_other(columns: Any, side: str, given: list[str] | None, argument: str) -> None:
    """Refuse columns of a side that have other names, or another order, than those known of it.

    `columns` are names by side, where there are such.
    """
    known = columns.get(side) if isinstance(columns, Mapping) else None
    if given is None or not isinstance(known, list) or given == known:
        return
    only = next((one for one in [*known, *given] if (one in known) != (one in given)), None)
    if only is not None:
        whose = "the model learnt from it" if only in known else "the model does not know it"
        raise InputError(argument, f"has other columns, such as {only!r}: {whose}")
    if len(given) != len(known):
        return  # one of them twice: that there are more says what is wrong
    first = next(a for a, b in zip(known, given, strict=False) if a != b)
    raise InputError(
        argument,
        f"has its columns in another order than the model knows, from {first!r} on; bring them "
        "into that order, as by file.csv:a,b,c",
    )
