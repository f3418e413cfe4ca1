"""Numbers as people read them: on a terminal, in a notebook, on a page."""

from collections.abc import Callable, Iterable, Sequence
from math import floor, isfinite, isnan, log10
from typing import TypeVar

T = TypeVar("T")

SMALL = 1e-3
"""Below this a number alone is written with a power of ten, which is shorter."""

WHOLE = 1000.0
"""From here on a number is written to the unit, as it is where its digits end before."""

TINY = 1e-6
"""Below this a mean with its error is."""

ROUNDING = 1e-11
"""Share of what a number stands beside below which it is rounding."""

SHOWN_CELLS = 24
"""Of a larger grid the corners are shown."""


def fixed(value: float, decimals: int = 2) -> str:
    """Write a number to decimals; what rounds to 0 has no sign."""
    shown = f"{value:.{decimals}f}"
    return shown if shown.strip("-0.") else shown.lstrip("-")


def settled(value: float, beside: float) -> float:
    """Return 0 for what is no more than rounding beside another number."""
    return 0.0 if abs(value) <= ROUNDING * abs(beside) else value


def largest(values: Iterable[float | None]) -> float:
    """Return the largest finite size of numbers: what each of them stands beside."""
    return max((abs(v) for v in values if v is not None and isfinite(v)), default=0.0)


def number(value: float | None, digits: int = 3, *, beside: float = 0.0) -> str:
    """Write a number to significant digits, or a dash where it is undefined.

    What is no more than rounding `beside` another number is 0.
    """
    if value is None or value != value:
        return "–"
    value = settled(value, beside) or 0.0  # a zero without a sign
    if abs(value) >= min(WHOLE, 10**digits - 0.5):
        return f"{value:,.0f}"
    if 0 < abs(value) < SMALL:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:#.{digits}g}".rstrip(".")


def and_last(parts: Sequence[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def span(ends: Sequence[float], to: str = " – ") -> str:
    """Write an interval, a dash without ends; an end that is rounding beside the other is 0."""
    if all(end != end for end in ends):
        return "–"
    return to.join(number(end, beside=largest(ends)) for end in ends)


def measured(pair: dict[str, float], decimals: int | None = None, *, beside: float = 0.0) -> str:
    """Write mean ± standard error, to three significant digits of the mean unless told."""
    mean, se = (settled(pair[name], beside) for name in ("mean", "se"))
    if isnan(mean):
        return "–"
    if decimals is None and 0 < abs(mean) < TINY:
        return f"{mean:.2e}" + ("" if isnan(se) else f" ± {se:.0e}")
    if decimals is None:
        decimals = 3 if mean == 0 else max(0, 2 - floor(log10(abs(mean))))
    shown = fixed(mean, decimals) if abs(mean) < 1 else f"{mean:,.{decimals}f}"
    return shown.replace("-", "−") + ("" if isnan(se) else f" ± {se:,.{decimals}f}")


def corners(cells: Sequence[T], sizes: Callable[[T], tuple[int, int]]) -> list[T]:
    """Return all of a small grid of (n, N), of a larger one the cells at its corners."""
    if len(cells) <= SHOWN_CELLS:
        return list(cells)
    n, N = zip(*(sizes(cell) for cell in cells), strict=True)
    ends = ({min(n), max(n)}, {min(N), max(N)})
    return [cell for cell in cells if all(s in e for s, e in zip(sizes(cell), ends, strict=True))]


def some(shown: Sequence[object], cells: Sequence[object]) -> str:
    """Say how many cells are shown where it is not all."""
    return "" if len(shown) == len(cells) else f"; {len(shown)} of {len(cells):,} cells"
