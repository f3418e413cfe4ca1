"""Results read back from the folder of a run or a sweep."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from w2slens._core.errors import InputError
from w2slens._core.inputs import LARGEST_DOCUMENT, read_bytes, read_json
from w2slens._core.json import as_float, to_json
from w2slens._core.types import Array
from w2slens.experiments.curves import Curve, curves_of
from w2slens.experiments.folder.believed import (
    believing,
    check_cells,
    check_config,
    check_trials,
)
from w2slens.experiments.folder.journal import check_format, read_table
from w2slens.experiments.folder.layout import CONFIG, MARKER, PAGE, PARTS, PROBLEM, TRIALS
from w2slens.experiments.oracle import Oracle
from w2slens.experiments.results import Results
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import MODELS, Risks
from w2slens.theory import Problem
from w2slens.theory.bounds import Bounds


def load_results(folder: str | Path) -> Results:
    """Read the result of `transfer`, `sweep` or `simulate` from its folder.

    Parameters
    ----------
    folder
        What ``--out`` or `out` named.

    Returns
    -------
    Results
        With the table, the dimensions and the predictions of then.

    Raises
    ------
    InputError
        If the folder holds no finished result, or one of another version or damaged.
    """
    return _loaded(Path(folder))


def _loaded(folder: Path, known: Oracle | None = None) -> Results:
    """Read a result; an oracle that knows its rows answers for the population."""
    document, table = read_document(folder), folder / TRIALS
    config = document.get("config")
    if not isinstance(config, dict):
        raise InputError("folder", f"{folder / MARKER} holds no run or sweep that w2slens wrote")
    content = read_bytes(table, "folder", most=LARGEST_DOCUMENT)
    with believing("folder", f"{folder} is damaged; run it again"):
        settings, trials = check_config(config), read_table(content)
        check_trials(trials, settings, config["teachers"], range(settings.trials))
        curves = document.get("curves", [document])
        for curve in curves:
            check_cells(curve, settings)
        stored = StoredOracle(folder, curves, curves_of(trials))
        results = Results(trials, config, Recalled(stored, known) if known else stored)
        for one in results.curves():
            one.to_dict()  # what is damaged else fails here
    return results


def read_document(folder: Path) -> dict[str, Any]:
    """Read the JSON of a finished result."""
    path = folder / MARKER
    if not folder.is_dir():
        raise InputError("folder", f"{folder} is not a folder; name that of a run or a sweep")
    if not path.is_file():
        begun = len(list((folder / PARTS).glob("trial-*.csv")))
        if (folder / CONFIG).is_file():
            raise InputError(
                "folder",
                f"{folder} holds a sweep that is not finished ({begun} trials are done); run the "
                "same sweep again to go on",
            )
        raise InputError("folder", f"{folder} holds no result ({MARKER} is missing)")
    other = "holds no run or sweep that w2slens wrote, nor another result"
    return check_format(read_json(path, "folder", other), path, "folder")


def recalled(
    folder: Path, trials: bytes, config: Mapping[str, Any], oracle: Oracle
) -> Results | None:
    """Return the finished result of a folder, if it is whole and of these trials.

    What it said then stands; the population is asked of an oracle that knows the rows.
    """
    try:
        document = read_document(folder)
        kept = {*document.get("files", [])} - {PAGE}  # the page can be drawn again
        if not all((folder / name).is_file() for name in kept):
            return None
        if (folder / TRIALS).read_bytes() != trials:
            return None
        found = _loaded(folder, oracle)
    except (OSError, InputError, TypeError):
        return None
    return found if found.config == json.loads(to_json(config)) else None


class StoredOracle:
    """The dimensions and predictions that a result's JSON holds, a document a curve."""

    def __init__(self, folder: Path, curves: list[dict[str, Any]], settings: list[Curve]) -> None:
        self._folder = folder
        self._curves = dict(zip(settings, curves, strict=True))

    def dimensions(self, teacher: str) -> Dimensions:
        """Read the dimensions."""
        found = next(c for s, c in self._curves.items() if s.teacher == teacher)
        return Dimensions.from_dict(found["dimensions"])

    def ranks(self, teacher: str) -> tuple[int, int]:
        """Read d_w and d_s."""
        found = self.dimensions(teacher)
        return found.d_w, found.d_s

    def predicted(self, curve: Curve, table: pd.DataFrame) -> Risks:
        """Read the predictions."""
        return self._risks(curve, "predicted", "stored")

    def students(self, curve: Curve, names: Sequence[str]) -> dict[str, Array]:
        """Read the predictions of further students."""
        return {name: self._grid(curve, "predicted", name) for name in names}

    def bounds(self, curve: Curve) -> Bounds | None:
        """Read the bounds, if there are any."""
        cells = self._curves[curve]["cells"]
        if "bounds" not in cells[0]:
            return None
        risks = self._risks(curve, "bounds", "bounds")
        pgr, opr = (
            np.array([as_float(cell["bounds"][name]) for cell in cells]).reshape(risks.weak.shape)
            for name in ("pgr", "opr")
        )
        return Bounds(risks, pgr, opr)

    def problem(self, teacher: str) -> Problem:
        """Read the population, which a result of one teacher keeps."""
        path = self._folder / PROBLEM
        if not path.is_file():
            raise InputError("folder", f"{self._folder} keeps no population ({PROBLEM} is missing)")
        return Problem.load(path)

    def _risks(self, curve: Curve, kind: str, method: str) -> Risks:
        n, N = self._sizes(curve)
        weak, w2s, strong, ceiling = (self._grid(curve, kind, name) for name in MODELS)
        scale = self._curves[curve]["scale"]
        return Risks(n, N, weak, w2s, strong, ceiling, scale, method=method)

    def _grid(self, curve: Curve, kind: str, name: str) -> Array:
        cells, sizes = self._curves[curve]["cells"], self._sizes(curve)
        values = [as_float(cell[kind]["risk"].get(name)) for cell in cells]
        return np.array(values).reshape(*map(len, sizes))

    def _sizes(self, curve: Curve) -> tuple[tuple[int, ...], tuple[int, ...]]:
        cells = self._curves[curve]["cells"]
        n, N = (tuple(dict.fromkeys(cell[size] for cell in cells)) for size in ("n", "N"))
        return n, N


class Recalled:
    """What a stored result said, and the population of the rows themselves."""

    def __init__(self, stored: Oracle, known: Oracle) -> None:
        self.ranks, self.dimensions = stored.ranks, stored.dimensions
        self.predicted, self.students = stored.predicted, stored.students
        self.bounds, self.problem = stored.bounds, known.problem
