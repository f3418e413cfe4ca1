"""Which of several teachers to label with: forecast W2S risk, and what speaks for it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.format import number
from w2slens._core.table import Column, Number, Row, Table
from w2slens._core.types import Array, Ridge, Task
from w2slens.features.reading import Source, open_features
from w2slens.forecasting.forecast import Forecast, forecast_block, read_labels, read_pool
from w2slens.forecasting.label_free import strong_only
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.several_teachers import pooled_risks
from w2slens.measure.overlap import correlate
from w2slens.models.labeled import LabeledBlock

APART = 1.645
"""Standard errors of a paired difference by which a teacher is told apart from the best."""

MEASURES = {"regression": "R²", "classification": "accuracy"}
"""How a teacher is marked by leave-one-out."""

TIE = 0.005
"""Marks of teachers, and PGR, that differ by less are not worth a word."""

SAMPLING = 1e-3
"""Share of a risk that is the sampler's own error."""


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
    apart
        Whether these labels tell it apart from the best; False for the best itself.
    """

    name: str
    risk: float
    interval: tuple[float, float]
    teacher_risk: float
    pgr: float
    opr: float
    d_w: int
    d_s: int
    d_sw: float
    teacher_loo: float
    scores: dict[str, float]
    apart: bool = False

    @property
    def overlap_share(self) -> float:
        """``d_sw/d_w``: the share of the teacher's variance that the student inherits."""
        return self.d_sw / self.d_w

    def to_dict(self) -> dict[str, Any]:
        """Return the candidate as JSON types."""
        return {
            **asdict(self),
            "interval": list(self.interval),
            "overlap_share": self.overlap_share,
        }


@dataclass(frozen=True)
class Ranking:
    """Candidate teachers of one student, best first.

    Attributes
    ----------
    teachers
        Best first.
    n, N
        Labels and pseudo-labels.
    measure
        What ``teacher_loo`` is: ``"accuracy"`` or ``"R²"``.
    """

    teachers: tuple[Candidate, ...]
    n: int
    N: int
    measure: str

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
        lines = [f"{head} {best.name}, forecast W2S risk {number(best.risk)} with {sizes}."]
        if best.opr < 1:
            lines.append(
                f"But the strong model on the {self.n:,} labels alone is forecast to do better "
                f"(OPR {best.opr:.2f}): train it on the labels."
            )
        elif not gain:
            lines.append("But no gain over the teacher itself is forecast.")
        close = [teacher.name for teacher in rest if not teacher.apart]
        if close:
            lines.append(f"These labels do not tell it apart from {', '.join(close)}.")
        top = max(self.teachers, key=lambda teacher: teacher.teacher_loo)
        if top.teacher_loo > best.teacher_loo + TIE:
            lines.append(
                f"The best teacher on its own is {top.name} ({self.measure} "
                f"{top.teacher_loo:.3f} against {best.teacher_loo:.3f})."
            )
            if top.overlap_share > best.overlap_share:
                lines.append(
                    f"But the student would share {top.overlap_share:.0%} of its noise, and "
                    f"{best.overlap_share:.0%} of that of {best.name}."
                )
        return " ".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as JSON types."""
        return {
            "teachers": [teacher.to_dict() for teacher in self.teachers],
            "n": self.n,
            "N": self.N,
            "kind": "forecast",
            "scale": "raw",
            "measure": self.measure,
            "reason": self.reason,
        }

    def table(self) -> Table:
        """Return the teachers, best first, as a table."""
        numbers = ("W2S", "90%", "PGR", "OPR", "d_sw/d_w", "d_s−d_sw", "‖·‖", "LOO")
        rows: tuple[Row, ...] = tuple(
            (
                teacher.name,
                number(teacher.risk),
                "–".join(map(number, teacher.interval)),
                *(Number(x, decimals=2) for x in (teacher.pgr, teacher.opr, teacher.overlap_share)),
                number(teacher.scores["strong_only"]),
                number(teacher.scores["norm"]),
                Number(teacher.teacher_loo, decimals=2),
            )
            for teacher in self.teachers
        )
        return Table(
            (Column("teacher", words=True), *map(Column, numbers)),
            rows,
            f"Teachers, best first (forecast raw risks, n = {self.n:,}, N = {self.N:,})",
            "‖·‖: norm of P_s(I − P_w), without labels. LOO: the teacher's leave-one-out "
            f"{self.measure}.",
        )

    def _repr_html_(self) -> str:
        """Show the teachers in a notebook."""
        return self.table().titled(self.reason).html()


def rank_teachers(
    teachers: "Mapping[str, ArrayLike | str | Path | Source]",
    strong: "ArrayLike | str | Path | Source",
    y: ArrayLike | str | Path,
    *,
    N: int | None = None,
    ridge_weak: Ridge = "auto",
    ridge_strong: Ridge = "auto",
    task: Task = "regression",
    progress: Callable[[int, int], None] | None = None,
) -> Ranking:
    """Order candidate teachers of one student by forecast W2S risk.

    Gains are forecast for each teacher (`forecast`); the risks, which share their labels, are told
    apart together: most of the noise of leave-one-out is common to all teachers.

    Parameters
    ----------
    teachers
        Name → (rows, p) features of the same examples, as arrays or paths.
    strong
        (rows, p_s) the student's features.
    y
        (n,) or (n, outputs) labels, or classes, of the first n rows; the others are the pool.
    N
        Number of pseudo-labels; default the whole pool.
    ridge_weak, ridge_strong
        λ, or ``"auto"``: chosen by leave-one-out on the labels.
    task
        As in `transfer`.
    progress
        Called with the numbers of teachers done and in all.

    Returns
    -------
    Ranking

    Raises
    ------
    InputError
        If there is no teacher, or an input is malformed as in `forecast`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((3000, 60))
    >>> y = x[:200, :3].sum(axis=1) + rng.standard_normal(200)
    >>> found = rank_teachers(
    ...     {"inside": x[:, :20], "across": x[:, np.r_[:3, 43:60]]},
    ...     x[:, :40],
    ...     y,
    ...     ridge_weak=0,
    ...     ridge_strong=0,
    ... )
    >>> found.best.name
    'across'
    """
    if not isinstance(teachers, Mapping) or not all(isinstance(name, str) for name in teachers):
        raise InputError("teachers", "are to be given as {name: features}")
    if not teachers:
        raise InputError("teachers", "are missing; at least one is needed")
    targets = read_labels(y, task)
    right = open_features(strong, "strong").read()
    asked = check.ridge(ridge_weak, "ridge_weak"), check.ridge(ridge_strong, "ridge_strong")
    found: list[tuple[Forecast, Candidate]] = []
    for name, features in teachers.items():
        try:
            block, pool = read_pool(open_features(features, "weak").read(), right, targets)
        except InputError as error:
            if error.argument != "weak":
                raise
            raise InputError("weak", f"({name}) {error.problem}") from None
        size = pool.moments.count if N is None else check.whole(N, "N", least=2)
        forecast = forecast_block(block, pool, size, *asked)
        found.append((forecast, _candidate(name, forecast, block, pool, task)))
        if progress is not None:
            progress(len(found), len(teachers))
    return Ranking(_ranked(found), len(targets), size, MEASURES[task])


def _candidate(
    name: str, found: Forecast, block: LabeledBlock, pool: Unlabeled, task: Task
) -> Candidate:
    """Describe a teacher on its own."""
    moments, risks = pool.moments, found.risks
    overlap = correlate([], moments)
    dims = [moments.spectrum(side).rank for side in ("weak", "strong")]
    # An overlap of all dimensions is whole but for rounding.
    d_sw = float(round(overlap.debiased, 9))
    norm, energy = strong_only(pool, found.ridges["weak"], found.ridges["w2s"])
    residuals = block.weak.loo_residuals(block.targets, found.ridges["weak"])
    return Candidate(
        name,
        float(risks.w2s[0, 0]),
        found.interval("w2s"),
        float(risks.weak[0, 0]),
        found.pgr,
        found.opr,
        dims[0],
        dims[1],
        d_sw,
        _marked(block.targets, residuals, task),
        {"strong_only": dims[1] - d_sw, "norm": norm, "energy": energy},
    )


def _marked(targets: Array, residuals: Array, task: Task) -> float:
    """Leave-one-out accuracy of a teacher, or R²."""
    if task == "classification":
        return float(np.mean((targets - residuals).argmax(axis=1) == targets.argmax(axis=1)))
    return float(1 - np.sum(residuals**2) / np.sum((targets - targets.mean(axis=0)) ** 2))


def _ranked(found: list[tuple[Forecast, Candidate]]) -> tuple[Candidate, ...]:
    """Tell the risks apart together, and order them."""
    forecasts, candidates = zip(*found, strict=True)
    losses = np.stack([forecast.losses for forecast in forecasts])  # (teachers, 3, n)
    n = losses.shape[2]
    alone = np.array([[one.teacher_risk, one.risk] for one in candidates]).T
    theory = np.array([forecast.inflation[:2] for forecast in forecasts]).T
    teachers, students = (
        pooled_risks(risks, c, np.atleast_2d(np.cov(losses[:, model])) / n)
        for model, (risks, c) in enumerate(zip(alone, theory, strict=True))
    )
    # Two ways to the same risk: the pooled teacher's less the gain of the pair, and its own.
    students = (teachers - (alone[0] - alone[1]) + students) / 2
    moved = [
        replace(
            candidate,
            risk=risk,
            teacher_risk=own,
            interval=tuple(max(end + risk - candidate.risk, 0.0) for end in candidate.interval),
        )
        for candidate, own, risk in zip(
            candidates, teachers.tolist(), students.tolist(), strict=True
        )
    ]
    order = sorted(range(len(moved)), key=lambda place: moved[place].risk)
    best = order[0]
    paired = losses[:, 1] - losses[best, 1]
    reach = APART * paired.std(axis=1, ddof=1) / n**0.5 + SAMPLING * students[best]
    return tuple(
        replace(moved[place], apart=bool(moved[place].risk - moved[best].risk > reach[place]))
        for place in order
    )
