"""Whether the first line of a table is a row or the names of its columns.

It is decided by what is in the line and below it, or by the rows that the features have; where
nothing decides, or two of these disagree, it is asked.
"""

from itertools import pairwise
from typing import Literal

import pandas as pd

from w2slens._core.errors import InputError
from w2slens.features.readers import Layout

Nature = Literal["names", "row", "either"]

LONGEST_CHANCE = 8
"""Numbers that rise or fall all along so many cells are hardly a row by chance (1 in 20,000)."""


def nature(first: list[str], second: list[str], layout: Layout) -> Nature:
    """Say what a first line is by the look of it; either where the lines below have to tell."""
    if not all(map(_is_number, first)):
        return "either" if layout.text and len(first) == 1 else "names"
    if len(first) > 1 and not first[0].strip() and all(cell.strip() for cell in first[1:]):
        # An index has no name; as a row it would lack a value.
        counted = _counts(first[1:], 0) or (len(first) > 2 and _counts(first[1:], 1))
        return "names" if (counted if layout.header is None else layout.header) else "row"
    if _whole(first):
        if layout.header is not None:
            return "names" if layout.header else "row"
        if len(first) > 2 and (_counts(first, 0) or _counts(first, 1)):
            return "names"  # those that pandas gives, or others who count from 1
        if second and not any(cell.strip().isdigit() for cell in second):
            return "names"  # whole numbers above fractions
        if len(first) == 1 or _counts(first, 0):
            return "either"
    # As wavelengths or years over what was measured there.
    sorted_ = len(first) >= LONGEST_CHANCE and _monotone(first) and not _monotone(second)
    if sorted_ and layout.header is not None:
        return "names" if layout.header else "row"
    return "either" if sorted_ else "row"


def is_header(cells: pd.DataFrame, layout: Layout, name: str, argument: str) -> bool:
    """Decide whether the first of all lines of text names the columns, by the others or by asking.

    `layout` may know how many rows there are to be.
    """
    first, times = cells.iloc[0].tolist(), cells.iloc[1:, 0].value_counts()
    word = not _is_number(first[0])
    if word and len(times) and all(map(_is_number, times.index)):
        return True  # a word over numbers, whatever is said of other files
    if layout.header is not None:
        return layout.header
    recurs, single = first[0] in times.index, len(first) == 1
    # Whatever is below recurs, as classes do, and the first does not.
    odd = single and not recurs and bool((times > 1).all()) and len(times) > 0
    if not word and not odd and single and first != ["0"]:
        return False
    if layout.rows == len(cells) - 1:
        return True
    if layout.rows == len(cells) and not odd:
        return False
    if word and layout.rows != len(cells):
        return not recurs
    line = ",".join(first[:LONGEST_CHANCE])
    raise InputError(
        argument,
        f"{name} begins with {line}, which may be a row or the names of columns; say which: "
        "--header yes or no (from Python, header=True or False)",
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True


def _whole(cells: list[str]) -> bool:
    return all(cell.strip().isdigit() for cell in cells)


def _counts(cells: list[str], start: int) -> bool:
    return cells == [str(start + i) for i in range(len(cells))]


def _monotone(cells: list[str]) -> bool:
    """Whether the cells are numbers that rise, or that fall, all along."""
    if not all(cell.strip() and _is_number(cell) for cell in cells):
        return False
    steps = [float(b) - float(a) for a, b in pairwise(cells)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)
