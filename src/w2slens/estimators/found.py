"""What is found out of a fit when somebody asks, and what of it is saved."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from w2slens._core.threads import one_thread
from w2slens.advise.fitting import Trained
from w2slens.advise.student import Student
from w2slens.estimators.teaching import Teaching
from w2slens.forecasting.forecast import Forecast, forecast_pair, refuse_few
from w2slens.measure.intrinsic import Dimensions
from w2slens.measure.one_pass import dimensions


@dataclass(frozen=True, eq=False)
class Found:
    """What is known as long as the rows are.

    Attributes
    ----------
    teaching
        The rows.
    trained
        The student; None where it is not of this library.
    """

    teaching: Teaching
    trained: Trained | None

    @one_thread
    def of(self, name: str) -> Any:
        """Find out about ``"student"``, ``"dimensions"`` or ``"forecast"``."""
        return getattr(self, name)

    @cached_property
    def student(self) -> Student | None:
        """The student, and what it and its rivals are expected to err by."""
        if self.trained is None:
            return None
        return self.trained.taken_home(facts={"scores": list(self.teaching.scores)})

    @cached_property
    def dimensions(self) -> Dimensions:
        """Intrinsic dimensions of both sides over the pool, and their overlap."""
        rows = self.teaching.rows
        return dimensions(rows.weak[rows.n :], rows.strong[rows.n :])

    @cached_property
    def forecast(self) -> Forecast:
        """What the closed forms are expected to err by, with PGR and OPR."""
        rows = self.teaching.rows
        refuse_few(rows.n)
        return forecast_pair(rows.pair, rows.pair.pool.moments.count, *self.teaching.ridges)

    @property
    def asked(self) -> dict[str, Any]:
        """What has been asked for."""
        names = ("student", "dimensions", "forecast")
        return {name: vars(self)[name] for name in names if name in vars(self)}

    def saved(self) -> "Saved":
        """Leave the rows behind, but for what the student needs to say what it is worth."""
        return Saved({"student": self.student, **self.asked})


@dataclass(frozen=True, eq=False)
class Saved:
    """What was known when the rows were left behind."""

    asked: dict[str, Any]

    def of(self, name: str) -> Any:
        """Look it up."""
        if name not in self.asked:
            raise AttributeError(
                f"{name}_ was not asked for before the estimator was saved, and the rows that it "
                "is made of are not saved"
            )
        return self.asked[name]

    def saved(self) -> "Saved":
        """Stay as it is."""
        return self
