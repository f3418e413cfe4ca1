"""What of the columns no fit can use, in words: nothing is left out without a note."""

import logging

import numpy as np

from w2slens._core.check import plural
from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import varying

log = logging.getLogger("w2slens")


def constant_columns(moments: Moments, name: str) -> int:
    """Count the columns of a block that vary by no more than their rounding."""
    squares = np.diag(moments.cross(name, name))
    return int(np.sum(~varying(squares, moments.raw(name), moments.rounding(name))))


def left_out(name: str, coordinates: int, constant: int, rank: int) -> str:
    """Say how many columns do not vary, and how many directions others give already."""
    parts = []
    if constant:
        parts.append(f"{plural(constant, 'column')} without variation")
    if coordinates - constant > rank:
        more = plural(coordinates - constant - rank, "direction")
        parts.append(f"{more} that the other columns give already, or the rows do not tell apart")
    return f"Left out of {name}: {' and '.join(parts)}." if parts else ""


def note_left_out(moments: Moments, *names: str) -> None:
    """Log what is left out of blocks."""
    for name in names:
        constant, rank = constant_columns(moments, name), moments.spectrum(name).rank
        said = left_out(name, moments.width(name), constant, rank)
        if said:
            log.info(said)
