"""Several runs side by side: their curves at one cell, and in what they were told differently."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from w2slens._core.errors import InputError
from w2slens._core.table import Column, Number, Row, Shown, Table
from w2slens.experiments.names import curve_name
from w2slens.experiments.results import Results
from w2slens.models.risks import MODEL_COLUMNS, MODELS, RATIO_COLUMNS

WORDS = ("title", "recipe", "version", "command")
"""What a run says of itself that changes none of its numbers, or says again what settings say."""

UNITS = ("scale", "task", "outputs")
"""What risks are risks of: where runs differ in these, one risk less another means nothing."""


@dataclass(frozen=True, eq=False)
class Line:
    """One curve of one run at the cell that is compared."""

    run: str
    curve: str
    values: Mapping[str, float]  # PGR, OPR and risks, with ``*_se``
    difference: float  # of the W2S risk from the first line's; nan where in other units
    difference_se: float
    paired: bool  # whether trial by trial, over the same rows


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Shown):
    """Runs compared at one (n, N)."""

    n: int
    N: int
    lines: tuple[Line, ...]
    told: Mapping[str, Mapping[str, Any]]  # setting → run → value, where they differ

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return what differs in words, and the tables."""
        head = (
            Column("run", words=True),
            *RATIO_COLUMNS,
            *MODEL_COLUMNS,
            Column("− first", "W2S − first"),
        )
        rows: list[Row] = []
        for line in self.lines:
            ratios = [Number(line.values[x], line.values[f"{x}_se"]) for x in ("pgr", "opr")]
            risks = [Number(line.values[x], line.values[f"{x}_se"]) for x in MODELS]
            name = f"{line.run}: {line.curve}" if line.curve else line.run
            rows.append((name, *ratios, *risks, Number(line.difference, line.difference_se)))
        tables = [Table(head, tuple(rows), f"Runs at n = {self.n:,}, N = {self.N:,}")]
        if self.told:
            names = [*next(iter(self.told.values()))]
            settings = tuple(
                (key, *(_written(values[name]) for name in names))
                for key, values in self.told.items()
            )
            columns = (Column("setting", words=True), *(Column(n, words=True) for n in names))
            tables.append(Table(columns, settings, "Told differently"))
        return " ".join(self._said()), tuple(tables)

    def _said(self) -> Iterator[str]:
        """Say how differences were taken, and why some were not."""
        taken = [line for line in self.lines[1:] if np.isfinite(line.difference)]
        if taken:
            paired = all(line.paired for line in taken)
            how = "trial by trial, over the same rows" if paired else "not all over the same rows"
            yield f"Differences of the W2S risk from the first are {how}."
        units = [key for key in UNITS if key in self.told]
        if units:
            yield (
                f"Where runs differ from the first in {' and '.join(units)}, their risks are not "
                "of one thing, and no difference is taken."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; undefined numbers are nan."""
        return {
            "n": self.n,
            "N": self.N,
            "runs": [{**vars(line), "values": dict(line.values)} for line in self.lines],
            "settings": {key: dict(values) for key, values in self.told.items()},
        }


def compare(
    runs: Mapping[str, Results], *, n: int | None = None, N: int | None = None
) -> Comparison:
    """Compare the curves of several runs at one cell.

    Parameters
    ----------
    runs
        Name → results, two at least.
    n, N
        The cell; default the largest that all have.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If there are fewer than two runs, or no cell that all have.

    Notes
    -----
    Where trials see the same rows, risks are compared trial by trial: the error of a difference is
    then often far below that of either risk. Runs that differ in scale, task or number of outputs
    have risks in different units: their differences are nan.
    """
    if len(runs) < 2:
        raise InputError("runs", "are fewer than two; name two runs or more")
    cell = _cell(runs, n, N)
    lines: list[Line] = []
    first: Results | None = None
    for name, results in runs.items():
        for place, curve in enumerate(results.curves()):
            first = first or curve
            label = curve_name(results, place) if len(results.settings) > 1 else ""
            lines.append(_line(name, label, cell, curve, first))
    return Comparison(*cell, tuple(lines), _differences(runs))


def _cell(runs: Mapping[str, Results], n: int | None, N: int | None) -> tuple[int, int]:
    """Find the largest cell that all have, of an n or N that was asked for."""
    cells = [
        set(map(tuple, run.table[["n", "N"]].drop_duplicates().to_numpy())) for run in runs.values()
    ]
    common = [
        (int(a), int(b)) for a, b in set.intersection(*cells) if n in (None, a) and N in (None, b)
    ]
    if not common:
        have = "; ".join(
            f"{name} has {', '.join(f'({a:,}, {b:,})' for a, b in sorted(own)[-3:])}"
            for name, own in zip(runs, cells, strict=True)
        )
        asked = " that is asked for" if (n, N) != (None, None) else ""
        raise InputError("runs", f"have no cell (n, N) in common{asked}: {have}")
    return max(common)


def _line(name: str, label: str, cell: tuple[int, int], curve: Results, first: Results) -> Line:
    (row,) = curve.summary[_at(curve.summary, cell)].to_dict("records")
    values = {
        key: float(row[key])
        for each in ("pgr", "opr", *MODELS)
        for key in (str(each), f"{each}_se")
    }
    if any(curve.config.get(key) != first.config.get(key) for key in UNITS):
        return Line(name, label, values, float("nan"), float("nan"), False)
    own, other = (_trials(each, cell) for each in (curve, first))
    both = own.index.intersection(other.index)
    # The risk of the labels' mean tells trials over the same rows from others.
    paired = len(both) > 0 and np.allclose(
        own["constant"][both], other["constant"][both], rtol=1e-9, atol=0
    )
    if paired:
        gaps = own["w2s"][both] - other["w2s"][both]
        return Line(name, label, values, float(gaps.mean()), float(gaps.sem()), True)
    gap = own["w2s"].mean() - other["w2s"].mean()
    error = np.hypot(own["w2s"].sem(), other["w2s"].sem())
    return Line(name, label, values, float(gap), float(error), False)


def _at(table: Any, cell: tuple[int, int]) -> Any:
    return (table["n"] == cell[0]) & (table["N"] == cell[1])


def _trials(curve: Results, cell: tuple[int, int]) -> Any:
    """Take the trials of a cell."""
    return curve.table[_at(curve.table, cell)].set_index("trial")


def _differences(runs: Mapping[str, Results]) -> dict[str, dict[str, Any]]:
    """Collect the settings in which runs differ."""
    configs = {name: run.config for name, run in runs.items()}
    keys = dict.fromkeys(key for config in configs.values() for key in config if key not in WORDS)
    found = {}
    for key in keys:
        values = {name: config.get(key) for name, config in configs.items()}
        if any(value != next(iter(values.values())) for value in values.values()):
            found[key] = values
    return found


def _written(value: Any) -> str:
    """Write a value of a setting in a few words."""
    if isinstance(value, dict):
        return f"{len(value)} entries"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_written, value)) if len(value) < 6 else f"{len(value)} values"
    return "–" if value is None else str(value)
