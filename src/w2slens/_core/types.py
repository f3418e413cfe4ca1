"""Types that the whole library speaks in."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Index = NDArray[np.intp]
"""Positions of rows."""

Task = Literal["regression", "classification"]

TASKS = get_args(Task)

Ridge = float | Literal["auto"]

Id = str | Mapping[str, Any] | None
"""A column of ids that every input has, or {argument: its column, its file of ids, or ids}."""
