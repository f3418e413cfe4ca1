"""Dimensions of two feature maps, measured in one pass over their rows."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.threads import one_thread
from w2slens.features.reading import Source, open_features, paired_chunks
from w2slens.measure.intrinsic import Dimensions, SideDimensions
from w2slens.measure.overlap import correlate
from w2slens.moments import Moments, total
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.left_out import constant_columns

JACKKNIFE_BLOCKS = 20
"""Blocks of the delete-block jackknife."""

BLOCK_MEMORY = 4 * 2**30
"""Bytes that the moments of all jackknife blocks may take; wider features get no interval."""


@one_thread
def dimensions(
    weak: "ArrayLike | str | Path | Source",
    strong: "ArrayLike | str | Path | Source",
    *,
    energy: float = 0.99,
    interval: bool = True,
    header: bool | None = None,
    progress: Callable[[int], None] | None = None,
) -> Dimensions:
    """Measure the intrinsic dimensions of two feature maps and their overlap in one pass.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s): features of the same examples in the same order, as arrays or
        paths. Files are streamed; no float64 copy of the data is made.
    energy
        Share of variance for `SideDimensions.energy_rank`, in (0, 1].
    interval
        Whether to give the 90% interval of d_sw (20 eigenproblems' worth of further work).
    header
        Whether first lines of CSV that are whole numbers name the columns.
    progress
        Called with the number of rows read after each chunk.

    Returns
    -------
    Dimensions

    Raises
    ------
    InputError
        If the features are not 2-d, finite, numeric and of equal rows, or do not vary.

    Notes
    -----
    Rows are taken as exchangeable: the interval is too short for rows that repeat or cluster.
    For intrinsic dimensions of curved data sets (TwoNN and the like) use a manifold estimator;
    those numbers are not the d_w and d_s of this theory.

    References
    ----------
    arXiv 2502.05075, definitions 1 and 2; the debiased estimator is this library's.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((2000, 12))
    >>> found = dimensions(x[:, :8], x[:, 5:])      # columns 5, 6 and 7 are shared
    >>> found.d_w, found.d_s, round(found.d_sw, 1)
    (8, 7, 3.0)
    """
    energy = check.share(energy, "energy")
    left = open_features(weak, "weak", header=header)
    right = open_features(strong, "strong", header=header)
    rows = check.same_rows({"weak": left.rows, "strong": right.rows})
    blocks = jackknife_blocks(left.coordinates + right.coordinates) if interval else 1
    accumulators = [Accumulator() for _ in range(min(blocks, rows))]
    for chunk in paired_chunks(left, right, PANEL_ROWS * len(accumulators)):
        for i, accumulator in enumerate(accumulators):
            accumulator.add({name: part[i :: len(accumulators)] for name, part in chunk.items()})
        if progress is not None:
            progress(len(chunk["weak"]))
    parts = [Moments.of(accumulators.pop(0)) for _ in range(len(accumulators))]
    return measure(parts, energy=energy)


def jackknife_blocks(coordinates: int) -> int:
    """Return the number of blocks to deal rows to; one, with a warning, where memory forbids."""
    if 8 * JACKKNIFE_BLOCKS * coordinates**2 <= BLOCK_MEMORY:
        return JACKKNIFE_BLOCKS
    warnings.warn(
        f"{coordinates:,} coordinates are too many for the jackknife: d_sw comes without its "
        "interval",
        stacklevel=3,
    )
    return 1


def measure(parts: Sequence[Moments], *, energy: float = 0.99) -> Dimensions:
    """Compute `Dimensions` from moments of disjoint rows, with blocks ``weak`` and ``strong``.

    The interval comes from leaving out one at a time, so that a single part gives none; rows should
    be dealt to the parts like cards.
    """
    whole = total(parts)
    N, sides = whole.count, {}
    for name in ("weak", "strong"):
        whole.require_variation(name)
        eigen = whole.spectrum(name)
        constant = constant_columns(whole, name)
        sides[name] = SideDimensions(whole.width(name), eigen.values / N, energy, constant)
    correlation = correlate(parts, whole)
    if np.isnan(correlation.unclipped):
        d_w, d_s = sides["weak"].rank, sides["strong"].rank
        warnings.warn(
            f"{N:,} rows are too few to debias d_sw: more than d_w + d_s + 1 = {d_w + d_s + 1:,} "
            "are needed, and the plug-in value is then mostly chance",
            stacklevel=3,
        )
    return Dimensions(N, sides["weak"], sides["strong"], correlation)
