"""What may be said of gradient features, checked before a network is loaded."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from w2slens._core import check
from w2slens._core.errors import InputError

KEYS = ("dimensions", "parameters", "head", "seed", "method")
"""What a recipe may say; weights of a head can be given from Python only."""

MOST = 2**16
"""Dimensions of a projection at most."""

Outputs = Literal["margin", "each"]

Method = Literal["loop", "vmap"]

WORDS = {"head": ("random",), "outputs": get_args(Outputs), "method": get_args(Method)}
"""Settings that are words."""


def check_recipe(given: Any) -> dict[str, Any]:
    """Refuse what is no setting of gradient features; return the settings."""
    keys = ", ".join(KEYS)
    if not isinstance(given, Mapping) or not given:
        raise InputError("gradients", f"is {given!r}; one or more of {keys} are needed")
    for key in given:
        if key not in KEYS:
            raise InputError("gradients", f"sets {key!r}; they take {keys}")
    try:
        return {key: check_gradients(key, value) for key, value in given.items()}
    except InputError as error:
        raise InputError(f"gradients.{error.argument}", error.problem) from None


def check_gradients(key: str, value: Any) -> Any:
    """Refuse a value that a setting of gradient features cannot have; return it."""
    if key == "dimensions":
        return None if value is None else check.whole(value, key, 1, MOST)
    if key == "seed":
        return check.whole(value, key, 0)
    if key == "parameters":
        return check.several(value, key, _pattern, "pattern")
    check.choice(value, key, WORDS[key])
    return value


def _pattern(value: Any, argument: str) -> str:
    if not isinstance(value, str) or not value.strip("."):
        raise InputError(
            argument, f"lists {value!r}; a name or parts of names are needed, numbers in quotes"
        )
    return value
