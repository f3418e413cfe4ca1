import numpy as np
import pytest

from tests import oracles
from tests.laws import close
from w2slens.models.design import Design
from w2slens.models.fit import Fitted
from w2slens.models.labeled import LabeledBlock
from w2slens.moments.moments import Moments

REGIMES = {
    "tall": (30, 8, None),
    "wide": (12, 20, None),
    "square": (20, 20, None),
    "one row more than coordinates": (21, 20, None),
    "rank-deficient": (40, 15, 6),
    "wide and rank-deficient": (12, 20, 6),
}


def draw(regime, seed=0):
    n, p, rank = REGIMES[regime]
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 2.0
    if rank:
        X = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, p))
        X[:, 3] = 1.7
    strong = rng.standard_normal((n, 7)) + X[:, :1]
    Y = np.stack([X[:, 0] + rng.standard_normal(n), rng.standard_normal(n)], axis=1)
    pool = rng.standard_normal((60, p)) + 0.3, rng.standard_normal((60, 7))
    if rank:
        pool = (rng.standard_normal((60, rank)) @ rng.standard_normal((rank, p)), pool[1])
    return X, strong, Y, *pool


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.5])
@pytest.mark.parametrize("regime", REGIMES)
class TestEveryRegime:
    def test_fit_equals_the_row_level_fit(self, regime, ridge):
        X, _, Y, pool, _ = draw(regime)
        probe = Design.from_rows(X).fit(Y, ridge)
        expected = oracles.fit(X, Y, len(X) * ridge)
        close(probe.predict(X), expected(X), 1e-9)
        close(probe.predict(pool), expected(pool), 1e-9)

    def test_leave_one_out_equals_refits(self, regime, ridge):
        X, _, Y, _, _ = draw(regime)
        found = Design.from_rows(X).loo_residuals(Y, ridge)
        close(found, oracles.leave_one_out(X, Y, len(X) * ridge), 1e-9)

    def test_leave_one_out_of_the_student_equals_refits(self, regime, ridge):
        X, strong, Y, pool_w, pool_s = draw(regime)
        pool = Moments.from_rows(weak=pool_w, strong=pool_s)
        ridges = [0.0, 0.2]
        found = LabeledBlock.from_rows(X, strong, Y).loo_w2s(pool, ridge, ridges)
        for scores, λ in zip(found, ridges, strict=True):
            rows = (X, strong, Y, pool_w, pool_s)
            close(scores, oracles.leave_one_out_w2s(*rows, len(X) * ridge, 60 * λ), 1e-9)

    def test_leverages_are_the_hat_diagonal(self, regime, ridge):
        X, _, _, _, _ = draw(regime)
        design = Design.from_rows(X)
        hat = np.stack([design.fit(e[:, None], ridge).predict(X)[:, 0] for e in np.eye(len(X))])
        close(design.leverages(ridge), np.diag(hat), 1e-9)
        assert design.leverages(ridge).sum() <= design.rank + 1 + 1e-9


@pytest.mark.parametrize("p", [4, 30])
def test_rows_of_leverage_one_have_a_minimum_norm_refit(p):
    X = np.random.default_rng(0).standard_normal((20, p))
    X[:, 3] = 0
    X[5, 3] = 1.0
    X[1] = X[0]
    Y = np.random.default_rng(1).standard_normal((20, 2))
    close(Design.from_rows(X).loo_residuals(Y), oracles.leave_one_out(X, Y), 1e-9)


@pytest.mark.parametrize("shift", [0.0, 2000.0])
def test_leave_one_out_keeps_its_digits_at_tiny_ridges(shift):
    rng = np.random.default_rng(1)
    X, Y = rng.standard_normal((8, 20)) + shift, rng.standard_normal((8, 1)) + shift
    found = Design.from_rows(X).loo_residuals(Y, 2e-8)
    limit = oracles.leave_one_out(X, Y)
    close(found, limit, 1e-6)


def test_a_ridge_uses_every_direction_whatever_the_route():
    X = (np.random.default_rng(2).standard_normal((62, 60)) + 10).astype(np.float16)
    Y = np.random.default_rng(3).standard_normal((62, 1))
    for ridge in (1e-4, 1e-3, 0.03, 0.1):
        expected = oracles.fit(X.astype(float), Y, 62 * ridge)(X.astype(float))
        close(Design.from_rows(X).fit(Y, ridge).predict(X.astype(float)), expected, 1e-9)
        moments = Moments.from_rows(strong=X, label=Y)
        coef = moments.spectrum("strong").solve(moments.cross("strong", "label"), 62 * ridge)
        close(Design.from_rows(X).fit(Y, ridge).coef, coef, 1e-8)


def test_near_the_threshold_refinement_keeps_the_digits():
    rng = np.random.default_rng(7)
    X, Y = rng.standard_normal((52, 50)), rng.standard_normal((52, 1))
    found, expected = Design.from_rows(X).fit(Y, 0.0).predict(X), oracles.fit(X, Y)(X)
    condition = np.linalg.cond(X - X.mean(axis=0))
    close(found, expected, max(1e-12, 10 * condition * np.finfo(float).eps))


def test_constant_features_predict_the_mean():
    Y = np.array([[1.0], [2.0], [6.0]])
    probe = Design.from_rows(np.ones((3, 2))).fit(Y, 0.0)
    close(probe.predict(np.ones((1, 2))), [[3.0]])


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rounding_of_rows_far_from_zero_is_no_direction_for_a_ridge(ridge, scale):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((3, 1)) @ rng.standard_normal((1, 5)) + 50 * rng.standard_normal(5)
        Y = rng.standard_normal((3, 1))
        expected = oracles.leave_one_out(X, Y, 3 * ridge)
        found = Design.from_rows(scale * X).loo_residuals(Y, scale**2 * ridge)
        close(found, expected, 1e-9)


def test_fits_on_labels_are_ridgeless_unless_told():
    rng = np.random.default_rng(0)
    block = LabeledBlock.from_rows(*(rng.standard_normal((30, p)) for p in (4, 6, 2)))
    for fitted in (block.teacher, block.baseline):
        close(fitted().coef, fitted(0.0).coef, 1e-15)
        assert not np.allclose(fitted().coef, fitted(1.0).coef)


@pytest.mark.parametrize("ridges", [(0.1, 0.1), (0.1, 2.0)])
def test_groups_of_outputs_are_fitted_each_at_its_own_ridge(ridges):
    rng = np.random.default_rng(0)
    design, y = Design.from_rows(rng.standard_normal((30, 4))), rng.standard_normal((30, 6))
    found = Fitted.at(ridges, lambda ridge: design.fit(y, ridge))
    for (probe, ridge), own, asked in zip(
        found.groups(), (y[:, :3], y[:, 3:]), ridges, strict=True
    ):
        assert ridge == asked
        close(probe.coef, design.fit(own, asked).coef, 1e-12)
