"""What `transfer` and `sweep` return: a tidy table of trials and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from w2slens._core.errors import InputError
from w2slens._core.format import corners, some
from w2slens._core.types import Array, Ridge
from w2slens._core.verbs import Verb
from w2slens.experiments.curves import Curve, as_ridge, curves_of
from w2slens.experiments.display import risks_table
from w2slens.experiments.document import curve_document, describe
from w2slens.experiments.oracle import Oracle
from w2slens.experiments.table import models_in, students_in, summarise
from w2slens.experiments.verdict import Verdict, verdict
from w2slens.measure.intrinsic import Dimensions
from w2slens.models.metrics import METRICS
from w2slens.models.risks import Risks, Scale
from w2slens.theory.bounds import Bounds
from w2slens.theory.population import Population

VERBS = "w2slens.report.verbs"
"""Where drawing and writing live."""


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
        of each model, ``accuracy_*`` for classification, ``raw_*`` where the scale is excess. A
        ridge that was to be chosen is nan among those asked for.
    config
        Everything that replays the run.
    oracle
        Where dimensions and predictions come from; asked on demand.
    """

    table: pd.DataFrame
    config: dict[str, Any]
    oracle: Oracle

    plot = Verb(VERBS, "Draw the results, on Axes that are given or as a new figure.")
    report = Verb(VERBS, "Write the results as one self-contained HTML page.")
    save = Verb(VERBS, "Keep the results as a folder that `w2slens.load_results` reads back.")

    @property
    def scale(self) -> Scale:
        """``"excess"`` where f* was given, else ``"raw"``."""
        scale: Scale = self.config["scale"]
        return scale

    @cached_property
    def settings(self) -> list[Curve]:
        """The curves that the table holds, in its order."""
        return curves_of(self.table)

    @property
    def setting(self) -> Curve:
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
    ) -> Results:
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
        ridges = (None if λ is None else as_ridge(λ) for λ in (ridge_weak, ridge_strong))
        asked = (teacher, noise, *ridges)
        kept = [
            curve
            for curve in self.settings
            if all(want in (None, have) for want, have in zip(asked, curve, strict=True))
        ]
        if not kept:
            raise InputError(
                "select", f"finds no such curve; there are {', '.join(map(str, self.settings))}"
            )
        rows = pd.concat([curve.rows_of(self.table) for curve in kept]).sort_index()
        return replace(self, table=rows.reset_index(drop=True))

    def curves(self) -> list[Results]:
        """Return the results of each curve by itself."""
        return [self] if len(self.settings) == 1 else self._curves

    @cached_property
    def _curves(self) -> list[Results]:
        return [self.select(**setting._asdict()) for setting in self.settings]

    @cached_property
    def dimensions(self) -> Dimensions:
        """Intrinsic dimensions and overlap of teacher and student, over all rows."""
        return self.oracle.dimensions(self._teacher)

    @cached_property
    def predicted(self) -> Risks:
        """Prediction of the four risks, from the population or the moments of all rows."""
        return self.oracle.predicted(self.setting, self.table)

    @cached_property
    def predicted_students(self) -> dict[str, Array]:
        """Name → (len(n), len(N)) predicted risks of further students; nan where unknown."""
        return self.oracle.students(self.setting, students_in(self.table))

    @property
    def population(self) -> Population:
        """The population, known from all rows and labels: what `predict` and `plan` take.

        Noise that a sweep adds to the labels is left out.
        """
        return Population(self.oracle.problem(self._teacher), self.scale)

    @property
    def _teacher(self) -> str:
        teachers = {setting.teacher for setting in self.settings}
        return teachers.pop() if len(teachers) == 1 else self.setting.teacher

    @cached_property
    def bounds(self) -> Bounds | None:
        """The bounds of the paper's authors, where the population is known."""
        return self.oracle.bounds(self.setting)

    @cached_property
    def verdict(self) -> Verdict:
        """What to do."""
        metric = self.config.get("metric", METRICS[0])
        return verdict(self.table, *self.oracle.ranks(self.setting.teacher), metric)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a cell: means and standard errors (``*_se``) over trials, PGR, OPR, flags.

        ``peak`` names the sides whose untuned fit is inflated near n ≈ d; a PGR or OPR from there
        says little. ``pgr_mean_of_ratios`` and ``opr_mean_of_ratios`` are what published code
        reports.
        """
        ranks = {curve.teacher: self.oracle.ranks(curve.teacher) for curve in self.settings}
        return summarise(self.table, ranks)

    @property
    def head(self) -> dict[str, Any]:
        """The row of the summary that the verdict is about: the largest cell without a peak."""
        rows = self.setting.rows_of(self.summary)
        ordered = rows.sort_values(["n", "N"])
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
        parts, models = [], models_in(self.table)
        for curve in self.curves():
            cells = [describe(row, models) for row in curve.summary.to_dict("records")]
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
            return {**self._document, "config": self.config}
        curves = [{"setting": part.setting._asdict(), **part._document} for part in self.curves()]
        return {"curves": curves, "config": self.config}

    @cached_property
    def _document(self) -> dict[str, Any]:
        dimensions = self.dimensions  # first: what it takes from the rows serves the others too
        return curve_document(
            self.summary,
            models_in(self.table),
            dimensions,
            self.predicted,
            self.predicted_students,
            self.bounds,
            self.scale,
            self.verdict,
        )
