"""Published estimators that this library replaces, kept to reproduce published numbers."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from w2slens._core import check
from w2slens._core.types import Array
from w2slens.moments import Moments, product
from w2slens.moments.spectrum import holding


def coordinate_overlap(
    weak: ArrayLike,
    strong: ArrayLike,
    *,
    energy: float = 0.99,
    match: str = "project",
    seed: int = 0,
) -> tuple[float, float]:
    """Compute the overlap of principal axes as the paper's released code does, for reproduction.

    The wider features are mapped to the narrower's number of coordinates D by a random Gaussian
    matrix (or the narrower are padded with zero columns), and the overlap of the leading principal
    axes ``‖V_sᵀV_w‖_F²`` is taken as if coordinate i of one network were coordinate i of the other.

    .. warning::
       Between two networks this measures chance, d_s·d_w/D: their coordinates have nothing to do
       with each other, and a rotation of one side changes the answer. Use `dimensions` instead.

    Parameters
    ----------
    weak, strong
        (rows, p_w) and (rows, p_s) features of the same examples.
    energy
        Share of variance that the leading axes hold.
    match
        ``"project"`` or ``"pad"``.
    seed
        Of the random projection.

    Returns
    -------
    (overlap, chance)
        The released number and the value that unrelated coordinates give.
    """
    check.choice(match, "match", ("project", "pad"))
    energy, seed = check.share(energy, "energy"), check.whole(seed, "seed", least=0)
    sides = [np.asarray(check.features(weak, "weak"), float)]
    sides.append(np.asarray(check.features(strong, "strong"), float))
    check.same_rows({"weak": len(sides[0]), "strong": len(sides[1])})
    warnings.warn(
        "coordinate_overlap compares coordinates that have no relation to each other; it is at "
        "chance for two networks, and is here only to reproduce published numbers",
        stacklevel=2,
    )
    widths = [side.shape[1] for side in sides]
    D = min(widths) if match == "project" else max(widths)
    rng = np.random.default_rng(seed)
    axes: list[Array] = []
    for name, side, width in zip(("weak", "strong"), sides, widths, strict=True):
        if width > D:
            side = product(side, rng.standard_normal((width, D))) / np.sqrt(D)
        moments = Moments.from_rows(**{name: np.pad(side, ((0, 0), (0, D - side.shape[1])))})
        moments.require_variation(name)
        eigen = moments.spectrum(name)
        axes.append(eigen.vectors[:, : holding(eigen.values, energy)])
    V_w, V_s = axes
    return float(np.sum(product(V_s.T, V_w) ** 2)), V_s.shape[1] * V_w.shape[1] / D
