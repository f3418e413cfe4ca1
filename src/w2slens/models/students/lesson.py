"""What a student may learn from besides its pool."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock


class Lesson(NamedTuple):
    """A teacher, and the labeled rows that taught it."""

    teacher: Fitted  # for every group of labels
    blocks: Callable[[], Sequence[LabeledBlock]]  # a block a group; who needs none never asks
