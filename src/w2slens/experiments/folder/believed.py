"""What the files of a result must say before they are believed: anyone may have edited them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.experiments.curves import AXES, curves_of
from w2slens.experiments.network_settings import NETWORK_OPTIONS, SHARED, NetworkSettings
from w2slens.experiments.settings import OPTIONS, Settings
from w2slens.models.risks import MODELS, SCALES

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 1e100
"""No risk, ridge or score of a run is larger; sums of squares of such numbers still are finite."""

DAMAGE = (
    *(LookupError, ValueError, TypeError, AttributeError, StopIteration),
    *(ArithmeticError, RecursionError, MemoryError, RuntimeWarning),
)
"""What reading a file raises in which any value may be any other."""

CELL = ("n", "N", "trial")


@contextmanager
def believing(argument: str, problem: str) -> Iterator[None]:
    """Refuse a result with one reason for whatever reading it raises inside the block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)  # of numbers that no run can have
            yield
    except DAMAGE:
        raise InputError(argument, problem) from None


def check_config(config: Any) -> Settings:
    """Read the settings of a run out of its configuration; `InputError` where it is none of ours.

    Every setting must be written as runs write it.
    """
    if not isinstance(config, dict):
        raise InputError("config", "is no list of settings")
    settings = _settings(config)
    for name, value in settings.to_dict().items():
        if name in config and (config[name] != value or isinstance(config[name], bool)):
            raise InputError(name, f"is {config[name]!r}; runs write {value!r}")
    check.whole(config.get("trials"), "trials")
    check.whole(config.get("outputs"), "outputs")
    check.choice(config.get("scale"), "scale", SCALES)
    drawn = config.get("drawn", {})
    teachers = config.get("teachers")
    if not isinstance(teachers, list) or not isinstance(drawn, dict):
        raise InputError("config", "does not say what the rows are")
    words = (*teachers, *(config.get(name, "") for name in ("title", "recipe", "command")))
    for word in (*words, drawn.get("law", "")):
        if not isinstance(word, str):
            raise InputError("config", f"holds {word!r}; text is needed")
    return settings


def _settings(config: dict[str, Any]) -> Settings:
    """Read the settings of probes, or those of networks."""
    if "adapt" not in config:
        return Settings(**{name: config[name] for name in OPTIONS if name in config})
    names = [*SHARED, *NETWORK_OPTIONS]
    return NetworkSettings(**{name: config[name] for name in names if name in config})


def check_trials(
    table: pd.DataFrame, settings: Settings, teachers: Sequence[str], trials: Sequence[int]
) -> None:
    """Refuse a table that does not hold each cell of these trials once, in numbers."""
    lacking = {*AXES, *CELL, *MODELS, "constant"} - {*table.columns}
    if lacking:
        raise InputError("table", f"lacks the column {min(lacking)!r}")
    numbers = table.drop(columns="teacher").to_numpy(np.float64)
    if (np.abs(numbers) > LARGEST).any():
        raise InputError("table", f"holds numbers beyond {LARGEST:g}")
    curves = settings.curves(teachers)
    lists = zip(CELL, (settings.n, settings.N, trials), strict=True)
    same = all(set(table[name]) == set(values) for name, values in lists)
    cells = len(curves) * len(settings.n) * len(settings.N) * len(trials)
    once = len(table) == cells and not table.duplicated([*AXES, *CELL]).any()
    if not same or not once or set(curves_of(table)) != set(curves):
        raise InputError("table", "does not hold every cell of the run once")


def check_cells(document: dict[str, Any], settings: Settings) -> None:
    """Refuse the document of a curve whose cells are not those of the run."""
    found = [(cell["n"], cell["N"]) for cell in document["cells"]]
    if found != [(n, N) for n in settings.n for N in settings.N]:
        raise InputError("cells", "are not those of the run")
    check.choice(document["scale"], "scale", SCALES)
