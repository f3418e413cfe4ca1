"""Candidate teachers and their ranking: what is known of each, and what that says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from w2slens._core.format import fixed, number, span
from w2slens._core.json import as_float
from w2slens._core.table import Column, Number, Row, Shown, Table
from w2slens.models.metrics import METRICS, NAMES

AGREED = 0.01  # share of a risk by which a teacher in company and alone may differ without a word
TIE = 0.005  # marks of teachers, and PGR, that differ by less are not worth a word


@dataclass(frozen=True)
class Candidate:
    """One teacher, as forecast for the student.

    Attributes
    ----------
    name
        As it was given.
    risk
        Forecast raw risk of the student that it teaches.
    interval
        90%.
    alone
        The same risk as `forecast` gives it for the pair alone. Beside other teachers it moves
        towards what theory says of all of them: their errors share the noise of the labels.
    teacher_risk
        Forecast raw risk of the teacher itself.
    pgr, opr
        Forecasts for the pair alone, the other teachers not looked at; nan where undefined.
    d_w, d_s, d_sw
        Dimensions on the pool, the overlap debiased; nan where the pool has too few rows for it.
    teacher_loo
        The teacher's leave-one-out accuracy, for regression R².
    scores
        Without labels: ``strong_only`` (d_s − d_sw), and ``norm`` and ``energy`` of P_s(I − P_w)
        (its operator norm and squared Frobenius norm; arXiv 2502.00620).
    posterior
        Forecast raw risk of the student that these labels and this teacher make together, as
        `w2slens.train` makes it; None where it was not asked for.
    apart
        Whether these labels tell it apart from the best; False for the best itself.
    mark, mark_error
        The student's accuracy or AUROC by leave-one-out and its standard error, where teachers are
        ordered by that; else None.
    """

    name: str
    risk: float
    interval: tuple[float, float]
    alone: float
    teacher_risk: float
    pgr: float
    opr: float
    d_w: int
    d_s: int
    d_sw: float
    teacher_loo: float
    scores: dict[str, float]
    apart: bool = False
    posterior: float | None = None
    mark: float | None = None
    mark_error: float | None = None

    @property
    def overlap_share(self) -> float:
        """``d_sw/d_w``: the share of the teacher's variance that the student inherits."""
        return self.d_sw / self.d_w

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Candidate":
        """Read what `to_dict` wrote; null is nan."""
        given = {name: saved[name] for name in cls.__match_args__ if name in saved}
        given.setdefault("alone", given["risk"])
        low, high = (as_float(end) for end in given["interval"])
        for name in ("risk", "alone", "teacher_risk", "pgr", "opr", "d_sw", "teacher_loo"):
            given[name] = as_float(given[name])
        return cls(**{**given, "interval": (low, high)})

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as JSON types."""
        more = {"interval": list(self.interval), "overlap_share": self.overlap_share}
        return asdict(self) | more


@dataclass(frozen=True, repr=False)
class Ranking(Shown):
    """Candidate teachers of one student, best first.

    Attributes
    ----------
    teachers
        Best first.
    n, N
        Labels and pseudo-labels.
    measure
        What ``teacher_loo`` is: ``"accuracy"`` or ``"R²"``.
    metric
        What the order is by: ``"risk"``, or ``"accuracy"`` or ``"auroc"`` by leave-one-out.
    """

    teachers: tuple[Candidate, ...]
    n: int
    N: int
    measure: str
    metric: str = METRICS[0]

    @property
    def best(self) -> Candidate:
        """The teacher of least forecast W2S risk."""
        return self.teachers[0]

    @property
    def reason(self) -> str:
        """What the ranking says, in words."""
        best, rest = self.best, self.teachers[1:]
        sizes = f"{self.n:,} labels and {self.N:,} pseudo-labels"
        gain = best.pgr > TIE and best.opr >= 1
        head = "Label with" if gain else "Best of these teachers:"
        lines = [f"{head} {best.name}, {self._standing} with {sizes}."]
        if best.opr < 1:
            lines.append(
                f"But the strong model on the {self.n:,} labels alone is forecast to do better "
                f"(OPR {fixed(best.opr)}): train it on the labels."
            )
        elif not gain:
            lines.append("But no gain over the teacher itself is forecast.")
        known = [one for one in self.teachers if one.posterior is not None]
        if known:
            first = min(known, key=lambda one: one.posterior or 0.0)
            lines.append(
                "The student that learns from these labels too (posterior) is forecast best with "
                f"{first.name}: risk {number(first.posterior)}."
            )
        close = [teacher.name for teacher in rest if not teacher.apart]
        if close:
            lines.append(f"These labels do not tell it apart from {', '.join(close)}.")
        top = max(self.teachers, key=lambda teacher: teacher.teacher_loo)
        if top.teacher_loo > best.teacher_loo + TIE:
            lines.append(
                f"The best teacher on its own is {top.name} ({self.measure} "
                f"{fixed(top.teacher_loo, 3)} against {fixed(best.teacher_loo, 3)})."
            )
            if top.overlap_share > best.overlap_share:
                lines.append(
                    f"But the student would share {top.overlap_share:.0%} of its noise, and "
                    f"{best.overlap_share:.0%} of that of {best.name}."
                )
        return " ".join(lines)

    @property
    def _standing(self) -> str:
        """What the best teacher's student is best by."""
        best = self.best
        if best.mark is None:
            return f"forecast W2S risk {number(best.risk)}"
        name = NAMES[self.metric]
        return (
            f"whose student has {name} {best.mark:.3f} ± {best.mark_error:.3f} by leave-one-out "
            f"(theory does not predict {name}; forecast risk {number(best.risk)})"
        )

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Ranking":
        """Read what `to_dict` wrote."""
        teachers = tuple(Candidate.from_dict(teacher) for teacher in saved["teachers"])
        metric = saved.get("metric", METRICS[0])
        return cls(teachers, int(saved["n"]), int(saved["N"]), saved["measure"], metric)

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as JSON types."""
        return {
            "teachers": [teacher.to_dict() for teacher in self.teachers],
            "n": self.n,
            "N": self.N,
            "kind": "forecast",
            "scale": "raw",
            "measure": self.measure,
            "metric": self.metric,
            "reason": self.reason,
        }

    def table(self) -> Table:
        """Return the teachers, best first, as a table."""
        marked = self.metric != METRICS[0]  # in place of a score without labels
        last = NAMES[self.metric] if marked else "‖·‖"
        numbers = ("W2S", "90%", "posterior", "PGR", "OPR", "d_sw/d_w", last, "LOO")
        rows: tuple[Row, ...] = tuple(
            (
                teacher.name,
                number(teacher.risk),
                span(teacher.interval, "–"),
                "–" if teacher.posterior is None else number(teacher.posterior),
                *(Number(x, decimals=2) for x in (teacher.pgr, teacher.opr, teacher.overlap_share)),
                f"{teacher.mark:.3f}" if marked else number(teacher.scores["norm"]),
                Number(teacher.teacher_loo, decimals=2),
            )
            for teacher in self.teachers
        )
        return Table(
            (Column("teacher", words=True), *map(Column, numbers)),
            rows,
            f"Teachers, best first (forecast raw risks, n = {self.n:,}, N = {self.N:,})",
            f"{self._last}. LOO: the teacher's leave-one-out {self.measure}.{self._moved}",
        )

    @property
    def _last(self) -> str:
        if self.metric == METRICS[0]:
            return "‖·‖: norm of P_s(I − P_w), without labels"
        return f"{NAMES[self.metric]}: the student's, by leave-one-out"

    @property
    def _moved(self) -> str:
        """Say whose risk is another than a forecast of the pair alone, and why."""
        moved = [
            f"{teacher.name} {number(teacher.alone)}"
            for teacher in self.teachers
            if abs(teacher.risk - teacher.alone) > AGREED * abs(teacher.alone)
        ]
        if not moved:
            return ""
        return (
            " W2S is forecast for all teachers together, as they share the noise of the labels; "
            f"for the pair alone: {', '.join(moved)}."
        )

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return what it says, and the teachers."""
        return self.reason, (self.table(),)
