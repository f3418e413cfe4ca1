"""Settings of a run as trackers take them: a value a name."""

import json
from collections.abc import Mapping
from typing import Any

Value = bool | int | float | str


def parameters(settings: Mapping[str, Any]) -> dict[str, Value]:
    """Leave single values as they are, write all others as JSON; what is None is left out."""
    return {
        name: value if isinstance(value, Value) else json.dumps(value, ensure_ascii=False)
        for name, value in settings.items()
        if value is not None
    }
