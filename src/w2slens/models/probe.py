"""A linear function of features: what every closed-form fit of the library returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Array
from w2slens.moments.products import product


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """The affine map ``f(φ) = intercept + φ·coef``.

    Attributes
    ----------
    coef
        (coordinates, outputs) weights.
    intercept
        (outputs,) value at φ = 0.
    """

    coef: Array
    intercept: Array

    @classmethod
    def centred(cls, coef: Array, feature_mean: Array, target_mean: Array) -> LinearProbe:
        """Build the probe that was fitted on centred features and targets."""
        return cls(coef, target_mean - feature_mean @ coef)

    @classmethod
    def stack(cls, probes: Sequence[LinearProbe]) -> LinearProbe:
        """Join the outputs of several probes, so that one product scores them all."""
        return cls(
            np.concatenate([probe.coef for probe in probes], axis=1),
            np.concatenate([probe.intercept for probe in probes]),
        )

    def split(self, parts: int) -> list[LinearProbe]:
        """Undo `stack` of probes with equally many outputs."""
        k = len(self.intercept) // parts
        places = [slice(k * part, k * part + k) for part in range(parts)]
        return [LinearProbe(self.coef[:, some], self.intercept[some]) for some in places]

    def predict(self, features: Array) -> Array:
        """Score rows of features (rows, coordinates) → (rows, outputs)."""
        scores = product(features, self.coef)
        scores += self.intercept
        return scores
