import numpy as np
import pytest
from scipy import stats

from tests.laws import close
from w2slens.models.estimates import (
    Estimate,
    UndefinedRatioWarning,
    mean_of_ratios,
    outperforming_ratio,
    ratio_of_means,
    recovered_gap,
)
from w2slens.models.probe import LinearProbe
from w2slens.models.risks import Risks
from w2slens.models.scoring import tally


def test_ratio_of_means_is_not_the_mean_of_ratios():
    top, bottom = np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0])
    assert ratio_of_means(top, bottom).mean == 1.0
    close(mean_of_ratios(top, bottom).mean, (0.5 + 2 + 1) / 3)


def test_jackknife_error_of_a_ratio_is_right():
    rng, ratios, errors = np.random.default_rng(0), [], []
    for _ in range(400):
        bottom = 2 + rng.standard_normal(50)
        found = ratio_of_means(bottom + 0.5 * rng.standard_normal(50), bottom)
        ratios.append(found.mean)
        errors.append(found.se)
    spread = np.std(ratios)
    assert abs(np.mean(errors) - spread) < 4 * spread / (2 * 400) ** 0.5


def test_a_gap_within_noise_has_no_pgr():
    rng = np.random.default_rng(1)
    start = 1 + 0.1 * rng.standard_normal(20)
    with pytest.warns(UndefinedRatioWarning, match="no gap"):
        found = recovered_gap(start, start - 0.3, start + 0.01 * rng.standard_normal(20))
    assert np.isnan(found.mean)
    with pytest.warns(UndefinedRatioWarning):
        assert np.isnan(recovered_gap(start, start - 0.3, start + 0.5).mean)


def test_one_trial_has_a_ratio_and_no_error():
    found = recovered_gap(np.array([1.0]), np.array([0.6]), np.array([0.2]))
    close(found.mean, 0.5)
    assert np.isnan(found.se)
    assert np.isnan(Estimate.of(np.array([1.0])).se)


def test_opr_of_a_perfect_student_is_undefined():
    assert np.isnan(outperforming_ratio(np.ones(3), np.zeros(3)).mean)
    assert np.isnan(mean_of_ratios(np.ones(3), np.array([1.0, 0.0, 1.0])).mean)


def test_predicted_ratios_and_their_guard():
    arrays = [np.array([[a, b]]) for a, b in ((1.0, 0.5), (0.6, 0.4), (0.9, 0.2), (0.2, 0.5))]
    risks = Risks((10,), (20, 30), *arrays)
    with pytest.warns(UndefinedRatioWarning):
        pgr = risks.pgr
    close(pgr[0, 0], 0.5)
    assert np.isnan(pgr[0, 1])
    close(risks.opr, [[1.5, 0.5]])


def test_tally_equals_row_by_row_scores():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((2500, 6)).astype(np.float32)
    probes = [LinearProbe(rng.standard_normal((6, 3)), rng.standard_normal(3)) for _ in range(4)]
    y, truth = np.eye(3)[rng.integers(0, 3, 2500)], rng.random((2500, 3))
    found = tally(probes, [X], [truth, y], y.argmax(axis=1))
    for i, probe in enumerate(probes):
        scores = probe.predict(X.astype(float))
        close(found.squared_error[0, i], np.mean(np.sum((scores - truth) ** 2, axis=1)), 1e-12)
        close(found.squared_error[1, i], np.mean(np.sum((scores - y) ** 2, axis=1)), 1e-12)
        assert found.accuracy[i] == np.mean(scores.argmax(axis=1) == y.argmax(axis=1))
    assert np.isnan(tally(probes, [X], [y]).accuracy).all()


def test_stacking_and_splitting_probes_are_inverse():
    rng = np.random.default_rng(3)
    probes = [LinearProbe(rng.standard_normal((4, 2)), rng.standard_normal(2)) for _ in range(3)]
    for before, after in zip(probes, LinearProbe.stack(probes).split(3), strict=True):
        close(after.coef, before.coef, 0)
        close(after.intercept, before.intercept, 0)


def test_a_large_grid_is_shown_by_its_corners_unless_all_is_asked_for():
    risks = Risks(tuple(range(1, 11)), tuple(range(1, 9)), *np.ones((4, 10, 8)))
    assert len(risks.table().rows) < len(risks.table(whole=True).rows) == 80


def test_a_gap_within_two_standard_errors_is_none():
    noise = np.array([-1.0, 1.0, -1.0, 1.0])  # of the gap: a standard error of 1/√3
    for gap, known in ((1.9, False), (2.1, True)):
        start = 5 + gap / 3**0.5 + noise
        found = recovered_gap(start, np.full(4, 5.0), np.full(4, 5.0)) if known else None
        if known:
            assert found.mean == pytest.approx(1)
        else:
            with pytest.warns(UndefinedRatioWarning):
                assert np.isnan(recovered_gap(start, np.full(4, 5.0), np.full(4, 5.0)).mean)


def test_an_estimate_is_a_mean_with_its_standard_error():
    values = np.random.default_rng(0).standard_normal(12)
    found = Estimate.of(values)
    assert (found.mean, found.se) == pytest.approx((values.mean(), stats.sem(values)))
    assert np.isnan(Estimate.of(values[:1]).se)


def test_two_trials_tell_half_the_distance_of_their_ratios():
    found = outperforming_ratio(np.array([3.0, 1.0]), np.array([2.0, 2.0]))
    assert (found.mean, found.se) == (1.0, 0.5)
