"""What a student that n labels and a pool have made will be off by on new rows.

Two sources say it: draws of f* and the noise from their posterior, and the student's exact
leave-one-out errors. Each counts by its precision; what the posterior's model and the skew of real
losses add to either was measured on real pairs (docs/results/students.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.types import Array, Ridge
from w2slens.features.ondisk import Matrix
from w2slens.forecasting.risk_forms import quadratics
from w2slens.forecasting.sample import Labels, PairSample
from w2slens.models.distil import crossed
from w2slens.models.labeled import LabeledBlock
from w2slens.models.posterior import Posterior
from w2slens.models.probe import LinearProbe
from w2slens.models.students import NEIGHBOURS, STUDENTS, Pool, Taken
from w2slens.models.students.neighbours import acquainted
from w2slens.moments import Moments

DRAWS = 400  # of f* and the noise
MODEL = 0.1  # share of a risk by which the posterior's model is off
SKEW = 0.05  # share by which leave-one-out is, besides its standard error
DISAGREEMENT = 0.15  # share of the distance between the two sources that adds to the error
MOST_ANCHORED = 5000  # labels beyond which leaving two out at a time is not worth its time unasked
REACH = 2.0  # errors on either side of a 90% interval, on the scale of logarithms
STEEPEST = (
    5.0  # logarithms of an end over the risk; beyond, where a risk is next to 0, errors are added
)
BLOCKS = ("weak", "strong")


class Expected(NamedTuple):
    """The raw risk of a student on new rows, and its 90% interval."""

    risk: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Classroom:
    """The students that a sample can make, each made when it is asked for."""

    pool: Pool
    block: LabeledBlock
    labels: Labels
    ridge_weak: float
    ridge_strong: Ridge = "auto"
    seed: int = 0
    coordinates: Array | None = None  # (n + N, r) along neighbours, beside the weak features

    @classmethod
    def of(
        cls, pair: PairSample, ridge_weak: float, ridge_strong: Ridge = "auto", seed: int = 0
    ) -> "Classroom":
        """Show students what a user has."""
        rows = pair.pool
        pool = Pool(rows.moments, rows=lambda: (rows.weak.rows[:], rows.strong.rows[:]))
        return cls(pool, pair.block, pair.labels, ridge_weak, ridge_strong, seed)

    @cached_property
    def posterior(self) -> Posterior:
        """What the labels say of f*."""
        return self.pool.posterior(self.block)

    @cached_property
    def acquainted(self) -> "Classroom | None":
        """The same where the rows' neighbours are known too, if the labels make that likelier."""
        found = acquainted(self.pool, self.block)
        return found and replace(self, **found._asdict())

    def knowing(self, name: str) -> "Classroom":
        """Return the one in which a student learns."""
        return (name == NEIGHBOURS and self.acquainted) or self

    @cached_property
    def _taken(self) -> dict[str, Taken]:
        return {}

    def student(self, name: str) -> Taken:
        """Make a student, in units of the labels' spread."""
        if name not in self._taken:
            self._taken[name] = STUDENTS[name].learn(
                self.pool, self.block, self.ridge_weak, self.ridge_strong
            )
        return self._taken[name]

    def expected(self, names: Sequence[str] | None = None) -> dict[str, Expected]:
        """Forecast the raw risks of students, or of all, in squared units of the labels."""
        unit = self.labels.unit**2
        found = {}
        for name in self.names if names is None else names:
            one = _combined(self._drawn(name), self._losses(name))
            low, high = one.interval
            found[name] = Expected(one.risk * unit, (low * unit, high * unit))
        return found

    def beside(self, weak: Matrix) -> Matrix:
        """Put what is known of all rows beside their (n + N, p_w) weak features."""
        return weak if self.coordinates is None else np.hstack([weak[:], self.coordinates])

    @property
    def names(self) -> list[str]:
        """List the students that are made without being asked for by name."""
        n = len(self.labels.values)
        sizes = {"anchored": (n, MOST_ANCHORED)} | {
            name: (n + self.pool.moments.count, student.most)
            for name, student in STUDENTS.items()
            if student.most
        }
        return [name for name in STUDENTS if name not in sizes or sizes[name][0] <= sizes[name][1]]

    def _losses(self, name: str) -> Array:
        """(n,) leave-one-out losses."""
        errors = self.labels.values - self.student(name).held_out
        return np.asarray(np.sum(errors**2, axis=1))

    def _drawn(self, name: str) -> Array:
        """(draws,) raw risks: ``(Bβ − θ)ᵀΣ(Bβ − θ) + σ²``, and the error of the mean."""
        room = self.knowing(name)
        moments, axes = room.pool.moments, room.posterior.prior.axes
        θ = seen(self.student(name).probe, STUDENTS[name].sees, [moments.width(b) for b in BLOCKS])
        Σθ = times(moments, θ)
        pulled, own = axes.T @ Σθ, float(np.sum(θ * Σθ))
        values = self.labels.values
        mean_error = float(np.sum(values.var(axis=0))) / len(values)
        found = [
            squares - 2 * np.einsum("drk,rk->d", β, pulled) + own + noise + mean_error
            for β, noise, squares in room._targets
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
            yield β, noise, quadratics(β)(Q)


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
    reach = float(np.exp(min(REACH * error / max(risk, 1e-300), STEEPEST)))
    return Expected(risk, (risk / reach, max(risk * reach, risk + REACH * error)))


def as_json(found: Mapping[str, Expected]) -> dict[str, dict[str, Any]]:
    """Return the students as JSON types."""
    return {name: {"risk": one.risk, "interval": list(one.interval)} for name, one in found.items()}
