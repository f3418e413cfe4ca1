"""The weak-to-strong student: strong features fitted to a teacher's scores on the pool."""

from collections.abc import Sequence

from w2slens._core.types import Ridge
from w2slens.models.distil import distil, from_scores
from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock
from w2slens.models.probe import LinearProbe
from w2slens.models.students.lesson import Lesson, Pool, Taken


def learn(pool: Pool, block: LabeledBlock, ridge_weak: float, ridge: Ridge) -> Taken:
    """Train on what the teacher says of the pool; a chosen ridge serves the true labels best."""
    return pool.distilled(block.held_out_teacher(ridge_weak), block, [pool.teacher], ridge)


def train(pool: Pool, lessons: Sequence[Lesson], ridge: Ridge) -> list[Fitted]:
    """Train a student of every lesson on one pool, whose factor they share."""
    if ridge == "auto":
        return pool.imitating(lessons)
    moments, solve = pool.moments, pool.moments.solver("strong", ridge)
    said = [lesson.said for lesson in lessons]
    if all(block in moments.slices for block in said):
        students = from_scores(moments, solve, said)
    else:
        teachers = LinearProbe.stack([lesson.teacher.probe for lesson in lessons])
        students = distil(moments, teachers, solve, [pool.teacher])
    ridges = (ridge,) * len(lessons[0].teacher.ridges)
    return [Fitted(student, ridges) for student in students.split(len(lessons))]
