"""Planted problems: rows drawn from a population whose every risk is known.

The latent z has independent coordinates of mean 0 and variance 1, and everything else is linear in
it, so the second moments, hence the `Problem`, are exact whatever the law of z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array
from w2slens.synthetic.sample import LAWS, Law, Sample, draw_panels
from w2slens.synthetic.subspaces import correlated_maps, correlations, eigenvalues, rotation
from w2slens.synthetic.target import target_coefficients
from w2slens.theory import Problem


@dataclass(frozen=True, eq=False)
class Planted:
    """Features and labels that are linear in independent latent coordinates z.

    ``φ_w = z·weak_map``, ``φ_s = z·strong_map``, ``f* = z·coef`` and ``y = f* + e``.

    Attributes
    ----------
    weak_map, strong_map, coef
        (L, p_w), (L, p_s) and (L, k).
    noise
        σ² ≥ 0, the variance of the Gaussian e, summed over the k outputs and equal in each.
    law
        Distribution of the latent coordinates: ``"gaussian"``, ``"student"`` (heavy tails),
        ``"rademacher"`` (±1) or ``"sparse"`` (mostly 0). The predictions of `predict` are exact
        for Gaussian ones; the others show how far they hold.

    See Also
    --------
    Planted.with_correlations : chosen dimensions, canonical correlations and errors.
    Planted.coordinates : the synthetic problem of arXiv 2502.05075.
    Problem.gaussian : where no rows are needed.

    Examples
    --------
    >>> planted = Planted.with_correlations(6, 4, [1, 0.8], noise=0.25, rho_w=0.1, rho_s=0.2)
    >>> print(f"{planted.problem.d_sw:.2f} {planted.problem.rho_w:.2f}")
    1.64 0.10
    >>> planted.draw(50, np.random.default_rng(0)).weak.shape
    (50, 6)
    """

    weak_map: Array
    strong_map: Array
    coef: Array
    noise: float
    law: Law = "gaussian"

    def __post_init__(self) -> None:
        for name in ("weak_map", "strong_map", "coef"):
            array = check.numeric(getattr(self, name), name)
            check.matrix_shape(array.shape, name)
            check.finite(array, name)
            object.__setattr__(self, name, array.astype(np.float64))
            if len(array) != len(self.weak_map):
                raise InputError(
                    name,
                    f"has {check.plural(len(array), 'row')}, weak_map {len(self.weak_map):,}; "
                    "one row a latent coordinate is needed",
                )
        check.non_negative(self.noise, "noise")
        check.choice(self.law, "law", tuple(LAWS))

    @classmethod
    def with_correlations(
        cls,
        d_w: int,
        d_s: int,
        canonical: ArrayLike,
        *,
        noise: float,
        rho_w: float = 0.0,
        rho_s: float = 0.0,
        signal: float | None = None,
        spectrum_weak: float | ArrayLike = 0.0,
        spectrum_strong: float | ArrayLike = 0.0,
        law: Law = "gaussian",
        rotate: bool = True,
        seed: int = 0,
    ) -> Planted:
        """Plant dimensions, canonical correlations, approximation errors and spectra.

        Parameters
        ----------
        d_w, d_s
            Intrinsic dimensions, ≥ 1, and numbers of coordinates.
        canonical
            Up to min(d_w, d_s) canonical correlations r in [0, 1], in any order; missing ones
            are 0. The correlation dimension is d_sw = Σ r².
        noise
            σ² ≥ 0.
        rho_w, rho_s
            Approximation errors ≥ 0, each in the direction that the other side shares least, or
            outside both subspaces where one contains the other.
        signal
            E f*². By default the least that the errors imply in these directions, plus 1 where a
            canonical correlation is 1. Signal beyond the least lies along the most shared pair:
            free of error where its r is 1, else bounded by the errors.
        spectrum_weak, spectrum_strong
            Eigenvalues of the features' second moments: (d,) positive values, or a power α for
            i^−α. Ridgeless fits do not depend on them.
        law
            Distribution of the latent coordinates.
        rotate
            Multiply the features by random orthogonal matrices, so that single coordinates mean
            nothing.
        seed
            Of the rotations.

        Raises
        ------
        InputError
            If the subspaces cannot have these errors, or the errors this signal.
        """
        d_w, d_s = check.dimension(d_w, "d_w"), check.dimension(d_s, "d_s")
        λ_w = eigenvalues(spectrum_weak, d_w, "spectrum_weak")
        λ_s = eigenvalues(spectrum_strong, d_s, "spectrum_strong")
        if not isinstance(rotate, bool):
            raise InputError("rotate", f"is {rotate!r}; true or false is needed")
        rng = np.random.default_rng(check.whole(seed, "seed", least=0))
        r = correlations(canonical, min(d_w, d_s))
        α, β, g = target_coefficients(r, (d_w, d_s), rho_w, rho_s, signal)
        u, v = correlated_maps(r, d_w, d_s)
        θ = u @ α + v @ β
        θ[-1] = g
        used = np.any(np.column_stack([u, v, θ]), axis=1)
        W, S = u[used] * np.sqrt(λ_w), v[used] * np.sqrt(λ_s)
        if rotate:
            W, S = W @ rotation(d_w, rng), S @ rotation(d_s, rng)
        return cls(W, S, θ[used, None], noise, law)

    @classmethod
    def coordinates(
        cls,
        *,
        offset: int,
        noise: float,
        coordinates: int = 300,
        d_strong: int = 100,
        d_weak: int = 200,
        weight: float = 1 / 20000,
        seed: int = 0,
        law: Law = "gaussian",
    ) -> Planted:
        """Plant the synthetic problem of the paper: features are latent coordinates.

        Strong features are ``√(1/i)·z_i``, i = 1..d_strong; weak ones the d_weak coordinates after
        `offset`, the j-th scaled by ``√(1/(offset+j−1))`` (by 1 where that is 1/0);
        ``f* = Σ √(1/i)·θ_i·z_i`` over all coordinates with random signs ``θ_i = ±√weight``.

        Parameters
        ----------
        offset
            Coordinates that only the student sees, ≥ 0; d_sw = d_strong − offset, or 0.
        noise
            σ² ≥ 0.
        coordinates
            Latent coordinates.
        d_strong, d_weak
            Coordinates of the strong and of the weak features.
        weight
            θ_i²; E f*² is this times Σ 1/i.
        seed
            Of the signs.
        law
            Distribution of the latent coordinates.

        References
        ----------
        arXiv 2502.05075, the synthetic regression experiments.
        """
        L = check.dimension(coordinates, "coordinates")
        d_w, d_s = check.dimension(d_weak, "d_weak"), check.dimension(d_strong, "d_strong")
        first = check.whole(offset, "offset", least=0)
        if d_s > L:
            raise InputError("d_strong", f"is {d_s}; there are {L} coordinates")
        if first + d_w > L:
            raise InputError(
                "offset", f"is {first}; at most coordinates − d_weak = {L - d_w} is possible"
            )
        rng = np.random.default_rng(check.whole(seed, "seed", least=0))
        θ = rng.choice((-1.0, 1.0), L) * check.non_negative(weight, "weight") ** 0.5
        root = np.arange(1, L + 1) ** -0.5
        weak, strong = np.zeros((L, d_w)), np.zeros((L, d_s))
        np.fill_diagonal(weak[first:], np.maximum(np.arange(d_w) + first, 1) ** -0.5)
        np.fill_diagonal(strong, root[:d_s])
        return cls(weak, strong, (root * θ)[:, None], noise, law)

    @cached_property
    def problem(self) -> Problem:
        """The population, exactly."""
        W, S, θ = self.weak_map, self.strong_map, self.coef
        return Problem(
            W.T @ W, S.T @ S, S.T @ W, W.T @ θ, S.T @ θ, float(np.sum(θ**2)), float(self.noise)
        )

    def draw(self, rows: int, rng: Generator) -> Sample:
        """Draw independent rows.

        Parameters
        ----------
        rows
            How many, ≥ 1.
        rng
            The same state gives the same digits.
        """
        check.whole(rows, "rows")
        if not isinstance(rng, Generator):
            raise InputError(
                "rng", f"is {type(rng).__name__}; a numpy Generator (default_rng(seed)) is needed"
            )
        maps = (self.weak_map, self.strong_map, self.coef)
        weak, strong, f = draw_panels(maps, self.law, rows, rng)
        e = rng.standard_normal(f.shape) * (self.noise / f.shape[1]) ** 0.5
        return Sample(weak, strong, f + e, f)
