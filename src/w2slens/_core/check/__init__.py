"""Arrays and numbers validated once, at the border; inside, they are trusted.

Every refusal is an `InputError` that names the argument, says what came and what was needed.
"""

from w2slens._core.check.arrays import (
    all_finite,
    features,
    finite,
    matrix_shape,
    numeric,
    pieces,
    refuse_constant,
    refuse_infinite,
    same_rows,
)
from w2slens._core.check.scalars import (
    choice,
    counts,
    non_negative,
    plural,
    ridge,
    several,
    share,
    whole,
)
from w2slens._core.check.targets import groups, labels, task_of

__all__ = [
    "all_finite",
    "choice",
    "counts",
    "features",
    "finite",
    "groups",
    "labels",
    "matrix_shape",
    "non_negative",
    "numeric",
    "pieces",
    "plural",
    "refuse_constant",
    "refuse_infinite",
    "ridge",
    "same_rows",
    "several",
    "share",
    "task_of",
    "whole",
]
