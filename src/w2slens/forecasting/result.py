"""A forecast as it is handed back: risks with intervals, and what they say."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens.forecasting.sample import Losses
from w2slens.models.risks import MODELS, Models, Risks

FEW_LABELS = 30  # with fewer the standard errors of leave-one-out, hence intervals, mean little
UNDECIDED = 1.0  # an interval of PGR wider than this says nothing
NAMES = ("pgr", "opr", *MODELS)


@dataclass(frozen=True, eq=False)
class Forecast:
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
    """

    risks: Risks
    intervals: dict[str, tuple[float, float]]
    ridges: dict[str, float]
    losses: Losses
    inflation: Models[float]
    overlap_known: bool = True

    @property
    def pgr(self) -> float:
        """Forecast of PGR; nan where no gap is to be seen."""
        return float(self.risks.quiet_ratios()[0][0, 0])

    @property
    def opr(self) -> float:
        """Forecast of OPR."""
        return float(self.risks.quiet_ratios()[1][0, 0])

    def interval(self, name: str) -> tuple[float, float]:
        """90% interval of ``"pgr"``, ``"opr"``, or the risk of a model.

        That of PGR is without ends where the labels leave open whether there is a gap.
        """
        check.choice(name, "name", NAMES)
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
        return (
            f"With {n:,} labels and {N:,} pseudo-labels, {self._said_of_pgr}, and OPR "
            f"{self.opr:.2f} ({below:.2f} to {above:.2f}): {rival}.{more}"
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
            return f"PGR {self.pgr:.2f} ({low:.2f} to {high:.2f})"
        return f"{n:,} labels are too few to tell PGR: its 90% interval is {low:.2f} to {high:.2f}"

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as JSON types."""
        return {
            **self.risks.to_dict(),
            "kind": "forecast",
            "interval": {name: list(self.interval(name)) for name in NAMES},
            "ridges": self.ridges,
            "statement": self.statement,
        }
