import numpy as np
import pytest

from tests import oracles
from tests.laws import close
from w2slens.labeled import Design, LabeledBlock
from w2slens.moments import Moments

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


def test_a_row_that_alone_carries_a_coordinate_has_no_leave_one_out():
    X = np.random.default_rng(0).standard_normal((20, 4))
    X[:, 3] = 0
    X[5, 3] = 1.0
    residuals = Design.from_rows(X).loo_residuals(X[:, :1] ** 2)
    assert np.isnan(residuals[5]).all()
    assert np.isfinite(np.delete(residuals, 5, axis=0)).all()


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
