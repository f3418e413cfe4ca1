"""What a student that n labels and a pool have made will be off by on new rows.

Two sources say it: draws of f* and the noise from their posterior, and the student's exact
leave-one-out errors. Each counts by its precision; what the posterior's model and the skew of real
losses add to either was measured on real pairs (docs/results/students.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.types import Array, Ridge
from w2slens.forecasting.sample import PairSample
from w2slens.models.distil import crossed
from w2slens.models.posterior import Posterior
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS, Pool, Taken
from w2slens.moments import Moments

DRAWS = 400  # of f* and the noise
MODEL = 0.1  # share of a risk by which the posterior's model is off
SKEW = 0.05  # share by which leave-one-out is, besides its standard error
DISAGREEMENT = 0.15  # share of the distance between the two sources that adds to the error
MOST_ANCHORED = 5000  # labels beyond which leaving two out at a time is not worth its time unasked
REACH = 2.0  # errors on either side of a 90% interval, on the scale of logarithms
BLOCKS = ("weak", "strong")


class Expected(NamedTuple):
    """The raw risk of a student on new rows, and its 90% interval."""

    risk: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Classroom:
    """The students that a sample can make, each made when it is asked for."""

    pair: PairSample
    ridge_weak: float
    ridge_strong: Ridge = "auto"
    seed: int = 0

    @cached_property
    def pool(self) -> Pool:
        """The pool as students see it."""
        return Pool(self.pair.pool.moments)

    @cached_property
    def posterior(self) -> Posterior:
        """What the labels say of f*."""
        return self.pool.posterior(self.pair.block)

    @cached_property
    def _taken(self) -> dict[str, Taken]:
        return {}

    def student(self, name: str) -> Taken:
        """Make a student, in units of the labels' spread."""
        if name not in self._taken:
            self._taken[name] = STUDENTS[name].learn(
                self.pool, self.pair.block, self.ridge_weak, self.ridge_strong
            )
        return self._taken[name]

    def expected(self, names: Sequence[str] | None = None) -> dict[str, Expected]:
        """Forecast the raw risks of students, or of all, in squared units of the labels."""
        unit = self.pair.labels.unit**2
        found = {}
        for name in self.names if names is None else names:
            one = _combined(self._drawn(name), self._losses(name))
            low, high = one.interval
            found[name] = Expected(one.risk * unit, (low * unit, high * unit))
        return found

    @property
    def names(self) -> list[str]:
        """List the students that are made without being asked for by name."""
        few = len(self.pair.labels.values) <= MOST_ANCHORED
        return [name for name in STUDENTS if few or name != "anchored"]

    def _losses(self, name: str) -> Array:
        """(n,) leave-one-out losses."""
        errors = self.pair.labels.values - self.student(name).held_out
        return np.asarray(np.sum(errors**2, axis=1))

    def _drawn(self, name: str) -> Array:
        """(draws,) raw risks: ``(Bβ − θ)ᵀΣ(Bβ − θ) + σ²``, and the error of the mean."""
        moments, axes = self.pool.moments, self.posterior.prior.axes
        θ = seen(self.student(name).probe, STUDENTS[name].sees, [moments.width(b) for b in BLOCKS])
        Σθ = times(moments, θ)
        pulled, own = axes.T @ Σθ, float(np.sum(θ * Σθ))
        mean_error = float(np.sum(self.pair.labels.values.var(axis=0))) / len(self._losses(name))
        found = [
            squares - 2 * np.einsum("drk,rk->d", β, pulled) + own + noise + mean_error
            for β, noise, squares in self._targets
        ]
        return np.concatenate(found)

    @cached_property
    def _targets(self) -> list[tuple[Array, Array, Array]]:
        """Draws of β along the axes, of the noise, and ``βᵀBᵀΣBβ``."""
        return list(self._draw())

    def _draw(self) -> Iterator[tuple[Array, Array, Array]]:
        axes = self.posterior.prior.axes
        Q = axes.T @ times(self.pool.moments, axes)
        for β, noise in self.posterior.draw(DRAWS, np.random.default_rng(self.seed)):
            flat = np.ascontiguousarray(β.transpose(1, 0, 2)).reshape(len(Q), -1)
            squares = np.sum(flat * (Q @ flat), axis=0).reshape(len(noise), -1).sum(axis=1)
            yield β, noise, squares


def times(moments: Moments, right: Array) -> Array:
    """Multiply the covariance of z = [φ_w ; φ_s] by (p, k), block by block."""
    return np.vstack([crossed(moments, name, BLOCKS, right) for name in BLOCKS]) / moments.count


def seen(probe: LinearProbe, sees: Sequence[str], widths: Sequence[int]) -> Array:
    """(p, k) coefficients over both sides, zero for a side that a student does not look at."""
    parts, start = [], 0
    for side, width in zip(BLOCKS, widths, strict=True):
        inside = side in sees
        parts.append(
            probe.coef[start : start + width] if inside else np.zeros((width, probe.coef.shape[1]))
        )
        start += width if inside else 0
    return np.vstack(parts)


def _combined(drawn: Array, losses: Array) -> Expected:
    """Weigh what the posterior draws and leave-one-out say by their precisions."""
    m, L = float(drawn.mean()), float(losses.mean())
    v = float(drawn.var()) + (MODEL * m) ** 2
    u = float(losses.var(ddof=1)) / len(losses) + (SKEW * L) ** 2
    risk = m + v / max(v + u, 1e-300) * (L - m)
    error = (u * v / max(u + v, 1e-300)) ** 0.5 + DISAGREEMENT * abs(m - L)
    reach = float(np.exp(REACH * error / max(risk, 1e-300)))
    return Expected(risk, (risk / reach, risk * reach))


def as_json(found: Mapping[str, Expected]) -> dict[str, dict[str, Any]]:
    """Return the students as JSON types."""
    return {name: {"risk": one.risk, "interval": list(one.interval)} for name, one in found.items()}
