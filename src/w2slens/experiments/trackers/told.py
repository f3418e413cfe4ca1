"""What a tracker is told of a run: its settings, the numbers of its JSON, its files."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from w2slens._core.errors import InputError, MissingExtraError, first_line
from w2slens.experiments.folder.layout import kept
from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.experiments.trackers.mlflow import MLflow
from w2slens.experiments.trackers.tensorboard import TensorBoard
from w2slens.experiments.trackers.tracker import Tracker
from w2slens.experiments.trackers.wandb import WeightsAndBiases

TRACKERS: Mapping[str, Callable[..., Tracker]] = {
    "mlflow": MLflow,
    "wandb": WeightsAndBiases,
    "tensorboard": TensorBoard,
}
"""Trackers by name, each made of where it writes to."""

SIZES = ("n", "N", "trials")
"""What cells say of themselves that is no finding."""

Told = Callable[[Results, str | Path | None], None]
"""Takes the results, and the folder where they are."""


def named(text: str) -> Tracker:
    """Make the tracker of a text: its name, and after a colon where it writes to."""
    name, _, where = text.partition(":")
    if name not in TRACKERS:
        raise InputError(
            "tracker", f"is {text!r}; one of {', '.join(TRACKERS)} is needed, or NAME:WHERE"
        )
    return TRACKERS[name](*([where] if where else []))


@contextmanager
def tracked(tracker: Tracker | str | None, config: Mapping[str, Any]) -> Iterator[Told]:
    """Begin a tracker's run and end it; give what tells it of the results.

    Raises
    ------
    InputError
        If the tracker is not known or cannot begin.
    MissingExtraError
        If its package is not installed.
    """
    if tracker is None:
        yield lambda results, folder: None
        return
    try:
        with _quietly():
            listener = named(tracker) if isinstance(tracker, str) else tracker
            listener.begin(str(config.get("title", "w2slens")), config)
    except (InputError, MissingExtraError):
        raise
    except Exception as error:
        raise InputError("tracker", f"cannot begin a run ({first_line(error)})") from None
    failed = True
    try:
        yield lambda results, folder: _tell(listener, results, folder)
        failed = False
    finally:
        with _heard():
            listener.end(failed=failed)


@contextmanager
def _heard() -> Iterator[None]:
    """Warn where a tracker fails, so that results are not lost by it."""
    try:
        with _quietly():
            yield
    except Exception as error:
        warnings.warn(f"the tracker missed something: {first_line(error)}", stacklevel=2)


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what packages say of their own future."""
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        yield


def _tell(tracker: Tracker, results: Results, folder: str | Path | None) -> None:
    with _heard():
        for n, numbers in numbers_of(results).items():
            tracker.log(n, numbers)
        tracker.note(facts_of(results))
        if folder is not None:
            tracker.keep(kept(Path(folder)))


def numbers_of(results: Results) -> dict[int, dict[str, float]]:
    """Return n → name → number of every cell, in the order of n; undefined ones are left out."""
    found: dict[int, dict[str, float]] = {n: {} for n in sorted(set(results.table["n"]))}
    several = len(set(results.table["N"])) > 1
    for curve, part in _curves(results):
        for cell in part.to_dict()["cells"]:
            place = f"{curve}N {cell['N']}/" if several else curve
            told = {name: value for name, value in cell.items() if name not in SIZES}
            found[cell["n"]].update(_flat(told, place))
    return found


def facts_of(results: Results) -> dict[str, float | str]:
    """Return d_w, d_s and d_sw of every curve, and its verdict in words."""
    found: dict[str, float | str] = {}
    for curve, part in _curves(results):
        known, says = part.dimensions, part.verdict
        numbers = {"d_w": known.d_w, "d_s": known.d_s, "d_sw": known.d_sw}
        found |= _flat(numbers, curve)
        found |= {f"{curve}verdict": says.action, f"{curve}reason": says.reason}
    return found


def _curves(results: Results) -> Iterator[tuple[str, Results]]:
    """Go through the curves, with what begins the names of their numbers."""
    parts = results.curves()
    for place, part in enumerate(parts):
        yield f"{curve_name(results, place)}/" if len(parts) > 1 else "", part


def _flat(value: Any, name: str) -> dict[str, float]:
    """Name all finite numbers of nested dicts by their keys, joined by slashes."""
    if isinstance(value, Mapping):
        parts = [_flat(one, f"{name}{key}/") for key, one in value.items()]
        return {path: number for part in parts for path, number in part.items()}
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {name[:-1]: float(value)} if number and math.isfinite(value) else {}
