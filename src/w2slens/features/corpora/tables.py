"""Tables with a row an example: TSV, CSV, Parquet or JSONL files, or what `datasets` saved."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from w2slens._core.errors import InputError, first_line
from w2slens._core.inputs import regular

READERS: dict[str, Callable[[Path], Any]] = {
    ".tsv": partial(pd.read_csv, sep="\t", quoting=csv.QUOTE_NONE, low_memory=False),
    ".csv": partial(pd.read_csv, low_memory=False),
    ".parquet": pd.read_parquet,
    ".jsonl": partial(pd.read_json, lines=True),
}


def read_table(path: Path, argument: str) -> Any:
    """Read a file as a data frame."""
    if path.suffix not in READERS:
        raise InputError(argument, f"{path} ends in {path.suffix!r}; {', '.join(READERS)} are read")
    try:
        return READERS[path.suffix](regular(path, argument))
    except InputError:
        raise
    except OSError as error:
        raise InputError(argument, f"{path} cannot be read ({error.strerror or error})") from None
    except Exception as error:
        raise InputError(argument, f"{path} cannot be read ({first_line(error)})") from None
