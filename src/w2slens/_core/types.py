"""Types that the whole library speaks in."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Index = NDArray[np.intp]
"""Positions of rows."""

Task = Literal["regression", "classification"]

TASKS = get_args(Task)

Ridge = float | Literal["auto"]

Sizes = Any
"""Whole numbers: one, several, or a text as ``"100,200"`` or ``"100:2000:20"``."""

Ridges = Any
"""A `Ridge`, or several."""

Numbers = Any
"""A number, or several."""

Names = Any
"""A word, or several."""

RowsOrShare = Any
"""A number of rows, or a share of them below 1."""

Progress = Callable[[int, int], None]
"""Called with (done, in all) of what is counted; in all is 0 where nobody knows it."""

Id = str | Mapping[str, Any] | None
"""A column of ids that every input has, or {argument: its column, its file of ids, or ids}."""
