"""Types that the whole library speaks in."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Index = NDArray[np.intp]
"""Positions of rows."""

Task = Literal["regression", "classification"]

TASKS = get_args(Task)

Ridge = float | Literal["auto"]
