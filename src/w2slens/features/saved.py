"""Datasets of Hugging Face `datasets` as matrices: objects, and folders that it saved.

The Arrow files of a folder are mapped into memory, so that a slice reads its own rows only; this
needs pyarrow alone.
"""

from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa

from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json, regular
from w2slens.features.arrow import ArrowMatrix, Columns, fields_of, is_text, text_column
from w2slens.features.guarded import reading, unchanged
from w2slens.features.readers import SAVED, UNKNOWN, Layout

END = b"\xff\xff\xff\xff\0\0\0\0"
"""Last bytes of an Arrow stream; one without them was cut."""


def read_dataset(value: Any, argument: str, layout: Layout = UNKNOWN) -> Any:
    """Open a dataset as a matrix, or read its one column of text where that is welcome."""
    if hasattr(value, "column_name"):
        value = value.source.select_columns(value.column_name)
    return _opened(DatasetTable(value, argument), None, argument, layout)


def read_saved(folder: Path, columns: str | None, argument: str, layout: Layout) -> Any:
    """Open a folder that a dataset was saved in."""
    return _opened(SavedTable(folder, argument), columns, argument, layout)


def _opened(table: Any, columns: str | None, argument: str, layout: Layout) -> Any:
    fields = fields_of(table.schema, columns, argument, table.name, layout.id)
    names = [field.name for field in fields]
    if layout.text and is_text(fields):
        return text_column(table.read(0, table.rows, names))
    how = Columns(fields, table.name, argument)
    return ArrowMatrix(table.rows, how, lambda start, stop: table.read(start, stop, names))


class DatasetTable:
    """A dataset in Python, its rows in the order in which it has them."""

    def __init__(self, dataset: Any, argument: str) -> None:
        if not hasattr(dataset, "__len__") or hasattr(dataset, "keys"):
            raise InputError(
                argument,
                f"is a {type(dataset).__name__} of datasets; one split of rows that have numbers "
                "is needed",
            )
        self._dataset, self.name = dataset.with_format("arrow"), "the dataset"
        self.rows, self.schema = len(dataset), dataset.features.arrow_schema

    def read(self, start: int, stop: int, names: list[str]) -> Any:
        """Read some columns of a range of rows as a table."""
        return self._dataset.select_columns(names)[start:stop]


class SavedTable:
    """Arrow files of a folder, one below the other."""

    def __init__(self, folder: Path, argument: str) -> None:
        self.name, self._argument = folder.name, argument
        self._paths = [self._inside(folder, name) for name in _names(folder, argument)]
        self._tables = [self._mapped(path) for path in self._paths]
        self._sizes = [path.stat().st_size for path in self._paths]
        self.schema = self._tables[0].schema
        for path, table in zip(self._paths, self._tables, strict=True):
            if table.schema.names != self.schema.names:
                raise InputError(argument, f"{path} has other columns than {self._paths[0].name}")
        self.ends = [0, *accumulate(table.num_rows for table in self._tables)]
        self.rows = self.ends[-1]

    def _inside(self, folder: Path, name: str) -> Path:
        path = folder / name
        if Path(name).name != name:
            raise InputError(self._argument, f"{folder / SAVED} names {name!r}, outside its folder")
        if not regular(path, self._argument).is_file():
            raise InputError(self._argument, f"{path} does not exist; {SAVED} names it")
        return path

    def _mapped(self, path: Path) -> Any:
        with reading(path, self._argument):
            with path.open("rb") as file:
                file.seek(-len(END), 2)
                if file.read() != END:
                    raise ValueError("it is cut before its end")
            return pa.ipc.open_stream(pa.memory_map(str(path))).read_all()

    def read(self, start: int, stop: int, names: list[str]) -> Any:
        """Read some columns of a range of rows as a table."""
        found: list[Any] = []
        for place in range(max(bisect_right(self.ends, start) - 1, 0), len(self._tables)):
            low = self.ends[place]
            if low >= stop and found:
                break
            with reading(self._paths[place], self._argument):
                unchanged(self._paths[place], self._sizes[place])
            rows = self._tables[place].select(names)
            first = max(start - low, 0)
            found.append(rows.slice(first, max(stop - low - first, 0)))
        return pa.concat_tables(found) if found else self._tables[0].select(names).slice(0, 0)


def _names(folder: Path, argument: str) -> list[str]:
    """List the files of a saved dataset."""
    damaged = f"{folder} is damaged: {SAVED} names no files"
    state = read_json(folder / SAVED, argument)
    if state.get("_indices_data_files"):
        raise InputError(argument, f"{folder} holds chosen rows; save it by a newer datasets")
    files: Any = state.get("_data_files")
    if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
        raise InputError(argument, damaged)
    names = [one.get("filename") for one in files]
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(argument, damaged)
    return names
