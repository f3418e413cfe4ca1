"""What the unlabeled pool says of a pair without any label."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.measure.overlap import debias, whitened_cross
from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import Spectrum

SUBSETS = 20
"""Draws of labeled rows by which leverages are measured."""

SPARE = 5
"""A ridgeless fit to this many rows more than dimensions, or fewer, is left to theory: what it
learns has no variance to speak of, and 20 draws do not show it."""


FLAT = 1e-9
"""Share of the largest variance below which a draw does not vary in a direction."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Mean over draws of n rows of the noise that a ridgeless fit to them learns.

    Gaussian features make ``E[(X̃ᵀX̃)⁻¹] = Σ⁻¹/(n−d−2)``; rows of real features have heavier
    leverages, and a fit to few of them learns more noise. No label is needed to see it.

    Attributes
    ----------
    inverse
        (p, p) mean of ``(X̃ᵀX̃)⁻¹``, scaled so that ``tr(Σ·inverse)`` with the pool's Σ is `share`.
    share
        Mean of ``tr(Σ(X̃ᵀX̃)⁻¹)``, Σ of the rows that were not drawn: variance over σ².
    """

    inverse: Array
    share: float


@dataclass(frozen=True, eq=False)
class Unlabeled:
    """Rows of the pool, their second moments with overlap debiased, and draws of them.

    Attributes
    ----------
    weak, strong
        (N, p_w) and (N, p_s) features.
    """

    weak: NDArray[Any]
    strong: NDArray[Any]
    _drawn: dict[tuple[str, int], Drawn] = field(default_factory=dict, repr=False)

    @cached_property
    def moments(self) -> Moments:
        """Blocks ``weak`` and ``strong``."""
        return Moments.from_rows(weak=self.weak, strong=self.strong)

    @cached_property
    def spectra(self) -> tuple[Spectrum, Spectrum]:
        """Eigenpairs of Σ_ww and Σ_ss."""
        count = self.moments.count
        weak, strong = (
            replace(eigen, all_values=eigen.all_values / count)
            for eigen in map(self.moments.spectrum, ("weak", "strong"))
        )
        return weak, strong

    @property
    def overlap_known(self) -> bool:
        """Whether there are rows enough to tell overlap from chance."""
        weak, strong = self.spectra
        return self.moments.count > weak.rank + strong.rank + 1

    @cached_property
    def correlations(self) -> Array:
        """(r_s, r_w) correlations of the rows along both sides' axes, chance included."""
        return whitened_cross(self.moments)

    @cached_property
    def overlap(self) -> Array:
        """(r_s, r_w) the same, the canonical ones shrunk to the debiased dimension.

        Rows of unrelated features correlate by chance: as they are, they would make the student
        inherit what it does not.
        """
        weak, strong = self.spectra
        U, r, Vt = linalg.svd(self.correlations, full_matrices=False)
        r = debiased_correlations(np.minimum(r, 1.0), weak.rank, strong.rank, self.moments.count)
        return np.asarray((U * r) @ Vt)

    @cached_property
    def cross(self) -> Array:
        """(p_s, p_w) Σ_sw of that overlap."""
        weak, strong = self.spectra
        left, right = (eigen.vectors * np.sqrt(eigen.values) for eigen in (strong, weak))
        return np.asarray(left @ self.overlap @ right.T)

    def drawn(self, side: str, n: int) -> Drawn | None:
        """Draw n rows again and again; None where that many do not exceed the dimensions enough.

        Parameters
        ----------
        side
            ``"weak"`` or ``"strong"``.
        n
            Number of rows.
        """
        rank = self.spectra[side == "strong"].rank
        count = self.moments.count
        if n <= rank + SPARE or count < n + rank:
            return None
        if (side, n) not in self._drawn:
            self._drawn[side, n] = self._draw(side, n)
        return self._drawn[side, n]

    def _draw(self, side: str, n: int) -> Drawn:
        rows, m = getattr(self, side), self.moments
        eigen, mean = self.spectra[side == "strong"], m.centre(side)
        rng = np.random.default_rng(0)
        W, rest = eigen.whitening, m.count - n
        inverse, share = np.zeros((eigen.rank, eigen.rank)), 0.0
        for _ in range(SUBSETS):
            X = (rows[np.sort(rng.choice(m.count, n, replace=False))] - mean) @ W.T
            centre = X.mean(axis=0)
            gram = X.T @ X - n * np.outer(centre, centre)
            others = (m.count * np.eye(eigen.rank) - X.T @ X) / rest
            shift = -n / rest * centre
            # A feature may not vary over the rows of a draw; a fit then leaves it alone.
            found = linalg.pinvh(gram, rtol=FLAT, check_finite=False)
            share += np.sum(found * (others - np.outer(shift, shift))) / SUBSETS
            inverse += found / SUBSETS
        # Over rows that were drawn themselves the noise seems smaller than over others.
        inverse *= share / np.trace(inverse)
        return Drawn(W.T @ inverse @ W, float(share))


def debiased_correlations(canonical: Array, d_w: int, d_s: int, rows: int) -> Array:
    """Shrink sample canonical correlations so that their squares sum to the debiased dimension.

    Parameters
    ----------
    canonical
        (min(d_w, d_s),) sample canonical correlations, largest first.
    d_w, d_s, rows
        Dimensions of the sides and the number of rows that they were measured on; with fewer than
        d_w + d_s + 2 nothing is known, and the correlations stay as they are.
    """
    total = debias(float(np.sum(canonical**2)), d_w, d_s, rows)
    if not np.isfinite(total):
        return canonical
    total = float(np.clip(total, 0.0, len(canonical)))
    a, b = d_w / rows, d_s / rows
    edge = a + b - 2 * a * b + 2 * np.sqrt(a * b * (1 - a) * (1 - b))
    squares = canonical**2
    # Above the bulk of chance correlations a sample square s comes from the true square r that
    # solves s = r·(1−a+a/r)·(1−b+b/r): a population of a few correlations (Bao et al., 2019).
    half = (squares - a - b + 2 * a * b) / (2 * (1 - a) * (1 - b))
    inner = np.maximum(half**2 - a * b / ((1 - a) * (1 - b)), 0.0)
    alone = np.where(squares > edge, half + np.sqrt(inner), 0.0)
    spare = total - float(alone.sum())
    if spare < 0:
        return np.sqrt(alone * total / max(float(alone.sum()), 1e-300))
    room = squares - alone
    return np.sqrt(np.minimum(alone + room * min(spare / max(float(room.sum()), 1e-300), 1.0), 1.0))
