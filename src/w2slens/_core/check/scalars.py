"""Single numbers, words and lists of sizes."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from w2slens._core.errors import InputError
from w2slens._core.types import Ridge

LARGEST_RIDGE = 1e100
"""A ridge beyond this overflows when it is multiplied by the number of rows."""


def plural(count: int, noun: str) -> str:
    """Write ``1 row``, ``2 rows``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def counts(value: int | Iterable[int], argument: str) -> tuple[int, ...]:
    """Validate a list of sample sizes: whole, positive, each once; a single number is a list."""
    single = isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)
    listed: list[Any] = [value] if single else list(value)  # type: ignore[arg-type]
    if not listed:
        raise InputError(argument, "is an empty list; give at least one sample size")
    sizes = tuple(whole(v, argument) for v in listed)
    if len(set(sizes)) < len(sizes):
        twice = next(size for size in sizes if sizes.count(size) > 1)
        raise InputError(argument, f"lists {twice:,} twice")
    return sizes


def _is_bool(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def whole(value: Any, argument: str, least: int = 1) -> int:
    """Validate one whole number of at least `least`."""
    if _is_bool(value) or not isinstance(value, Integral):
        raise InputError(argument, f"is {value!r}; a whole number is needed")
    if value < least:
        raise InputError(argument, f"is {int(value):,}; at least {least} is needed")
    return int(value)


def non_negative(value: Any, argument: str) -> float:
    """Validate one finite number of at least zero."""
    if _is_bool(value) or not isinstance(value, Real) or not 0 <= float(value) < np.inf:
        raise InputError(argument, f"is {value!r}; a finite number of at least 0 is needed")
    return float(value)


def ridge(value: Any, argument: str) -> Ridge:
    """Validate a ridge: a number ≥ 0, or ``"auto"``."""
    if isinstance(value, str):
        if value == "auto":
            return "auto"
        raise InputError(argument, f"is {value!r}; a number of at least 0 or 'auto' is needed")
    if non_negative(value, argument) > LARGEST_RIDGE:
        raise InputError(argument, f"is {value!r}; at most {LARGEST_RIDGE:g} is possible")
    return float(value)


def share(value: Any, argument: str) -> float:
    """Validate one number in (0, 1]."""
    if not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise InputError(argument, f"is {value!r}; a share in (0, 1] is needed")
    return float(value)


def choice(value: str, argument: str, options: Sequence[str]) -> None:
    """Refuse a word that is not among the options."""
    if value not in options:
        raise InputError(argument, f"is {value!r}; one of {', '.join(options)} is needed")
