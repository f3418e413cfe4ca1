"""The population description of a teacher–student pair: all that theory needs to know."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from w2slens._core import check
from w2slens._core.atomic import load_arrays, loading, replacing, save_arrays
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import Spectrum, spectrum
from w2slens.theory.canonical import canonical_moments

ARRAYS = ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target")


@dataclass(frozen=True, eq=False)
class Problem:
    """Second moments of centred features, their cross moments with f*, and the noise.

    Attributes
    ----------
    weak_gram
        Σ_ww = E[φ_w φ_wᵀ], (p_w, p_w).
    strong_gram
        Σ_ss, (p_s, p_s).
    cross_gram
        Σ_sw = E[φ_s φ_wᵀ], (p_s, p_w).
    weak_target
        c_w = E[φ_w f*], (p_w, k).
    strong_target
        c_s = E[φ_s f*], (p_s, k).
    signal
        E‖f*‖², summed over the k outputs.
    noise
        σ², the label noise's variance, summed over outputs. With f* = y and noise 0 every
        prediction is on the raw scale.
    signal_known
        False where `signal` was not given: then only ridgeless predictions, which do not depend
        on it, mean anything.

    See Also
    --------
    Problem.from_data : from rows.
    Problem.from_moments : from `Moments`.
    Problem.gaussian : from dimensions alone.
    """

    weak_gram: Array
    strong_gram: Array
    cross_gram: Array
    weak_target: Array
    strong_target: Array
    signal: float
    noise: float = 0.0
    signal_known: bool = True

    def __post_init__(self) -> None:
        p_w, p_s = len(self.weak_gram), len(self.strong_gram)
        k = self.weak_target.shape[-1]
        shapes = ((p_w, p_w), (p_s, p_s), (p_s, p_w), (p_w, k), (p_s, k))
        for name, shape in zip(ARRAYS, shapes, strict=True):
            array = getattr(self, name)
            if np.shape(array) != shape:
                raise InputError(name, f"has shape {np.shape(array)}; {shape} is needed")
            check.finite(array, name)
        for name in ("signal", "noise"):
            check.non_negative(getattr(self, name), name)

    @classmethod
    def from_moments(cls, moments: Moments, *, noise: float = 0.0) -> "Problem":
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
        missing = {"weak", "strong", "label"} - {name for name, _ in moments.blocks}
        if missing or moments.count == 0:
            what = f"block {min(missing)!r}" if missing else "any row"
            raise InputError("moments", f"lack {what}; weak, strong and label are needed")
        for name in ("weak", "strong"):
            moments.require_variation(name)
        V_w, V_s = moments.spectrum("weak"), moments.spectrum("strong")
        axes = moments.push({"weak": V_w.vectors.T, "strong": V_s.vectors.T})
        return cls(
            np.diag(V_w.values / moments.count),
            np.diag(V_s.values / moments.count),
            axes.covariance("strong", "weak"),
            axes.covariance("weak", "label"),
            axes.covariance("strong", "label"),
            float(np.trace(moments.covariance("label"))),
            noise,
        )

    @classmethod
    def from_data(
        cls, weak: ArrayLike, strong: ArrayLike, target: ArrayLike, *, noise: float = 0.0
    ) -> "Problem":
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
        rows = {
            "weak": check.features(weak, "weak"),
            "strong": check.features(strong, "strong"),
            "label": check.labels(target, "target", "regression")[0],
        }
        check.same_rows({"weak": len(rows["weak"]), "strong": len(rows["strong"])})
        check.same_rows({"weak": len(rows["weak"]), "target": len(rows["label"])})
        return cls.from_moments(Moments.from_rows(**rows), noise=noise)

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
    ) -> "Problem":
        """Build the canonical instance with given dimensions, for users without data.

        Isotropic blocks of coordinates: floor(d_sw) of them shared, one more pair with a partial
        canonical correlation for the fraction. f* lies in V_w + V_s up to its approximation
        errors: a part of squared norm ρ_w that only the student can express, one of ρ_s that only
        the teacher can, so that ``‖f* − Π_sΠ_w f*‖² = ρ_w + ρ_s`` and ``‖(I−Π_s)Π_w f*‖² = ρ_s``.
        (Where a side has no coordinate of its own but the partly correlated one, ρ_w and ρ_s are
        as asked and these two follow from the geometry.) Where one subspace contains the other
        there is no such private part; the error that both share then lies outside both
        (contained teacher: ``‖f* − Π_sΠ_w f*‖² = ρ_w``, and ρ_s ≤ ρ_w is needed).

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
            Dimension p of the space that both subspaces lie in, where it is known: they overlap
            in at least d_w + d_s − p directions.
        """
        if signal is not None:
            check.non_negative(signal, "signal")
        sizes = (check.whole(d_w, "d_w"), check.whole(d_s, "d_s"))
        for name, value in (("noise", noise), ("rho_w", rho_w), ("rho_s", rho_s), ("d_sw", d_sw)):
            check.non_negative(value, name)
        if d_sw > min(sizes):
            raise InputError("d_sw", f"is {d_sw}; at most min(d_w, d_s) = {min(sizes)} is possible")
        if ambient is not None and d_sw < sum(sizes) - check.whole(ambient, "ambient"):
            raise InputError(
                "d_sw",
                f"is {d_sw}; in {ambient} dimensions, subspaces of {d_w} and {d_s} overlap in at "
                f"least d_w + d_s − p = {sum(sizes) - ambient}",
            )
        cross, c_w, c_s, least = canonical_moments(*sizes, d_sw, rho_w, rho_s, signal)
        return cls(
            np.eye(d_w),
            np.eye(d_s),
            cross,
            c_w,
            c_s,
            least if signal is None else float(signal),
            float(noise),
            signal is not None,
        )

    @cached_property
    def weak_spectrum(self) -> Spectrum:
        """Retained eigenpairs of Σ_ww."""
        return spectrum(self.weak_gram)

    @cached_property
    def strong_spectrum(self) -> Spectrum:
        """Retained eigenpairs of Σ_ss."""
        return spectrum(self.strong_gram)

    @property
    def d_w(self) -> int:
        """Intrinsic dimension of the weak features."""
        return self.weak_spectrum.rank

    def require_signal(self) -> None:
        """Refuse a population whose E‖f*‖² is not known."""
        if not self.signal_known:
            raise InputError(
                "signal", "is missing: E f*² is needed off the exact ridgeless branch; give it"
            )

    @property
    def d_s(self) -> int:
        """Intrinsic dimension of the strong features."""
        return self.strong_spectrum.rank

    @cached_property
    def canonical(self) -> Array:
        """Canonical correlations (min(d_w, d_s),), largest first."""
        half = self.strong_spectrum.whitening @ self.cross_gram @ self.weak_spectrum.whitening.T
        return np.asarray(linalg.svdvals(half))

    @cached_property
    def d_sw(self) -> float:
        """Correlation dimension: the sum of squared canonical correlations."""
        return float(np.sum(self.canonical**2))

    @cached_property
    def rho_w(self) -> float:
        """``‖f* − Π_w f*‖²``: what no weak probe can express."""
        return max(self.signal - self._norm(self.weak_spectrum, self.weak_target), 0.0)

    @cached_property
    def rho_s(self) -> float:
        """``‖f* − Π_s f*‖²``: what no strong probe can express."""
        return max(self.signal - self._norm(self.strong_spectrum, self.strong_target), 0.0)

    @cached_property
    def w2s_bias(self) -> float:
        """``‖f* − Π_sΠ_w f*‖²``: the student's error with a perfect, noiseless teacher."""
        a = self._relayed
        squared = np.sum(a * (self.strong_gram @ a)) - 2 * np.sum(a * self.strong_target)
        return max(self.signal + float(squared), 0.0)

    @cached_property
    def unlearnable(self) -> float:
        """``‖(I − Π_s)Π_w f*‖²``: what the teacher knows and no student can copy."""
        a = self._relayed
        learnt = float(np.sum(a * (self.strong_gram @ a)))
        return max(self._norm(self.weak_spectrum, self.weak_target) - learnt, 0.0)

    @cached_property
    def _relayed(self) -> Array:
        """Strong coefficients of Π_sΠ_w f*."""
        b_w = self.weak_spectrum.solve(self.weak_target)
        return self.strong_spectrum.solve(self.cross_gram @ b_w)

    @staticmethod
    def _norm(eigen: Spectrum, target: Array) -> float:
        return float(np.sum((eigen.whitening @ target) ** 2))

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write to .npz or .json (by the ending)."""
        scalars = {"signal": self.signal, "noise": self.noise, "signal_known": self.signal_known}
        arrays = {name: getattr(self, name) for name in ARRAYS}
        if Path(path).suffix == ".npz":
            extra = {name: np.array(value) for name, value in scalars.items()}
            save_arrays(path, {**arrays, **extra}, overwrite=overwrite)
        elif Path(path).suffix == ".json":
            document = {**{name: array.tolist() for name, array in arrays.items()}, **scalars}
            with replacing(path, overwrite=overwrite) as part:
                part.write_text(json.dumps(document), encoding="utf-8")
        else:
            raise InputError("path", f"{path} ends in neither .npz nor .json")

    @classmethod
    def load(cls, path: str | Path) -> "Problem":
        """Read what `save` wrote."""
        keys = (*ARRAYS, "signal", "noise", "signal_known")
        with loading(path):
            if Path(path).suffix == ".json":
                document = json.loads(Path(path).read_text(encoding="utf-8"))
                values = [document[key] for key in keys]
            else:
                values = load_arrays(path, keys)
            S_ww, S_ss, S_sw, c_w, c_s = (np.asarray(value, float) for value in values[:5])
            signal, noise, known = values[5:]
            return cls(S_ww, S_ss, S_sw, c_w, c_s, float(signal), float(noise), bool(known))
