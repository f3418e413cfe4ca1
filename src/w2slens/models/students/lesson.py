"""What a student may learn from besides its pool."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock


class Lesson(NamedTuple):
    """A teacher, and the labeled rows that taught it.

    Attributes
    ----------
    teacher
        The teacher for every group of labels.
    blocks
        Gathers the labeled rows, a block a group of labels; students that need none never ask.
    """

    teacher: Fitted
    blocks: Callable[[], Sequence[LabeledBlock]]
