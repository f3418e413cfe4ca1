"""Scores of teachers into which nobody looks, by rows of X."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.types import Array, Index


def by_name(scores: Any, rows: int, order: Index) -> dict[str, Array]:
    """Read (rows,) or (rows, k) scores of one teacher, or a table or mapping of one a column."""
    if scores is None:
        return {}
    if hasattr(scores, "columns"):
        scores = {str(name): scores[name] for name in scores.columns}
    named = scores if isinstance(scores, Mapping) else {"scores": scores}
    found = {name: check.numeric(one, f"scores[{name!r}]") for name, one in named.items()}
    for name, one in found.items():
        check.same_rows({"X": rows, f"scores[{name!r}]": len(np.atleast_1d(one))})
    return {name: np.asarray(one)[order] for name, one in found.items()}
