"""Fits at their own best ridges: the equivalent minimised over λ, model by model."""

import numpy as np
import pytest

from w2slens import InputError, Problem, predict
from w2slens.models.risks import MODELS
from w2slens.theory.tuned import Candidates, Tuned

GRID = np.logspace(-5, 3, 161)


def pair(**change):
    settings = {"d_w": 40, "d_s": 60, "d_sw": 10, "noise": 1.0, "rho_w": 0.02, "rho_s": 0.01}
    return Problem.gaussian(**{**settings, "signal": 1.0, **change})


def decaying():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((4000, 60)) * np.arange(1, 61) ** -0.7
    y = z[:, ::3].sum(axis=1) + rng.standard_normal(4000)
    return Problem.from_data(z[:, :25] @ rng.standard_normal((25, 25)), z[:, 10:60], y)


@pytest.mark.parametrize("problem", [pair(), pair(noise=0.01), decaying()], ids=["a", "b", "c"])
@pytest.mark.parametrize("intercept", [True, False])
def test_no_ridge_of_a_fine_grid_does_better(problem, intercept):
    n, N = [5, 40, 41, 200], [10, 60, 61, 2000]
    asked = {"n": n, "N": N, "intercept": intercept}
    best = predict(problem, **asked, ridge_weak="auto", ridge_strong="auto")
    for i, size in enumerate(n):
        λ_w = float(best.ridges.weak[i, 0])
        tried = [
            predict(
                problem,
                n=size,
                N=N,
                intercept=intercept,
                ridge_weak=λ_w,
                ridge_strong=λ,
                method="equivalent",
            )
            for λ in GRID
        ]
        for model in ("w2s", "strong", "ceiling"):
            least = np.min([getattr(one, model)[0] for one in tried], axis=0)
            assert np.all(getattr(best, model)[i] <= least * (1 + 5e-4)), model
    teachers = [
        predict(problem, **asked, ridge_weak=λ, method="equivalent").weak[:, 0] for λ in GRID
    ]
    assert np.all(best.weak[:, 0] <= np.min(teachers, axis=0) * (1 + 5e-4))


def test_a_chosen_ridge_predicts_what_it_does_when_given():
    problem = decaying()
    best = predict(problem, n=30, N=200, ridge_weak="auto", ridge_strong="auto", intercept=True)
    for model in MODELS:
        λ = float(getattr(best.ridges, model)[0, 0])
        given = predict(
            problem,
            n=30,
            N=200,
            ridge_weak=float(best.ridges.weak[0, 0]),
            ridge_strong=λ,
            intercept=True,
            method="equivalent",
        )
        assert getattr(given, model)[0, 0] == pytest.approx(getattr(best, model)[0, 0], rel=1e-9)


def test_risk_never_grows_with_rows_where_every_ridge_is_chosen():
    sizes = np.unique(np.geomspace(3, 5000, 60).astype(int))
    for problem in (pair(), decaying()):
        asked = {"ridge_weak": "auto", "ridge_strong": "auto", "intercept": True}
        labels = predict(problem, n=sizes, N=100, **asked)
        for model in ("weak", "strong"):
            risks = getattr(labels, model)[:, 0]
            assert np.all(np.diff(risks) <= 1e-3 * risks[:-1])


def test_one_ridge_may_be_given_and_the_other_chosen():
    asked = {"n": 50, "N": 400, "intercept": True}
    both = predict(pair(), **asked, ridge_weak="auto", ridge_strong="auto")
    half = predict(pair(), **asked, ridge_weak=3.0, ridge_strong="auto")
    fixed = predict(pair(), **asked, ridge_weak=3.0)
    assert half.strong == both.strong
    assert half.weak == pytest.approx(fixed.weak)
    assert half.ridges.weak[0, 0] == 3.0


@pytest.mark.parametrize("λ", [("auto", "auto"), (3.0, "auto"), ("auto", 0.1), (3.0, 0.1)])
def test_one_models_risk_alone_is_that_of_all_four(λ):
    n, N = np.array([20.0, 50.0]), np.array([60.0, 400.0])
    asked = {"n": [20, 50], "N": [60, 400], "ridge_weak": λ[0], "ridge_strong": λ[1]}
    whole, tuned = predict(pair(), **asked, method="equivalent"), Tuned(pair(), *λ, False)
    for model in ("weak", "w2s", "strong"):
        found = np.broadcast_to(tuned.risk(model, n, N), (2, 2))
        assert found == pytest.approx(getattr(whole, model), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "exact"}, "method: 'exact' chooses no ridge"),
        ({"test": pair()}, "ridge_strong: is 'auto', which knows no shift"),
        ({"problem": pair(signal=None)}, "signal: is missing"),
        ({"ridge_strong": "best"}, "ridge_strong: is 'best'; a number of at least 0 or 'auto'"),
    ],
)
def test_what_cannot_be_chosen_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        predict(**{"problem": pair(), "n": 50, "N": 100, "ridge_strong": "auto", **change})


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("intercept", [True, False])
def test_no_predicted_risk_is_negative(seed, intercept):
    """Whatever the spectra, the ridges and the shift: a bias is a square, up to rounding."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((200, 30)) * 10.0 ** rng.uniform(-6, 2, 30)
    weak, strong = z[:, :12], z[:, 6:]
    y = z[:, :10] @ rng.standard_normal(10) / z[:, :10].std(axis=0).max()
    problem, other = Problem.from_data(weak, strong, y), Problem.from_data(weak, strong, 2 * y)
    asked = {"n": [3, 13, 14, 50, 10**6], "N": [5, 25, 300, 10**9], "intercept": intercept}
    for ridges in (("auto", "auto"), (0.0, 0.0), (1e-9, 1e-3), (1e6, 0.0)):
        given = {"ridge_weak": ridges[0], "ridge_strong": ridges[1]}
        found = [predict(problem, **asked, **given)]
        if "auto" not in ridges:
            found.append(predict(problem, **asked, **given, test=other))
        for risks in found:
            for model in MODELS:
                values = getattr(risks, model)
                assert np.all((values >= 0) | np.isnan(values)), (model, ridges)


@pytest.mark.parametrize("intercept", [False, True])
def test_what_a_fit_learns_of_noise_is_told_where_a_ridge_leads_and_is_0_elsewhere(intercept):
    """Ridges of at least 0 lead to the κ at which n exceeds the degrees of freedom."""
    side, rows, one = decaying().strong, np.array([8.0, 50.0, 51.0, 52.0, 400.0]), int(intercept)
    candidates = Candidates(side, intercept)
    reached, learnt = candidates.learnt(rows)
    values = side.spectrum.values
    for i, n in enumerate(rows):
        for j in range(0, len(candidates.filters.kappa), 13):
            kept = values / (values + candidates.filters.kappa[j])
            share = np.sum(kept**2) / (n - one)
            room = n - one > kept.sum() + (j == 0)
            assert reached[i, j] == room
            expected = (share + one / n) / (1 - share) if room else 0.0
            assert learnt[i, j] == pytest.approx(expected, rel=1e-6)
