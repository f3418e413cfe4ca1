"""Means over trials with standard errors, and the ratios PGR and OPR of them."""

import warnings
from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Array

NOISE_ERRORS = 2.0
"""A gap between teacher and ceiling below this many standard errors is noise."""

ROUNDING_GAP = 1e-12
"""A gap between teacher and ceiling below this share of the teacher's risk is rounding."""


class UndefinedRatioWarning(UserWarning):
    """A PGR or OPR is undefined and given as nan."""


@dataclass(frozen=True)
class Estimate:
    """A mean over trials with its standard error (nan for a single trial)."""

    mean: float
    se: float

    @classmethod
    def of(cls, values: Array) -> "Estimate":
        """Average one value a trial."""
        T = len(values)
        return cls(
            float(np.mean(values)), float(np.std(values, ddof=1) / T**0.5 if T > 1 else np.nan)
        )

    @classmethod
    def undefined(cls) -> "Estimate":
        """Return the estimate of what is not defined."""
        return cls(float("nan"), float("nan"))


def ratio_of_means(top: Array, bottom: Array) -> Estimate:
    """Ratio of two means over the same trials, with a jackknife standard error.

    The mean of per-trial ratios explodes when one trial's denominator is near zero.
    """
    T = len(top)
    ratio = float(top.mean() / bottom.mean())
    if T < 2:
        return Estimate(ratio, float("nan"))
    left_out = (top.sum() - top) / (bottom.sum() - bottom)
    se = np.sqrt((T - 1) / T * np.sum((left_out - left_out.mean()) ** 2))
    return Estimate(ratio, float(se))


def recovered_gap(start: Array, reached: Array, end: Array) -> Estimate:
    """PGR over trials, ``mean(start − reached)/mean(start − end)``, undefined without a gap.

    Takes (trials,) risks of teacher, student and ceiling; accuracies negated.
    """
    gap = start - end
    mean = Estimate.of(gap)
    noise = NOISE_ERRORS * (0.0 if np.isnan(mean.se) else mean.se)
    if not mean.mean > max(noise, ROUNDING_GAP * abs(float(start.mean()))):
        warn_undefined(1)
        return Estimate.undefined()
    return ratio_of_means(start - reached, gap)


def outperforming_ratio(strong: Array, w2s: Array) -> Estimate:
    """OPR over trials, ``mean(R_s)/mean(R_w2s)``."""
    return ratio_of_means(strong, w2s) if w2s.mean() > 0 else Estimate.undefined()


def mean_of_ratios(top: Array, bottom: Array) -> Estimate:
    """Mean of per-trial ratios, as published code reports; heavy-tailed, for reproduction only."""
    if (bottom == 0).any():
        return Estimate.undefined()
    return Estimate.of(top / bottom)


def warn_undefined(count: int) -> None:
    """Warn where so many ratios have no gap to be shares of."""
    if count:
        warnings.warn(
            "PGR is undefined (nan) where the teacher's risk does not exceed the ceiling's by more "
            "than noise: there is no gap to recover",
            UndefinedRatioWarning,
            stacklevel=3,
        )
