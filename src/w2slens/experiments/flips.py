"""What flipping a share of the classes does to labels, and to a population that is learnt from."""

from dataclasses import dataclass, replace

import numpy as np

from w2slens.experiments.rows import Rows
from w2slens.theory import Problem


@dataclass(frozen=True)
class Flips:
    """What flipping a share of the classes, all others equally likely, does to one-hot labels.

    The conditional mean shrinks towards its centre, ``p' = a·p + (1−a)/k`` with
    ``a = 1 − share·k/(k−1)``.
    """

    shrinkage: float  # a
    noise: float  # E‖y' − p'‖²
    offset: float  # ‖E p' − E p‖²: what every fitted intercept is off by

    @classmethod
    def of(cls, rows: Rows, share: float) -> "Flips":
        """Describe the flips of a run's labels."""
        p = rows.targets if rows.truth is None else rows.truth
        k = p.shape[1]
        a = 1 - share * k / (k - 1)
        centre = (1 - a) / k
        squares = a**2 * np.mean(np.sum(p**2, axis=1)) + 2 * a * centre + k * centre**2
        offset = np.sum((a * p.mean(axis=0) + centre - p.mean(axis=0)) ** 2)
        return cls(a, float(1 - squares), float(offset))

    def taught(self, problem: Problem) -> Problem:
        """Return the population that the models learn from."""
        a = self.shrinkage
        return replace(
            problem,
            weak_target=a * problem.weak_target,
            strong_target=a * problem.strong_target,
            signal=a**2 * problem.require_signal(),
            noise=self.noise,
        )
