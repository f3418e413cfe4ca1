"""What `transfer` and `sweep` return: a tidy table of trials and what follows from it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from w2slens._core.errors import InputError
from w2slens._core.format import corners, some
from w2slens._core.types import Ridge
from w2slens.experiments.display import risks_table
from w2slens.experiments.document import as_cells, describe
from w2slens.experiments.oracle import Outlook
from w2slens.experiments.settings import Setting
from w2slens.experiments.table import summarise
from w2slens.experiments.verdict import Verdict, peaks, verdict
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.risks import Risks, Scale
from w2slens.theory.bounds import Bounds

AXES = ("teacher", "noise", "asked_ridge_weak", "asked_ridge_strong")
"""Columns that tell the curves of a sweep apart."""


@dataclass(frozen=True, eq=False)
class Results:
    """Measured risks over a grid of (n, N) and trials, beside their predictions.

    A sweep over several teachers, noise levels or ridges holds several curves; `select` and
    `curves` give them one by one, and what is said of one curve alone (dimensions, predictions,
    verdict) asks for that first.

    Attributes
    ----------
    table
        One row a cell and trial: ``n``, ``N``, ``trial``, ``teacher``, ``noise``, the ridges as
        they were asked for (``asked_ridge_weak``, ``asked_ridge_strong``), the risks ``weak``,
        ``w2s``, ``strong``, ``ceiling`` and ``constant`` (predicting the labels' mean), ``ridge_*``
        of each model, ``accuracy_*`` for classification, ``raw_*`` where the scale is excess.
    config
        Everything that replays the run.
    outlook
        Where dimensions and predictions come from; asked on demand.
    """

    table: pd.DataFrame
    config: dict[str, Any]
    outlook: Outlook

    @property
    def scale(self) -> Scale:
        """``"excess"`` where f* was given, else ``"raw"``."""
        scale: Scale = self.config["scale"]
        return scale

    @cached_property
    def settings(self) -> list[Setting]:
        """The curves that the table holds, in its order."""
        return settings_of(self.table)

    @property
    def setting(self) -> Setting:
        """The one curve of these results.

        Raises
        ------
        InputError
            If there are several.
        """
        if len(self.settings) > 1:
            raise InputError(
                "results",
                f"hold {len(self.settings)} curves; choose one with select(teacher=…, noise=…, "
                "ridge_weak=…, ridge_strong=…) or go through curves()",
            )
        return self.settings[0]

    def select(
        self,
        *,
        teacher: str | None = None,
        noise: float | None = None,
        ridge_weak: Ridge | None = None,
        ridge_strong: Ridge | None = None,
    ) -> "Results":
        """Keep the curves of a teacher, a noise level, or ridges as they were asked for.

        Parameters
        ----------
        teacher, noise, ridge_weak, ridge_strong
            What to keep; None keeps all.

        Returns
        -------
        Results

        Raises
        ------
        InputError
            If there is no such curve.
        """
        asked = Setting(
            teacher,  # type: ignore[arg-type]
            noise,  # type: ignore[arg-type]
            as_ridge(ridge_weak),
            as_ridge(ridge_strong),
        )
        kept = [
            setting
            for setting in self.settings
            if all(want in (None, have) for want, have in zip(asked, setting, strict=True))
        ]
        if not kept:
            raise InputError(
                "select", f"finds no such curve; there are {', '.join(map(str, self.settings))}"
            )
        keys = {tuple(map(str, setting)) for setting in kept}
        rows = [
            tuple(map(str, row)) in keys for row in self.table[list(AXES)].itertuples(index=False)
        ]
        return Results(self.table[rows].reset_index(drop=True), self.config, self.outlook)

    def curves(self) -> "list[Results]":
        """Return the results of each curve by itself."""
        return [self] if len(self.settings) == 1 else self._curves

    @cached_property
    def _curves(self) -> "list[Results]":
        return [self.select(**setting._asdict()) for setting in self.settings]

    @cached_property
    def dimensions(self) -> Dimensions:
        """Intrinsic dimensions and overlap of teacher and student, over all rows."""
        teachers = {setting.teacher for setting in self.settings}
        return self.outlook.dimensions(
            teachers.pop() if len(teachers) == 1 else self.setting.teacher
        )

    @cached_property
    def predicted(self) -> Risks:
        """Prediction of the four risks, from the population or the moments of all rows."""
        return self.outlook.predicted(self.setting, self.table)

    @cached_property
    def bounds(self) -> Bounds | None:
        """The bounds of the paper's authors, where the population is known."""
        return self.outlook.bounds(self.setting)

    @cached_property
    def verdict(self) -> Verdict:
        """What to do."""
        self.setting  # noqa: B018  # refuses several curves
        return verdict(self.table, self.dimensions.d_w, self.dimensions.d_s)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a cell: means and standard errors (``*_se``) over trials, PGR, OPR, flags.

        ``peak`` names the sides whose untuned fit is inflated near n ≈ d; a PGR or OPR from there
        says little. ``pgr_mean_of_ratios`` and ``opr_mean_of_ratios`` are what published code
        reports.
        """
        dims = {s.teacher: self.outlook.dimensions(s.teacher) for s in self.settings}
        rows = []
        for _, cell in self.table.groupby([*AXES, "n", "N"], sort=False):
            axes = {name: cell[name].iloc[0] for name in AXES}
            sides = dims[axes["teacher"]]
            peak = "+".join(peaks(cell, sides.d_w, sides.d_s))
            rows.append({**axes, **summarise(cell), "peak": peak})
        return pd.DataFrame(rows)

    @property
    def head(self) -> dict[str, Any]:
        """The row of the summary that the verdict is about: the largest cell without a peak."""
        self.setting  # noqa: B018  # refuses several curves
        ordered = self.summary.sort_values(["n", "N"])
        clean = ordered[ordered["peak"] == ""]
        row = (clean if len(clean) else ordered).iloc[-1]
        return {str(name): value for name, value in row.items()}

    def __repr__(self) -> str:
        """Say what is there, in one line."""
        n, N = sorted(set(self.table["n"])), sorted(set(self.table["N"]))
        sizes = f"n {n[0]:,} to {n[-1]:,}, N {N[0]:,} to {N[-1]:,}"
        count = len(self.settings)
        curves = "1 curve" if count == 1 else f"{count} curves"
        return f"<Results: {curves}, {sizes}, {self.config['trials']} trials, {self.scale} risks>"

    def _repr_html_(self) -> str:
        """Show the verdict and the measured risks in a notebook."""
        parts = []
        for curve in self.curves():
            cells = [describe(row) for row in curve.summary.to_dict("records")]
            shown = corners(cells, lambda cell: (cell["n"], cell["N"]))
            s = curve.setting
            what = f"{s.teacher}, noise {s.noise:g}, ridges {s.ridge_weak} and {s.ridge_strong}"
            title = f"{what}: {curve.verdict.action}. {curve.verdict.reason}{some(shown, cells)}"
            table = risks_table({"cells": shown, "scale": self.scale, "config": self.config})
            parts.append(table.titled(title).html())
        return "\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the table as JSON types; undefined numbers are nan.

        Several curves stand under ``curves``, each with its ``setting``.
        """
        if len(self.settings) == 1:
            return {**self._curve(), "config": self.config}
        curves = [{"setting": part.setting._asdict(), **part._curve()} for part in self.curves()]
        return {"curves": curves, "config": self.config}

    def _curve(self) -> dict[str, Any]:
        predicted = as_cells(self.predicted)
        known = self.bounds
        bounds = None if known is None else as_cells(known.risks, known.pgr, known.opr)
        cells = []
        for row in self.summary.to_dict("records"):
            at = (row["n"], row["N"])
            cells.append({**describe(row), "predicted": {"kind": "oracle", **predicted[at]}})
            if bounds is not None:
                cells[-1]["bounds"] = bounds[at]
        return {
            "dimensions": self.dimensions.to_dict(),
            "cells": cells,
            "scale": self.scale,
            "verdict": {"action": self.verdict.action, "reason": self.verdict.reason},
        }


def settings_of(table: pd.DataFrame) -> list[Setting]:
    """List the curves of a table of trials, in its order."""
    found = table[list(AXES)].drop_duplicates()
    return [
        Setting(str(t), float(noise), as_ridge(λ_w), as_ridge(λ_s))
        for t, noise, λ_w, λ_s in found.itertuples(index=False)
    ]


def as_ridge(value: Any) -> Any:
    """Read a ridge as the table writes it; None stays None."""
    if value is None or value == "auto":
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError("ridge", f"is {value!r}; a number or 'auto' is needed") from None
