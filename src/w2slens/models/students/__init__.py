"""What is made of labels, teacher and pool: one file and one line a student.

A student's name here is its name in `w2slens.Settings.students` and `w2slens.train`, and that of
its column in every table, but for the three that are always there: `MODEL_OF`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from w2slens._core.types import Ridge
from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock
from w2slens.models.neighbours import MOST_ROWS
from w2slens.models.students import (
    anchored,
    both,
    imitate,
    labels,
    neighbours,
    posterior,
    teacher,
)
from w2slens.models.students.lesson import Lesson, Pool, Taken

Learn = Callable[[Pool, LabeledBlock, float, Ridge], Taken]
"""Pool, labeled rows, the teacher's ridge, the student's ridge ↦ a student."""


class Student(NamedTuple):
    """A way to a model: how it learns, which sides' features it needs, what it is called."""

    learn: Learn
    words: str
    sees: tuple[str, ...] = ("strong",)
    pool: bool = True  # whether it is trained on pseudo-labels
    most: int | None = None  # rows of labels and pool together that it can look at


W2S = "imitate"
"""The student of weak-to-strong generalization proper."""

AUTO = "posterior"
"""The student that is taken where none is named, of pools of any size."""

NEIGHBOURS = "neighbours"
"""The student that is taken instead where the pool is small and its clusters are of use."""

STUDENTS: dict[str, Student] = {
    W2S: Student(imitate.learn, "the W2S student"),
    "labels": Student(labels.learn, "the strong model trained on the labels alone", pool=False),
    "posterior": Student(posterior.learn, "the strong student of labels and teacher together"),
    NEIGHBOURS: Student(
        neighbours.learn,
        "the strong student of labels, teacher and the pool's neighbours",
        most=MOST_ROWS,
    ),
    "anchored": Student(
        anchored.learn, "the strong model on the labels, anchored at the W2S student"
    ),
    "both": Student(both.learn, "the posterior mean of both models", ("weak", "strong")),
    "teacher": Student(teacher.learn, "the weak teacher", ("weak",), pool=False),
}

MODEL_OF = {W2S: "w2s", "labels": "strong", "teacher": "weak"}
"""Students that every run trains, and the columns that they have."""


LOSSES = {
    "cross-entropy": "the W2S student by cross-entropy",
    "logconf": "the student that is also taught its own confident guesses",
    "logconf-jump": "the same with the weight that published code gives them",
    "product": "the student by the product of its own and the teacher's probabilities",
    "kl": "the student by the Kullback-Leibler divergence from the teacher",
    "reverse-kl": "the student by the divergence of the teacher from it",
    "reverse-cross-entropy": "the student by cross-entropy with the roles exchanged",
    "symmetric-cross-entropy": "the student by cross-entropy in both directions",
    "gce": "the student by generalised cross-entropy",
    "adaptive": "the student by either cross-entropy, as its confidence has it",
    "entropy": "the student that is also taught to be sure",
    "squared": "the W2S student by squared error",
}
"""How networks learn from pseudo-labels (`w2slens.deep.losses`): students of fine-tuning."""


def words(name: str) -> str:
    """Say what a student is."""
    return STUDENTS[name].words if name in STUDENTS else LOSSES.get(name, name)


def train(name: str, pool: Pool, lessons: Sequence[Lesson], ridge: Ridge) -> list[Fitted]:
    """Train a student of every lesson on one pool; a model for all groups of labels each."""
    if name == W2S:
        return imitate.train(pool, lessons, ridge)
    learn, found = STUDENTS[name].learn, []
    for lesson in reversed(lessons):  # the most labels first: their products serve fewer ones too
        each = [
            learn(pool, block, λ_w, ridge)
            for block, λ_w in zip(lesson.blocks(), lesson.teacher.ridges, strict=True)
        ]
        found.append(Fitted.stack([one.probe for one in each], [one.ridge for one in each]))
    return found[::-1]


__all__ = [
    "AUTO",
    "LOSSES",
    "MODEL_OF",
    "NEIGHBOURS",
    "STUDENTS",
    "W2S",
    "Lesson",
    "Pool",
    "Student",
    "Taken",
    "train",
]
