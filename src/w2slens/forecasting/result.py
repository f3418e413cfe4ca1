"""A forecast as it is handed back: risks with intervals, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, get_args

import numpy as np

from w2slens._core import check
from w2slens._core.format import fixed
from w2slens._core.table import Shown, Table
from w2slens.forecasting.display import VERY_LABELS, forecast_table, students_table
from w2slens.forecasting.sample import Losses
from w2slens.forecasting.students import Expected, as_json
from w2slens.models.metrics import NAMES, HeldOut
from w2slens.models.risks import MODELS, Models, Risks
from w2slens.theory import Problem
from w2slens.theory.equivalent import MeanRisks
from w2slens.theory.population import Population

FEW_LABELS = 30  # with fewer the standard errors of leave-one-out, hence intervals, mean little
UNDECIDED = 1.0  # an interval of PGR wider than this says nothing
Forecasted = Literal["pgr", "opr", "weak", "w2s", "strong", "ceiling"]
WHAT = get_args(Forecasted)

APART = 1.645  # standard errors of a paired difference that tell two marks apart
MARKED = {"weak": "the teacher", "w2s": "the W2S student", "strong": "the strong model on labels"}


@dataclass(frozen=True, eq=False, repr=False)
class Forecast(Shown):
    """Expected risks of the four models at given n and N, with intervals.

    Attributes
    ----------
    risks
        (1, 1) raw risks: mean squared errors against the labels.
    intervals
        Name → 90% interval of each risk, of PGR and of OPR.
    ridges
        λ of the teacher, the student and the baseline.
    losses
        Leave-one-out losses of the three on the labeled rows.
    inflation
        Raw risks over the noise of the labels, as theory has them without bias.
    overlap_known
        Whether the pool has rows enough, more than d_w + d_s + 1, to tell overlap from chance.
    pool
        Rows without labels.
    likely
        What makes the `Problem` that the labels and the pool make likely, asked on demand.
    taught
        What forecasts the students that these labels and the whole pool make: those named, or all.
    measured
        Accuracy or AUROC by leave-one-out, where a decision by them was asked for.
    """

    risks: Risks
    intervals: dict[str, tuple[float, float]]
    ridges: dict[str, float]
    losses: Losses
    inflation: Models[float]
    overlap_known: bool
    pool: int
    likely: Callable[[], Problem]
    taught: Callable[[Sequence[str] | None], dict[str, Expected]]
    measured: HeldOut | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Travel without the rows that it was made of, with what follows from them."""
        known = {
            "likely": partial(_known, self.likely()),
            "taught": partial(_picked, self.students),
        }
        return {**vars(self), **known}

    @property
    def pgr(self) -> float:
        """Forecast of PGR; nan where no gap is to be seen."""
        return float(self.risks.quiet_ratios()[0][0, 0])

    @property
    def opr(self) -> float:
        """Forecast of OPR."""
        return float(self.risks.quiet_ratios()[1][0, 0])

    @cached_property
    def population(self) -> Population:
        """The population that the labels make likely: what `predict` and `plan` take.

        Its risks at the forecast's own n, N and ridges are the forecast's.
        """
        problem, (n,), (N,) = self.likely(), self.risks.n, self.risks.N
        ceiling = self.ridges["strong"] * n / (n + N)
        ridges = {name: np.array([λ]) for name, λ in {**self.ridges, "ceiling": ceiling}.items()}
        theory = MeanRisks(problem)(n, N, ridges)
        factors = (float(getattr(self.risks, name)[0, 0]) / theory[name] for name in MODELS)
        known = (factor if np.isfinite(factor) else 1.0 for factor in factors)
        return Population(problem, "raw", Models(*known), n, self.pool)

    @cached_property
    def students(self) -> dict[str, Expected]:
        """Name → raw risk on new rows, and its 90% interval, of every student there is.

        Of the students that these very labels and the whole pool make, as `w2slens.train` makes
        them; the risks of the pair are what such students have on average over draws of labels.
        """
        return self.taught(None)

    def interval(self, name: Forecasted) -> tuple[float, float]:
        """90% interval of ``"pgr"``, ``"opr"``, or the risk of a model.

        That of PGR is without ends where the labels leave open whether there is a gap.
        """
        check.choice(name, "name", WHAT)
        return self.intervals[name]

    @property
    def decided(self) -> bool:
        """Whether the labels suffice to say something of PGR."""
        low, high = self.interval("pgr")
        enough = self.risks.n[0] >= FEW_LABELS and self.overlap_known
        return bool(enough and np.isfinite(self.pgr) and high - low < UNDECIDED)

    @property
    def statement(self) -> str:
        """What the forecast says, in a sentence."""
        n, N = self.risks.n[0], self.risks.N[0]
        below, above = self.interval("opr")
        if below > 1:
            rival = "W2S beats the strong model on the labels"
        elif above < 1:
            rival = "the strong model on the labels beats W2S"
        else:
            rival = "W2S and the strong model on the labels are too close to call"
        more = "" if self.decided else " Label more, or measure on a held-out set."
        if not self.overlap_known:
            more = " The pool has too few rows to tell the overlap of the features from chance."
        ratio = f"OPR {fixed(self.opr)} ({fixed(below)} to {fixed(above)})"
        return (
            f"With {n:,} labels and {N:,} pseudo-labels, {self._said_of_pgr}, and {ratio}: "
            f"{rival}.{more}{self._said_of_marks}"
        )

    @property
    def _said_of_marks(self) -> str:
        """What leave-one-out says where theory is silent."""
        held = self.measured
        if held is None:
            return ""
        said = ", ".join(f"{MARKED[name]} {fixed(value, 3)}" for name, value in held.marks.items())
        best = max(held.marks, key=lambda name: held.marks[name])
        close = [
            MARKED[name]
            for name, value in held.marks.items()
            if name != best and held.marks[best] - value < APART * held.error(best, name)
        ]
        who = f"{MARKED[best]} is best"
        if close:
            who = f"{MARKED[best]} leads, but these labels do not tell it from {' or '.join(close)}"
        return (
            f" By {NAMES[held.metric]}, which theory does not predict, leave-one-out on the labels "
            f"measures: {said}; {who}."
        )

    @property
    def _said_of_pgr(self) -> str:
        n = self.risks.n[0]
        low, high = self.interval("pgr")
        if not np.isfinite(self.pgr) or np.isinf(low):
            return (
                f"the gap between teacher and ceiling is lost in the noise of {n:,} labels, so "
                "that PGR is undefined"
            )
        if self.decided:
            return f"PGR {fixed(self.pgr)} ({fixed(low)} to {fixed(high)})"
        interval = f"{fixed(low)} to {fixed(high)}"
        return f"{n:,} labels are too few to tell PGR: its 90% interval is {interval}"

    def table(self) -> Table:
        """Return the forecast as a table: what, how much, and its 90% interval."""
        return forecast_table(self.to_dict())

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return what it says and its table."""
        students = students_table(as_json(self.students), note=VERY_LABELS)
        return self.statement, (self.table(), students)

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as JSON types."""
        return {
            **self.risks.to_dict(),
            "kind": "forecast",
            "interval": {name: list(self.interval(name)) for name in WHAT},
            "ridges": self.ridges,
            "statement": self.statement,
            "students": as_json(self.students),
            **({} if self.measured is None else {"measured": self.measured.to_dict()}),
        }


def _known(found: Problem) -> Problem:
    return found


def _picked(found: dict[str, Expected], names: Sequence[str] | None) -> dict[str, Expected]:
    return found if names is None else {name: found[name] for name in names}
