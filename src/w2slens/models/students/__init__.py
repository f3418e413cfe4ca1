"""What the strong student makes of labels, teacher and pool: one file and one line a student.

A student is a function ``(pool moments, teacher's block, lessons, ridge) → a model a lesson``. Its
name here is its name in `w2slens.Settings.students`, and that of its column in every table.
"""

from collections.abc import Callable, Sequence

from w2slens._core.types import Ridge
from w2slens.models.fit import Fitted
from w2slens.models.students import imitate
from w2slens.models.students.lesson import Lesson
from w2slens.moments import Moments

Student = Callable[[Moments, str, Sequence[Lesson], Ridge], list[Fitted]]

W2S = "imitate"
"""The student of weak-to-strong generalization proper; its column is ``w2s``."""

STUDENTS: dict[str, Student] = {
    W2S: imitate.train,
}

__all__ = ["STUDENTS", "W2S", "Lesson", "Student"]
