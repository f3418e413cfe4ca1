"""The intrinsic dimension of a task for a network: how few dimensions are enough to learn it.

d90 is the least d at which training in a random subspace of d dimensions reaches 90% of the full
training's score (Li et al. 2018, arXiv 1804.08838; of fine-tuning, Aghajanyan et al. 2020, arXiv
2012.13255). Scores are noisy and the curve is flat where it matters, so that d90 is not the first
d that happens to reach the threshold: a monotone curve is fitted to the mean over seeds.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index

SHARE = 0.9
"""Of the full score that is to be reached."""

SCOUTS = 2
"""Seeds that find the octave in which d90 lies; all seeds look at what is around it."""

STEPS_AROUND = (-1, -0.5, 0, 0.5, 1)
"""Octaves around the middle of it where all seeds look."""

MOVES = 8
"""Most times that all seeds look, an octave further where the curve crosses outside."""

DRAWS = 500
"""Resamplings of the seeds."""

LEVEL = 0.9
"""Of the interval."""

Score = Callable[[int, int], float]
"""(d, seed) ↦ the score of training in d dimensions; larger is better."""


class Curve(NamedTuple):
    """What all seeds measured: the score by the number of dimensions."""

    dimensions: Index  # (p,) rising
    scores: Array  # (p, seeds)
    fitted: Array  # (p,) the monotone curve


class IntrinsicDimension(NamedTuple):
    """How few dimensions are enough; `inf` where the largest number was not."""

    d90: float
    interval: tuple[float, float]  # of 90%
    threshold: float  # the score that is to be reached
    curve: Curve


def intrinsic_dimension(
    score: Score,
    full: ArrayLike,
    largest: int,
    *,
    smallest: int = 1,
    seeds: Sequence[int] = tuple(range(5)),
    relative_to: float = 0.0,
) -> IntrinsicDimension:
    """Find d90: where the mean score of d-dimensional training reaches 90% of the full one's.

    `SCOUTS` seeds bisect log d down to one octave; all seeds look at half-octaves around it. The
    mean over seeds is made monotone (least squares, pool adjacent violators) and interpolated
    linearly in log d. The interval comes from resampling the seeds, and the full scores where there
    are several; its ends are moved out by Student's t over the normal quantile and √(n / (n − 1)),
    which resampling n seeds leaves out.

    Parameters
    ----------
    score
        (d, seed) ↦ score; the same for the same arguments. Every pair is asked for once.
    full
        The full training's score, or its scores of several seeds, whose mean counts.
    largest
        Most dimensions that are tried, at most D.
    smallest
        Least dimensions that are tried; of SAID, at least its layers + 1.
    seeds
        At least two. Where scores vary by s between n seeds and rise by b an octave, the relative
        error of d90 is about ``0.7 s / (b √n)``.
    relative_to
        Score of knowing nothing, as of chance. As published, 0: the threshold is ``0.9 full``.
        Otherwise it is ``relative_to + 0.9 (full − relative_to)``, which does not count as learnt
        what a constant reaches, and gives larger d90.

    Returns
    -------
    IntrinsicDimension
        With d90 = `smallest` where that is enough already, ∞ where `largest` is not.

    Raises
    ------
    InputError
        If the numbers are not in order, the full score is not above `relative_to`, there is only
        one seed, or a score is not finite.

    Examples
    --------
    >>> found = intrinsic_dimension(lambda d, seed: min(d / 100, 1), 1.0, 128)
    >>> round(found.d90), found.threshold
    (89, 0.9)
    """
    smallest = check.whole(smallest, "smallest")
    largest = check.whole(largest, "largest", smallest)
    trials = _Trials(score, check.several(seeds, "seeds", _seed, "seed"))
    if len(trials.seeds) < 2:
        raise InputError("seeds", "is one seed; at least two are needed, to see the noise")
    reached = _full_scores(full, relative_to)
    threshold = float(_threshold(reached.mean(), relative_to))
    middle = _middle(trials, threshold, smallest, largest)
    for _ in range(MOVES):
        around = _around(middle, smallest, largest)
        trials.look(around, len(trials.seeds))
        crossing = _crossing(*trials.table(), threshold)
        if crossing > around[-1] and around[-1] < largest:
            middle *= 2
        elif crossing <= around[0] and around[0] > smallest:
            middle /= 2
        else:
            break
    dimensions, scores = trials.table()
    interval = _interval(dimensions, scores, reached, relative_to, crossing)
    curve = Curve(dimensions, scores, optimize.isotonic_regression(scores.mean(axis=1)).x)
    return IntrinsicDimension(crossing, interval, threshold, curve)


def _seed(value: int, argument: str) -> int:
    return check.whole(value, argument, 0)


def _threshold(full: Array | float, relative_to: float) -> Array | float:
    return relative_to + SHARE * (full - relative_to)


def _full_scores(full: ArrayLike, relative_to: float) -> Array:
    """(seeds,) finite scores, whose mean is something to reach."""
    scores = np.atleast_1d(np.asarray(full, float))
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise InputError("full", f"is {full!r}; one finite score, or one a seed, is needed")
    if not math.isfinite(relative_to):
        raise InputError("relative_to", f"is {relative_to!r}; a finite score is needed")
    if scores.mean() <= relative_to:
        least = f"a mean score above relative_to = {relative_to:g} is needed"
        raise InputError(
            "full", f"has mean {scores.mean():g}; {least}, of which 90% can be reached"
        )
    return scores


class _Trials:
    """Scores by dimension and seed, each measured once."""

    def __init__(self, score: Score, seeds: tuple[int, ...]) -> None:
        self.score = score
        self.seeds = seeds
        self.known: dict[int, list[float]] = {}  # of the first seeds

    def look(self, dimensions: Sequence[int], seeds: int) -> float:
        """Measure what is not known yet; the mean over the first seeds at the last dimension."""
        for d in dimensions:
            scores = self.known.setdefault(d, [])
            for seed in self.seeds[len(scores) : seeds]:
                found = float(self.score(d, seed))
                if not math.isfinite(found):
                    raise InputError(
                        "score", f"gave {found} at d = {d:,}, seed {seed}; train gentler"
                    )
                scores.append(found)
        return float(np.mean(self.known[dimensions[-1]][:seeds]))

    def table(self) -> tuple[Index, Array]:
        """(p,) dimensions at which all seeds looked, and (p, seeds) scores."""
        whole = {d: scores for d, scores in self.known.items() if len(scores) == len(self.seeds)}
        dimensions = sorted(whole)
        return np.array(dimensions), np.array([whole[d] for d in dimensions])


def _middle(trials: _Trials, threshold: float, smallest: int, largest: int) -> float:
    """Bisect log d down to an octave."""
    if trials.look([smallest], SCOUTS) >= threshold:
        return smallest
    if trials.look([largest], SCOUTS) < threshold:
        return largest
    low, high = smallest, largest
    while high > 2 * low:
        between = round(math.sqrt(low * high))
        enough = trials.look([between], SCOUTS) >= threshold
        low, high = (low, between) if enough else (between, high)
    return math.sqrt(low * high)


def _around(middle: float, smallest: int, largest: int) -> list[int]:
    """Whole numbers around the middle."""
    wanted = {round(middle * 2**step) for step in STEPS_AROUND}
    return sorted({min(max(d, smallest), largest) for d in wanted})


def _crossing(dimensions: Index, scores: Array, threshold: float) -> float:
    """Where the monotone curve, linear in log d between the points, reaches the threshold."""
    levels = optimize.isotonic_regression(scores.mean(axis=1)).x
    if threshold > levels[-1]:
        return math.inf
    after = int(np.argmax(levels >= threshold))
    if after == 0:
        return float(dimensions[0])
    ends = slice(after - 1, after + 1)
    return float(np.exp(np.interp(threshold, levels[ends], np.log(dimensions[ends]))))


def _interval(
    dimensions: Index, scores: Array, full: Array, relative_to: float, d90: float
) -> tuple[float, float]:
    """Resample seeds and full scores; the crossings' quantiles, moved out for few seeds."""
    rng, n = np.random.default_rng(0), scores.shape[1]
    found = [
        _crossing(
            dimensions,
            scores[:, rng.integers(n, size=n)],
            float(_threshold(rng.choice(full, len(full)).mean(), relative_to)),
        )
        for _ in range(DRAWS)
    ]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail], method="nearest")
    if not math.isfinite(d90):
        return float(low), math.inf
    wider = stats.t.isf(tail, n - 1) / stats.norm.isf(tail) * math.sqrt(n / (n - 1))
    return float(d90 * (low / d90) ** wider), float(d90 * (high / d90) ** wider)
