"""Closed-form linear fits from moments.

A ridge λ is always in the convention ``(1/n)‖y − Φθ‖² + λ‖θ‖²``: scikit-learn's alpha is nλ.
Fits from labeled rows are methods of `w2slens.models.design.Design`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments
from w2slens.moments.solve import FORMED_DOUBT, Solve, cholesky_solver, doubtful
from w2slens.moments.spectrum import EPS64


class Fitted(NamedTuple):
    """One model for several groups of labels: its probes stacked, and a ridge each."""

    probe: LinearProbe
    ridges: tuple[float, ...]

    @classmethod
    def stack(cls, probes: Sequence[LinearProbe], ridges: Sequence[float]) -> "Fitted":
        """Join the fits of the groups."""
        return cls(LinearProbe.stack(probes), tuple(ridges))

    @classmethod
    def at(cls, ridges: Sequence[float], fitted: Callable[[float], LinearProbe]) -> "Fitted":
        """Fit all groups by what fits them together, each at its own ridge."""
        each = {λ: fitted(λ) for λ in dict.fromkeys(ridges)}
        if len(each) == 1:
            return cls(each[ridges[0]], tuple(ridges))
        groups = len(ridges)
        return cls.stack([each[λ].split(groups)[i] for i, λ in enumerate(ridges)], ridges)

    def groups(self) -> Iterator[tuple[LinearProbe, float]]:
        """Go through the groups: a probe and its ridge."""
        return zip(self.probe.split(len(self.ridges)), self.ridges, strict=True)


def fit(moments: Moments, solve: Solve, *, features: str = "strong") -> LinearProbe:
    """Fit a block of features to block ``label`` from moments, with an unpenalised intercept.

    `solve` is ``right ↦ (scatter + count·λ·I)⁺ right``, as ``moments.solver(features, λ)``; at
    λ = 0 the fit is the minimum-norm least-squares solution.
    """
    coef = solve(moments.cross(features, "label"))
    return LinearProbe.centred(coef, moments.centre(features), moments.centre("label"))


def sure_solver(moments: Moments, ridge: float, *, features: str) -> Solve:
    """Factor a block where a fit from moments costs no digits that the rows would give.

    Where it might, LinAlgError: fit from the rows then.
    """
    gram, shift = moments.cross(features, features), moments.count * ridge
    rounding = doubtful(gram, moments.raw(features), EPS64 if ridge else moments.rounding(features))
    doubt = max(rounding, FORMED_DOUBT * float(np.trace(gram)) / len(gram))
    return cholesky_solver(gram, shift, doubt)
