import numpy as np
import pandas as pd
import pytest

from w2slens.experiments.peaks import at_peak
from w2slens.experiments.verdict import verdict


def table(n=100, N=1000, trials=20, ridge=0.0, spread=0.01, **means):
    rng = np.random.default_rng(0)
    defaults = {"weak": 0.5, "w2s": 0.4, "strong": 0.45, "ceiling": 0.3, "constant": 1.0}
    columns = {
        name: mean + spread * rng.standard_normal(trials)
        for name, mean in {**defaults, **means}.items()
    }
    ridges = {f"ridge_{name}": ridge for name in ("weak", "w2s", "strong")}
    return pd.DataFrame({**columns, "n": n, "N": N, "trial": range(trials), **ridges})


@pytest.mark.parametrize(
    ("means", "action"),
    [
        ({}, "w2s"),
        ({"strong": 0.35}, "strong-on-labels"),
        ({"weak": 0.35}, "weak-is-enough"),
        ({"weak": 0.4, "ceiling": 0.4, "strong": 0.5}, "weak-is-enough"),
        ({"strong": 0.4}, "too-close"),
        ({"constant": 0.4}, "label-more"),
    ],
)
def test_actions(means, action):
    found = verdict(table(**means), d_w=30, d_s=20)
    assert found.action == action
    assert "100 labels and 1,000 pseudo-labels" in found.reason


def test_one_trial_cannot_tell():
    found = verdict(table(trials=1), 30, 20)
    assert found.action == "too-close"
    assert "one trial" in found.reason


def test_a_loss_is_printed_as_plainly_as_a_gain():
    beaten = verdict(table(strong=0.35, w2s=0.55), 30, 20)
    assert "gains nothing" in beaten.reason
    assert "OPR is 0.64, below 1" in beaten.reason


def test_a_win_over_an_untuned_baseline_at_its_peak_is_no_win():
    found = verdict(table(n=24, strong=5.0), d_w=5, d_s=20)
    assert found.action == "too-close"
    assert "interpolation peak" in found.reason
    assert verdict(table(n=24, strong=5.0, ridge=0.1), 5, 20).action == "w2s"


def test_a_student_at_its_peak_is_not_judged():
    found = verdict(table(N=24, w2s=5.0, strong=0.35), d_w=5, d_s=20)
    assert found.action == "too-close"
    assert "more pseudo-labels" in found.reason
    both = pd.concat([table(N=24, n=200, w2s=5.0, strong=0.35), table(n=100)])
    found = verdict(both, 5, 20)
    assert found.action == "w2s"
    assert "Elsewhere" not in found.reason


def test_without_signal_an_untuned_model_is_told_to_tune():
    assert "tune the ridge" in verdict(table(constant=0.3), 5, 20).reason
    assert "tune" not in verdict(table(constant=0.3, ridge=0.1), 5, 20).reason


def test_the_headline_is_the_largest_cell_off_the_peak_and_others_are_named():
    grid = pd.concat([table(n=50), table(n=200, strong=0.3), table(n=22, strong=9.0)])
    found = verdict(grid, 5, 20)
    assert found.action == "strong-on-labels"
    assert "w2s at n=50, N=1,000" in found.reason


@pytest.mark.parametrize(
    ("n", "peak"), [(5, False), (14, True), (20, True), (21, True), (31, True), (32, False)]
)
def test_peak(n, peak):
    assert at_peak(n, 20, 0.0) is peak
    assert at_peak(n, 20, 0.1) is False


def test_a_noisy_gap_is_no_evidence_that_the_teacher_is_enough():
    found = verdict(table(n=9, weak=176.0, strong=0.5, w2s=5.0, spread=600.0), 8, 8)
    assert found.action != "weak-is-enough"
