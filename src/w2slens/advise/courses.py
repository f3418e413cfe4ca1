"""Courses and plans: what a plan consists of, and how it is shown.

Courses are ``w2s`` (n labels teach a teacher that labels N rows), ``posterior`` (labels, teacher
and N rows teach the strong model together), ``strong-on-labels`` (the strong model on labels alone:
on those already owned where there are any), ``label-more`` (the strong model on owned labels and as
many more as the money buys) and ``weak-is-enough`` (the teacher on as many labels as the money
buys).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from w2slens._core.format import number, span
from w2slens._core.table import Column, Shown, Table

Name = Literal["w2s", "posterior", "strong-on-labels", "label-more", "weak-is-enough"]

MODEL: dict[Name, str] = {
    "w2s": "w2s",
    "posterior": "posterior",
    "strong-on-labels": "strong",
    "label-more": "strong",
    "weak-is-enough": "weak",
}
"""Which model a course ends with."""


@dataclass(frozen=True)
class Course:
    """One way to spend.

    Attributes
    ----------
    course
        ``w2s``, ``posterior``, ``strong-on-labels``, ``label-more`` or ``weak-is-enough``.
    n, N
        Labels (owned ones included) and pseudo-labels; N is 0 where none are used.
    cost
        Of what is bought, in the unit of the prices.
    risk
        Predicted mean squared error, on the scale of the problem.
    interval
        90%, over draws of the labels.
    """

    course: Name
    n: int
    N: int
    cost: float
    risk: float
    interval: tuple[float, float]

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Course:
        """Read what `to_dict` wrote."""
        low, high = map(float, saved["interval"])
        numbers = (int(saved["n"]), int(saved["N"]), float(saved["cost"]), float(saved["risk"]))
        if saved["course"] not in MODEL:
            raise ValueError(saved["course"])
        return cls(saved["course"], *numbers, (low, high))

    def to_dict(self) -> dict[str, Any]:
        """Return the course as JSON types."""
        return asdict(self) | {"interval": list(self.interval)}

    def __str__(self) -> str:
        """Say the course in words."""
        pool = f" and {self.N:,} pseudo-labels" if self.N else ""
        return (
            f"{self.course} on {self.n:,} labels{pool}, cost {number(self.cost)}, predicted risk "
            f"{number(self.risk)}"
        )


@dataclass(frozen=True, repr=False)
class Plan(Shown):
    """The best course, its rivals, and the sizes beyond which money is wasted.

    Attributes
    ----------
    best
        The course of least risk within the budget, or of least cost that reaches the target.
    courses
        All courses that are possible, best first.
    n_star
        Labels at which the authors' bound of PGR is largest; None without approximation error.
    N_enough
        Pseudo-labels beyond which more lower the W2S risk by less than 5%; None without W2S.
    reason
        Why, in words.
    """

    best: Course
    courses: tuple[Course, ...]
    n_star: int | None
    N_enough: int | None
    reason: str

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Plan:
        """Read what `to_dict` wrote."""
        courses = tuple(Course.from_dict(course) for course in saved["courses"])
        return cls(courses[0], courses, saved["n_star"], saved["N_enough"], saved["reason"])

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON types."""
        courses = [course.to_dict() for course in self.courses]
        return {
            "best": courses[0],
            "courses": courses,
            "n_star": self.n_star,
            "N_enough": self.N_enough,
            "reason": self.reason,
        }

    def table(self) -> Table:
        """Return the courses, best first, as a table."""
        head = (Column("course", words=True), *map(Column, ("n", "N", "cost", "risk")))
        rows = tuple(
            (
                course.course,
                f"{course.n:,}",
                f"{course.N:,}" if course.N else "–",
                number(course.cost, 4),
                number(course.risk),
                span(course.interval),
            )
            for course in self.courses
        )
        sizes = {"n*": self.n_star, "N enough": self.N_enough}
        note = ", ".join(f"{name} = {size:,}" for name, size in sizes.items() if size)
        return Table((*head, Column("90% interval")), rows, "Courses, best first", note)

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return why, and the courses."""
        return self.reason, (self.table(),)
