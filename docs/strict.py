"""Warnings of the gallery's examples are errors."""

import warnings
from typing import Any

OUTSIDE: list[Any] = []
"""The filters that hold outside examples."""


def warnings_are_errors(gallery_conf: dict[str, Any], path: str, when: str) -> None:
    """Change the filters before an example, and back after it."""
    if when == "before":
        OUTSIDE[:] = warnings.filters
        warnings.simplefilter("error")
    else:
        warnings.filters[:] = OUTSIDE  # type: ignore[index]
