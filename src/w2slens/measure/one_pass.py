"""Dimensions of two feature maps, measured in one pass over their rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from w2slens._core import check
from w2slens._core.cluster import Scheduler
from w2slens._core.errors import InputError
from w2slens._core.threads import one_thread
from w2slens._core.types import Id, Progress
from w2slens.features.aligned import aligned
from w2slens.features.reading import FeaturesLike, open_features
from w2slens.measure.intrinsic import Dimensions, SideDimensions
from w2slens.measure.of_stream import of_stream
from w2slens.measure.overlap import Sample, correlate, sampled
from w2slens.measure.sampling import summarised
from w2slens.moments import Moments
from w2slens.moments.left_out import constant_columns


@one_thread
def dimensions(
    weak: FeaturesLike | Iterable[Any],
    strong: FeaturesLike | None = None,
    *,
    energy: float = 0.99,
    interval: bool = True,
    header: bool | None = None,
    id: Id = None,
    progress: Progress | None = None,
    scheduler: Scheduler | None = None,
    journal: str | Path | None = None,
) -> Dimensions:
    """Measure the intrinsic dimensions of two feature maps and their overlap in one pass.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s): features of the same examples, as arrays, paths or
        datasets. Files are streamed; no float64 copy of the data is made. Or `weak` alone: a stream
        of pairs of blocks, as a generator or a torch ``DataLoader`` gives them.
    energy
        Share of variance for `SideDimensions.energy_rank`, in (0, 1].
    interval
        Whether to give the 90% interval of d_sw.
    header
        Whether first lines of CSV that are whole numbers name the columns.
    id
        Column of ids, as in `transfer`. Files in another order are gathered where memory holds
        them.
    progress
        Called with (rows read, rows in all) after each chunk; of a stream, in all is 0.
    scheduler
        Address of a Dask scheduler whose workers read the files, which must be where they can;
        ``"local"`` starts a worker a core. Or a pair (address, `distributed.Security`), or a
        connected `distributed.Client`. The digits do not depend on the workers.
    journal
        File in which sums are kept meanwhile: the same call goes on from there if it was killed.
        Goes with a scheduler.

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
    if strong is None:
        if isinstance(weak, (str, Path, np.ndarray)) or not isinstance(weak, Iterable):
            raise InputError("strong", "is missing; weak alone is a stream of pairs of blocks")
        for name, told in {"id": id, "scheduler": scheduler, "journal": journal}.items():
            if told is not None:
                raise InputError(name, "goes with features of known rows, not with a stream")
        return measure(
            *of_stream(weak, interval=interval, read=_counted(progress, 0)), energy=energy
        )
    sides: dict[str, Any] = {"weak": weak, "strong": strong}
    opened = [open_features(rows, name, header=header, id=id) for name, rows in sides.items()]
    left, right = aligned(opened, gather=scheduler is None)
    rows = left.rows
    places, read = sampled(rows if interval else 0), _counted(progress, rows)
    if scheduler is not None:
        from w2slens.measure.on_cluster import on_cluster  # Dask loads slowly

        whole, seen = on_cluster(left, right, places, scheduler, journal=journal, read=read)
    elif journal is not None:
        raise InputError("journal", "goes with a scheduler; one pass over the files keeps none")
    else:
        whole, seen = summarised(left, right, range(rows), places, read)
    return measure(whole, seen if interval else None, energy=energy)


def _counted(progress: Progress | None, rows: int) -> Callable[[int], None]:
    """Add up rows that are read, and tell how many of all there are."""
    done = 0

    def read(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, rows)

    return read


def measure(whole: Moments, sample: Sample | None = None, *, energy: float = 0.99) -> Dimensions:
    """Compute `Dimensions` from moments with blocks ``weak`` and ``strong``.

    The interval comes of a `sample` of the rows that they summarise.
    """
    N, sides = whole.count, {}
    for name in ("weak", "strong"):
        whole.require_variation(name)
        eigen = whole.spectrum(name)
        constant = constant_columns(whole, name)
        sides[name] = SideDimensions(whole.width(name), eigen.values / N, energy, constant)
    correlation = correlate(whole, sample)
    if np.isnan(correlation.unclipped):
        d_w, d_s = sides["weak"].rank, sides["strong"].rank
        warnings.warn(
            f"{N:,} rows are too few to debias d_sw: more than d_w + d_s + 1 = {d_w + d_s + 1:,} "
            "are needed, and the plug-in value is then mostly chance",
            stacklevel=4,
        )
    return Dimensions(N, sides["weak"], sides["strong"], correlation)
