"""Squared-error risks of the four models, PGR and OPR, and their guards.

The four models, always reported together: the weak teacher, the weak-to-strong (W2S) student, the
strong baseline on the teacher's labels, and the strong ceiling with true labels throughout.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from w2slens._format import corners, html_table, number, some
from w2slens._linalg import Array
from w2slens.moments import PANEL_ROWS
from w2slens.probe import LinearProbe

MODELS = ("weak", "w2s", "strong", "ceiling")

Scale = Literal["excess", "raw"]

NOISE_ERRORS = 2.0
"""A gap between teacher and ceiling below this many standard errors is noise."""

ROUNDING_GAP = 1e-12
"""A gap between teacher and ceiling below this share of the teacher's risk is rounding."""


class UndefinedRatioWarning(UserWarning):
    """A PGR or OPR is undefined and given as nan."""


@dataclass(frozen=True, eq=False)
class Risks:
    """Mean squared errors of the four models over a grid of sample sizes.

    Attributes
    ----------
    n, N
        Numbers of labels and of pseudo-labels.
    weak, w2s, strong, ceiling
        (len(n), len(N)) mean squared errors in squared label units, summed over outputs. A model
        whose risk is not known is nan, alone.
    scale
        ``"excess"``: against f*; ``"raw"``: against the labels, noise floor included.
    bias, variance
        The parts of each risk that the mean predictor has and that the draw of the labels adds,
        where known.
    method
        Where the numbers come from.
    """

    n: tuple[int, ...]
    N: tuple[int, ...]
    weak: Array
    w2s: Array
    strong: Array
    ceiling: Array
    scale: Scale = "excess"
    bias: "Risks | None" = None
    variance: "Risks | None" = None
    method: str = "measured"

    @property
    def pgr(self) -> Array:
        """Performance gap recovered ``(R_w − R_w2s)/(R_w − R_c)``; nan where there is no gap."""
        gap = self.weak - self.ceiling
        real = gap > ROUNDING_GAP * np.abs(self.weak)
        _warn_undefined(int(np.sum(~real & ~np.isnan(gap))))
        return _divide(self.weak - self.w2s, gap, real)

    @property
    def opr(self) -> Array:
        """Outperforming ratio ``R_s/R_w2s``; below 1 the labels alone serve the student better."""
        return _divide(self.strong, self.w2s, self.w2s > 0)

    def shifted(self, offset: float) -> "Risks":
        """Add a constant to every risk; the parts are dropped."""
        moved: dict[str, Any] = {name: getattr(self, name) + offset for name in MODELS}
        return replace(self, **moved, bias=None, variance=None)

    def filled(self, other: "Risks") -> "Risks":
        """Fill what is nan here from other risks on the same grid, parts included."""

        def fill(one: "Risks", more: "Risks") -> dict[str, Any]:
            pairs = {name: (getattr(one, name), getattr(more, name)) for name in MODELS}
            return {name: np.where(np.isnan(a), b, a) for name, (a, b) in pairs.items()}

        parts = {
            name: replace(mine, **fill(mine, theirs))
            for name in ("bias", "variance")
            if (mine := getattr(self, name)) is not None
            and (theirs := getattr(other, name)) is not None
        }
        known = any(np.isfinite(getattr(self, name)).any() for name in MODELS)
        method = f"{self.method}+{other.method}" if known else other.method
        return replace(self, **fill(self, other), **parts, method=method)

    def without(self, **gone: NDArray[np.bool_]) -> "Risks":
        """Make cells of models nan, parts included: name → (len(n), len(N)) where."""
        blank: dict[str, Any] = {
            name: np.where(gone[name], np.nan, getattr(self, name)) for name in gone
        }
        parts: dict[str, Any] = {
            name: part.without(**gone)
            for name in ("bias", "variance")
            if (part := getattr(self, name)) is not None
        }
        return replace(self, **blank, **parts)

    def quiet_ratios(self) -> tuple[Array, Array]:
        """PGR and OPR, nan where undefined, without the warning: where nan is shown as such."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedRatioWarning)
            return self.pgr, self.opr

    def _repr_html_(self) -> str:
        """Show the grid, or its corners, in a notebook."""
        ratios = self.quiet_ratios()
        cells = [(i, j) for i in range(len(self.n)) for j in range(len(self.N))]
        shown = corners(cells, lambda cell: (self.n[cell[0]], self.N[cell[1]]))
        rows = [
            (
                f"{self.n[i]:,}",
                f"{self.N[j]:,}",
                *(number(float(getattr(self, name)[i, j])) for name in MODELS),
                *(number(float(ratio[i, j])) for ratio in ratios),
            )
            for i, j in shown
        ]
        caption = f"{self.scale.capitalize()} risks ({self.method}), PGR and OPR"
        return html_table(caption + some(shown, cells), ("n", "N", *MODELS, "PGR", "OPR"), rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the risks and ratios as nested lists over n × N; undefined ones are nan."""
        pgr, opr = self.quiet_ratios()
        return {
            "n": list(self.n),
            "N": list(self.N),
            "method": self.method,
            "scale": self.scale,
            "risk": {name: getattr(self, name).tolist() for name in MODELS},
            "pgr": pgr.tolist(),
            "opr": opr.tolist(),
        }


def _divide(top: Array, bottom: Array, where: NDArray[np.bool_]) -> Array:
    """Divide where allowed, nan elsewhere."""
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=where))


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

    Parameters
    ----------
    start, reached, end
        (trials,) risks of teacher, student and ceiling; for accuracies pass them negated.
    """
    gap = start - end
    mean = Estimate.of(gap)
    noise = NOISE_ERRORS * (0.0 if np.isnan(mean.se) else mean.se)
    if not mean.mean > max(noise, ROUNDING_GAP * abs(float(start.mean()))):
        _warn_undefined(1)
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


def _warn_undefined(count: int) -> None:
    if count:
        warnings.warn(
            "PGR is undefined (nan) where the teacher's risk does not exceed the ceiling's by more "
            "than noise: there is no gap to recover",
            UndefinedRatioWarning,
            stacklevel=4,
        )


@dataclass(frozen=True, eq=False)
class Tally:
    """Errors of several probes on the same rows.

    Attributes
    ----------
    squared_error
        (truths, probes) mean squared error against each truth, summed over outputs.
    accuracy
        (probes,) share of rows whose largest output is the true class; nan for regression.
    """

    squared_error: Array
    accuracy: Array


def tally(
    probes: Sequence[LinearProbe],
    features: NDArray[Any],
    truths: Sequence[Array],
    classes: NDArray[np.intp] | None = None,
    index: NDArray[np.intp] | None = None,
) -> Tally:
    """Score probes on rows, a panel of rows at a time, one product for all probes.

    Parameters
    ----------
    probes
        With k outputs each.
    features
        (m, p) of any real type, or more rows of which `index` names m.
    truths
        Arrays (m, k) to compare the scores with.
    classes
        (m,) true class positions, if accuracy is wanted.
    index
        (m,) rows of `features` to score, where not all are.
    """
    m = len(truths[0])
    stacked, k = LinearProbe.stack(probes), truths[0].shape[1]
    errors = np.zeros((len(truths), len(probes)))
    hits = np.zeros(len(probes))
    for start in range(0, m, PANEL_ROWS):
        panel = slice(start, start + PANEL_ROWS)
        rows = features[panel if index is None else index[panel]]
        scores = stacked.predict(rows.astype(np.float64)).reshape(-1, len(probes), k)
        for row, truth in enumerate(truths):
            errors[row] += np.sum((scores - truth[panel, None, :]) ** 2, axis=(0, 2))
        if classes is not None:
            hits += np.sum(scores.argmax(axis=2) == classes[panel, None], axis=0)
    accuracy = hits / m if classes is not None else np.full(len(probes), np.nan)
    return Tally(errors / m, accuracy)
