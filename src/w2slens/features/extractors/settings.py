"""What the settings of feature maps may be, checked without loading anything."""

import re
from collections.abc import Mapping
from typing import Any

from w2slens._core import check
from w2slens._core.errors import InputError

WHOLE = {
    "size": 1,
    "filters": 1,
    "patch": 1,
    "seed": 0,
    "tokens": 1,
    "dimensions": 1,
    "ngrams": 1,
    "least": 1,
    "layer": -1000,
}
"""Settings that are whole numbers, and the least of each; no network has a thousand layers."""

POOLINGS = ("mean", "cls", "last")
"""How tokens become one row: their mean, the first, or the last by the attention mask."""

DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
"""Where a network may run."""


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse values that no model takes; return the settings."""
    valid = dict(settings)
    for key, value in settings.items():
        if key in WHOLE:
            valid[key] = check.whole(value, key, WHOLE[key])
        elif key == "pooling":
            check.choice(value, key, POOLINGS)
        elif key == "device" and not (isinstance(value, str) and DEVICE.fullmatch(value)):
            raise InputError(key, f"is {value!r}; auto, cpu, cuda, cuda:0 … or mps is needed")
        elif key == "arguments" and not (
            isinstance(value, dict) and all(isinstance(name, str) for name in value)
        ):
            raise InputError(key, f"is {value!r}; names and values are needed")
    return valid
