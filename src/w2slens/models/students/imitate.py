"""The weak-to-strong student: strong features fitted to a teacher's scores on the pool."""

from collections.abc import Sequence
from functools import partial

from w2slens._core.types import Ridge
from w2slens.models.fit import Fitted
from w2slens.models.probe import LinearProbe
from w2slens.models.students.lesson import Lesson
from w2slens.models.tuning import choose_w2s
from w2slens.moments import Moments, product
from w2slens.moments.solve import Solve


def imitate(
    pool: Moments, teacher: LinearProbe, solve: Solve, *, weak: str = "weak"
) -> LinearProbe:
    """Fit the strong features to the teacher's pseudo-labels, by moments of the pool alone.

    The teacher's scores are linear in the weak features, so their cross-scatter with the strong
    ones is ``Σ_sw θ_w``: the pool's rows are not needed, and no true label is used. `solve` is
    ``pool.solver("strong", λ_s)``; `LinearProbe.stack` of several teachers trains as many students.
    """
    coef = solve(product(pool.cross("strong", weak), teacher.coef))
    return LinearProbe.centred(coef, pool.centre("strong"), teacher.predict(pool.centre(weak)))


def train(pool: Moments, weak: str, lessons: Sequence[Lesson], ridge: Ridge) -> list[Fitted]:
    """Train a student of every lesson on one pool, whose factor they share.

    A chosen ridge is that of least leave-one-out error on the lesson's true labels.
    """
    if ridge != "auto":
        teachers = LinearProbe.stack([lesson.teacher.probe for lesson in lessons])
        students = imitate(pool, teachers, pool.solver("strong", ridge), weak=weak)
        ridges = (ridge,) * len(lessons[0].teacher.ridges)
        return [Fitted(student, ridges) for student in students.split(len(lessons))]
    return [_tuned(pool, weak, lesson) for lesson in lessons]


def _tuned(pool: Moments, weak: str, lesson: Lesson) -> Fitted:
    eigen, probes, ridges = pool.spectrum("strong"), [], []
    for (teacher, λ_w), block in zip(lesson.teacher.groups(), lesson.blocks(), strict=True):
        λ = choose_w2s(block, pool, λ_w, teacher=weak)
        solve = partial(eigen.solve, shift=pool.count * λ)
        probes.append(imitate(pool, teacher, solve, weak=weak))
        ridges.append(λ)
    return Fitted.stack(probes, ridges)
