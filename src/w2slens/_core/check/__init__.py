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
from w2slens._core.check.foreign import Densified, densified, is_dataset, is_sparse
from w2slens._core.check.scalars import (
    choice,
    counts,
    dimension,
    non_negative,
    plural,
    ridge,
    several,
    share,
    sizes,
    spaced,
    whole,
)
from w2slens._core.check.targets import groups, label_array, labels, task_of

__all__ = [
    "Densified",
    "all_finite",
    "choice",
    "counts",
    "densified",
    "dimension",
    "features",
    "finite",
    "groups",
    "is_dataset",
    "is_sparse",
    "label_array",
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
    "sizes",
    "spaced",
    "task_of",
    "whole",
]
