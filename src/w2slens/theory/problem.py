"""The population description of a teacher–student pair: all that theory needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from w2slens._core import check
from w2slens._core.atomic import loading
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments import Moments, product
from w2slens.moments.left_out import note_left_out
from w2slens.theory.canonical import canonical_moments
from w2slens.theory.side import Side
from w2slens.theory.storage import read_values, write_values

ARRAYS = ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target")


@dataclass(frozen=True, eq=False)
class Problem:
    """Second moments of centred features, their cross moments with f*, and the noise.

    Attributes
    ----------
    weak_gram, strong_gram, cross_gram
        Σ_ww = E[φ_w φ_wᵀ], (p_w, p_w), Σ_ss, (p_s, p_s), and Σ_sw, (p_s, p_w).
    weak_target, strong_target
        c_w = E[φ_w f*], (p_w, k), and c_s, (p_s, k).
    signal
        E‖f*‖², summed over the k outputs; None where it is not known: then only ridgeless
        predictions, which do not depend on it, mean anything.
    noise
        σ², the label noise's variance, summed over outputs. With f* = y and noise 0 every
        prediction is on the raw scale.
    least_signal
        Where `signal` is not known: the least that the approximation errors imply, which is that
        of the f* whose cross moments these are.
    """

    weak_gram: Array
    strong_gram: Array
    cross_gram: Array
    weak_target: Array
    strong_target: Array
    signal: float | None
    noise: float = 0.0
    least_signal: float | None = None

    def __post_init__(self) -> None:
        p_w, p_s, k = len(self.weak_gram), len(self.strong_gram), self.weak_target.shape[-1]
        shapes = ((p_w, p_w), (p_s, p_s), (p_s, p_w), (p_w, k), (p_s, k))
        for name, shape in zip(ARRAYS, shapes, strict=True):
            array = getattr(self, name)
            if np.shape(array) != shape:
                raise InputError(name, f"has shape {np.shape(array)}; {shape} is needed")
            check.finite(array, name)
        check.non_negative(self.least_signal if self.signal is None else self.signal, "signal")
        check.non_negative(self.noise, "noise")

    @classmethod
    def from_moments(cls, moments: Moments, *, noise: float = 0.0) -> Problem:
        """Take the moments of rows [weak | strong | label] as the population's.

        Features are described in their retained principal axes, which changes no risk.

        Parameters
        ----------
        moments
            With blocks ``weak``, ``strong`` and ``label`` (f*, or y itself).
        noise
            Variance of the label noise about the block ``label``, ≥ 0.
        """
        check.non_negative(noise, "noise")
        missing = {"weak", "strong", "label"} - {*dict(moments.blocks)}
        if missing or moments.count == 0:
            what = f"block {min(missing)!r}" if missing else "any row"
            raise InputError("moments", f"lack {what}; weak, strong and label are needed")
        for name in ("weak", "strong"):
            moments.require_variation(name)
        note_left_out(moments, "weak", "strong")
        V_w, V_s = moments.spectrum("weak"), moments.spectrum("strong")
        half = product(V_s.vectors.T, moments.covariance("strong", "weak"))
        return cls(
            np.diag(V_w.values / moments.count),
            np.diag(V_s.values / moments.count),
            product(half, V_w.vectors),
            product(V_w.vectors.T, moments.covariance("weak", "label")),
            product(V_s.vectors.T, moments.covariance("strong", "label")),
            signal=float(np.trace(moments.covariance("label"))),
            noise=noise,
        )

    @classmethod
    def from_data(
        cls, weak: ArrayLike, strong: ArrayLike, target: ArrayLike, *, noise: float = 0.0
    ) -> Problem:
        """Take the centred rows of a large pool as the population.

        Parameters
        ----------
        weak, strong
            (rows, p_w) and (rows, p_s) features.
        target
            (rows,) or (rows, k): f*, or the labels themselves, whose noise then counts in every
            risk (the raw scale).
        noise
            Variance of the label noise about `target`, ≥ 0.
        """
        left, right = check.features(weak, "weak"), check.features(strong, "strong")
        f, _ = check.labels(target, "target", "regression")
        for name, other in (("strong", right), ("target", f)):
            check.same_rows({"weak": len(left), name: len(other)})
        return cls.from_moments(Moments.from_rows(weak=left, strong=right, label=f), noise=noise)

    @classmethod
    def gaussian(
        cls,
        d_w: int,
        d_s: int,
        d_sw: float,
        noise: float,
        rho_w: float = 0.0,
        rho_s: float = 0.0,
        signal: float | None = None,
        *,
        ambient: int | None = None,
    ) -> Problem:
        """Build the canonical instance with given dimensions, for users without data.

        Isotropic blocks of coordinates: floor(d_sw) of them shared, one more pair with a partial
        canonical correlation for the fraction. f* has a part of squared norm ρ_w that only the
        student can express and one of ρ_s that only the teacher can, so that ``‖f* − Π_sΠ_w f*‖²
        = ρ_w + ρ_s`` and ``‖(I−Π_s)Π_w f*‖² = ρ_s``; where a side has no coordinate of its own
        but the partly correlated one, these two follow from the geometry. Where one subspace
        contains the other, what both miss lies outside both (contained teacher: ρ_s ≤ ρ_w).

        Parameters
        ----------
        d_w, d_s
            Intrinsic dimensions, ≥ 1.
        d_sw
            Correlation dimension in [0, min(d_w, d_s)].
        noise
            σ² ≥ 0.
        rho_w, rho_s
            Approximation errors ≥ 0.
        signal
            E f*², at least what the errors imply. Needed only for ridge > 0.
        ambient
            Dimension p of the space around both, if known: they overlap in d_w + d_s − p at least.
        """
        E = None if signal is None else check.non_negative(signal, "signal")
        found = canonical_moments(d_w, d_s, d_sw, rho_w, rho_s, E, ambient)
        return cls(np.eye(d_w), np.eye(d_s), **found._asdict(), signal=E, noise=noise)

    def require_signal(self) -> float:
        """Return E‖f*‖², refusing a population where it is not known."""
        if self.signal is None:
            raise InputError("signal", "is missing; give E f*², which all but ridgeless risks need")
        return self.signal

    @property
    def energy(self) -> float:
        """E‖f*‖² that approximation errors are taken from: `signal`, else the least."""
        known = self.least_signal if self.signal is None else self.signal
        return 0.0 if known is None else known  # one of them is given

    @cached_property
    def weak(self) -> Side:
        """The weak features."""
        return Side(self.weak_gram, self.weak_target, self.energy)

    @cached_property
    def strong(self) -> Side:
        """The strong features."""
        return Side(self.strong_gram, self.strong_target, self.energy)

    @property
    def d_w(self) -> int:
        """Intrinsic dimension of the weak features."""
        return self.weak.dimension

    @property
    def d_s(self) -> int:
        """Intrinsic dimension of the strong features."""
        return self.strong.dimension

    @cached_property
    def canonical(self) -> Array:
        """Canonical correlations (min(d_w, d_s),), largest first."""
        W_s, W_w = self.strong.spectrum.whitening, self.weak.spectrum.whitening
        return np.asarray(linalg.svdvals(W_s @ self.cross_gram @ W_w.T))

    @cached_property
    def d_sw(self) -> float:
        """Correlation dimension: the sum of squared canonical correlations."""
        return float(np.sum(self.canonical**2))

    @property
    def rho_w(self) -> float:
        """``‖f* − Π_w f*‖²``: what no weak probe can express."""
        return self.weak.error

    @property
    def rho_s(self) -> float:
        """``‖f* − Π_s f*‖²``: what no strong probe can express."""
        return self.strong.error

    @cached_property
    def w2s_bias(self) -> float:
        """``‖f* − Π_sΠ_w f*‖²``: the student's error with a perfect, noiseless teacher."""
        a, learnt = self._relayed
        return max(self.energy + learnt - 2 * float(np.sum(a * self.strong_target)), 0.0)

    @cached_property
    def unlearnable(self) -> float:
        """``‖(I − Π_s)Π_w f*‖²``: what the teacher knows and no student can copy."""
        return max(self.weak.expressed - self._relayed[1], 0.0)

    @cached_property
    def _relayed(self) -> tuple[Array, float]:
        """Strong coefficients of Π_sΠ_w f*, and its squared norm."""
        a = self.strong.spectrum.solve(self.cross_gram @ self.weak.coef)
        return a, float(np.sum(a * (self.strong_gram @ a)))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write to .npz or .json, by the ending."""
        write_values(path, self.values(), overwrite=overwrite)

    def values(self) -> dict[str, Any]:
        """Return what a file of it holds."""
        known = {"signal": self.energy, "signal_known": self.signal is not None}
        return {name: getattr(self, name) for name in (*ARRAYS, "noise")} | known

    @classmethod
    def load(cls, path: str | Path) -> Problem:
        """Read what `save` wrote."""
        with loading(path):
            values = read_values(path, (*ARRAYS, "signal", "noise", "signal_known"))
            known, least = bool(values.pop("signal_known")), float(values["signal"])
            values |= {"signal": least if known else None, "noise": float(values["noise"])}
            return cls(**values, least_signal=least)
