import numpy as np
import pytest

from w2slens import Problem
from w2slens.theory.mixtures import MixedCeiling


def populations():
    """Return three populations of one pair, far apart."""
    rng = np.random.default_rng(0)
    left, right = rng.standard_normal((2, 60, 12))
    found = []
    for seed in range(3):
        scale = np.random.default_rng(seed).lognormal(0, 0.8, 60)
        w, s = scale[:, None] * left, scale[:, None] * right
        f = scale[:, None] * rng.standard_normal((60, 2))
        grams = (w.T @ w, s.T @ s, s.T @ w, w.T @ f, s.T @ f)
        found.append(Problem(*grams, signal=float(np.sum(f**2)), noise=30.0))
    return found


@pytest.mark.parametrize(("ridge", "intercept"), [(0.0, True), (40.0, False)])
def test_interpolated_shares_give_what_factoring_every_cell_gives(ridge, intercept):
    ceiling = MixedCeiling(*populations(), ridge, intercept)
    n, N = np.geomspace(3, 3000, 9).astype(int), np.geomspace(5, 9000, 11).astype(int)
    found = ceiling.risk(n.astype(float), N.astype(float))
    for i in range(len(n)):
        for j in range(len(N)):
            alone = ceiling.risk(n[i : i + 1].astype(float), N[j : j + 1].astype(float))
            for grid, cell in zip(found, alone, strict=True):
                np.testing.assert_allclose(grid[i, j], cell[0, 0], rtol=1e-5)


def test_a_grid_of_few_cells_is_not_interpolated(monkeypatch):
    ceiling = MixedCeiling(*populations(), 0.0, True)
    monkeypatch.setattr(MixedCeiling, "_between", None)
    assert ceiling.risk(np.array([50.0, 100.0]), np.array([20.0]))[0].shape == (2, 1)
