"""Single numbers, words and lists of sizes."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np

from w2slens._core.errors import InputError
from w2slens._core.types import Ridge

T = TypeVar("T")

LARGEST_RIDGE = 1e100
"""A ridge beyond this overflows when it is multiplied by the number of rows."""


LARGEST_COUNT = 2**63 - 1
"""Numbers of rows and of labels beyond this fit into no array."""

MOST_SIZES = 10**5
"""Sizes that a range may be spelt out to."""

LARGEST_DIMENSION = 10**6
"""Moments are square: those of more dimensions fit into no memory."""

LONGEST = 40
"""Digits of a whole number that an error writes out."""


def plural(count: int, noun: str) -> str:
    """Write ``1 row``, ``2 rows``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def several(value: Any, argument: str, one: Callable[[Any, str], T], noun: str) -> tuple[T, ...]:
    """Validate a list of different values, each by itself; a single value is a list."""
    single = isinstance(value, (str, Mapping)) or not isinstance(value, Iterable)
    listed = [value] if single else list(value)
    if not listed:
        raise InputError(argument, f"is an empty list; give at least one {noun}")
    found = tuple(one(item, argument) for item in listed)
    if len(set(found)) < len(found):
        twice = next(item for item in found if found.count(item) > 1)
        shown = f"{twice:,}" if isinstance(twice, int) else twice
        raise InputError(argument, f"lists {shown} twice")
    return found


def counts(value: Any, argument: str) -> tuple[int, ...]:
    """Validate a list of sample sizes: whole, positive, each once; a single number is a list.

    Texts are spelt out as by `sizes`.
    """
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        value = [value]
    found = [size for one in value for size in _sizes(one, argument)]
    return several(found, argument, whole, "sample size")


def sizes(text: str, argument: str) -> list[int]:
    """Spell out ``100,200`` and ``100:2000:20``: from, to, and how many in equal steps."""
    found: list[int] = []
    for part in text.split(","):
        try:
            ends = [int(end.replace("_", "")) for end in part.split(":")]
        except ValueError:
            ends = []
        if len(ends) not in (1, 3):
            raise InputError(
                argument,
                f"is {text!r}; whole numbers separated by commas, or from:to:how many, are needed",
            )
        found += ends if len(ends) == 1 else spaced(ends[0], ends[1], ends[2], argument)
    return found


def _sizes(value: Any, argument: str) -> list[Any]:
    return sizes(value, argument) if isinstance(value, str) else [value]


def spaced(start: Any, stop: Any, num: Any, argument: str) -> list[int]:
    """Spell out so many whole sizes in equal steps between two ends, both included."""
    low, high = whole(start, f"{argument}.start"), whole(stop, f"{argument}.stop")
    many = whole(num, f"{argument}.num", most=MOST_SIZES)
    if many > abs(high - low) + 1:
        raise InputError(
            f"{argument}.num", f"is {many:,}; there are no so many sizes between the ends"
        )
    return [int(size) for size in np.round(np.linspace(low, high, many))]


def _is_bool(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def whole(value: Any, argument: str, least: int = 1, most: int = LARGEST_COUNT) -> int:
    """Validate one whole number from `least` to `most`."""
    if _is_bool(value) or not isinstance(value, Integral):
        raise InputError(argument, f"is {value!r}; a whole number is needed")
    if int(value) < least:
        raise InputError(argument, f"is {_counted(value)}; at least {least:,} is needed")
    if int(value) > most:
        raise InputError(argument, f"is {_counted(value)}; at most {most:,} is possible")
    return int(value)


def dimension(value: Any, argument: str, least: int = 1) -> int:
    """Validate a number of dimensions."""
    return whole(value, argument, least, LARGEST_DIMENSION)


def _counted(value: Any) -> str:
    """Write a whole number, of which Python would print thousands of digits, or refuse to."""
    digits = int(abs(value)).bit_length() * math.log10(2)
    return f"{int(value):,}" if digits < LONGEST else f"a number of {digits:.0f} digits"


def _shown(value: Any) -> str:
    return _counted(value) if isinstance(value, Integral) and not _is_bool(value) else repr(value)


def _real(value: Any) -> float:
    """Read one number; nan for what is none, or lies beyond all floating-point numbers."""
    if _is_bool(value) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def non_negative(value: Any, argument: str) -> float:
    """Validate one finite number of at least zero."""
    if not 0 <= _real(value) < np.inf:
        raise InputError(argument, f"is {_shown(value)}; a finite number of at least 0 is needed")
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
    if not 0 < _real(value) <= 1:
        raise InputError(argument, f"is {_shown(value)}; a share in (0, 1] is needed")
    return float(value)


def choice(value: Any, argument: str, options: Sequence[str]) -> None:
    """Refuse a word that is not among the options."""
    if not isinstance(value, str) or value not in options:
        raise InputError(argument, f"is {value!r}; one of {', '.join(options)} is needed")
