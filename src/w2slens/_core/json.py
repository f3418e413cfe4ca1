"""JSON that every reader understands: undefined numbers are null."""

import json
import math
from typing import Any


def to_json(document: Any) -> str:
    """Serialise with undefined numbers as null."""
    return json.dumps(_defined(document), indent=2, allow_nan=False, ensure_ascii=False)


def _defined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _defined(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_defined(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_float(value: float | None) -> float:
    """Read a number, of which null is nan."""
    return math.nan if value is None else float(value)
