import itertools

import numpy as np
import pytest

from tests.laws import agrees, close
from w2slens import InputError, Planted, Problem, predict, transfer
from w2slens.models.risks import MODELS
from w2slens.synthetic.sample import LAWS

GEOMETRIES = {
    # d_w, d_s, canonical correlations, rho_w, rho_s, signal
    "private on both sides": (9, 7, [1, 1, 1], 0.2, 0.3, 2.0),
    "private on one side, partial on the other": (9, 3, [0.4, 1, 0.9], 0.2, 0.3, 2.0),
    "partial pairs beside a shared one": (5, 5, [1, 0.9, 0.6, 0.6, 0.3], 0.3, 0.1, None),
    "partial pairs only": (6, 4, [0.9, 0.7, 0.5, 0.2], 0.2, 0.3, 1.5),
    "one partial pair": (1, 1, [0.6], 0.2, 0.3, None),
    "one partial pair and more weak coordinates": (4, 1, [0.8], 0.2, 0.3, 1.0),
    "one partial pair and more strong coordinates": (1, 4, [0.8], 0.2, 0.3, 1.5),
    "unrelated": (4, 3, [], 0.2, 0.3, None),
    "contained teacher": (3, 6, [1, 1, 1], 0.3, 0.1, 2.0),
    "contained student": (6, 3, [1, 1, 1], 0.1, 0.3, None),
    "equal subspaces": (4, 4, [1, 1, 1, 1], 0.2, 0.2, 1.0),
    "realizable": (6, 4, [1, 0.5], 0.0, 0.0, None),
    "nothing to learn": (6, 4, [0.5], 0.0, 0.0, None),
}


def whitened_cross(problem):
    whiten_s, whiten_w = problem.strong.spectrum.whitening, problem.weak.spectrum.whitening
    return whiten_s @ problem.cross_gram @ whiten_w.T


@pytest.mark.parametrize("name", GEOMETRIES)
def test_problem_has_the_numbers_asked_for(name):
    d_w, d_s, r, rho_w, rho_s, signal = GEOMETRIES[name]
    problem = Planted.with_correlations(
        d_w, d_s, r, noise=0.3, rho_w=rho_w, rho_s=rho_s, signal=signal, spectrum_weak=1
    ).problem
    assert (problem.d_w, problem.d_s, problem.noise) == (d_w, d_s, 0.3)
    expected = np.concatenate([sorted(r, reverse=True), np.zeros(min(d_w, d_s) - len(r))])
    found = np.linalg.svd(whitened_cross(problem), compute_uv=False)
    assert np.abs(found - expected).max() < 1e-10
    assert abs(problem.d_sw - np.sum(expected**2)) < 1e-10
    assert abs(problem.rho_w - rho_w) < 1e-10
    assert abs(problem.rho_s - rho_s) < 1e-10
    assert signal is None or abs(problem.signal - signal) < 1e-10


@pytest.mark.parametrize(
    ("d_w", "d_s", "d_sw", "rho_w", "rho_s"),
    [
        (9, 7, 3, 0.3, 0.1),
        (9, 7, 3.5, 0.3, 0.1),
        (5, 5, 4.5, 0.3, 0.1),
        (3, 6, 3, 0.3, 0.1),
        (6, 3, 3, 0.1, 0.3),
        (4, 4, 4, 0.2, 0.2),
    ],
)
def test_canonical_instances_are_the_same_problem(d_w, d_s, d_sw, rho_w, rho_s):
    r = [1] * int(d_sw) + [0.5**0.5] * (d_sw > int(d_sw))
    planted = Planted.with_correlations(d_w, d_s, r, noise=1.0, rho_w=rho_w, rho_s=rho_s)
    found = predict(planted.problem, n=30, N=50)
    expected = predict(Problem.gaussian(d_w, d_s, d_sw, 1.0, rho_w, rho_s), n=30, N=50)
    for model in MODELS:
        close(getattr(found, model), getattr(expected, model))


def test_correlations_that_miss_one_by_rounding_are_one():
    rounded = Planted.with_correlations(3, 2, [1 + 1e-15, 1 - 1e-15], noise=1.0, rho_s=0.1)
    exact = Planted.with_correlations(3, 2, [1, 1], noise=1.0, rho_s=0.1)
    assert np.array_equal(rounded.strong_map, exact.strong_map)
    assert np.array_equal(rounded.coef, exact.coef)


def test_least_signal_is_the_default_up_to_one_shared_unit():
    settings = {"noise": 1.0, "rho_w": 0.2, "rho_s": 0.3}
    for r, more in (([1, 0.5], 1.0), ([0.5], 0.0)):
        close(Planted.with_correlations(9, 7, r, **settings).problem.signal, 0.5 + more)


def test_spectra_are_the_ones_asked_for():
    chosen = np.array([3.0, 5.0, 0.5])
    problem = Planted.with_correlations(
        6, 3, [1, 0.5], noise=0.1, spectrum_weak=1.5, spectrum_strong=chosen
    ).problem
    close(problem.weak.spectrum.values, np.arange(1, 7) ** -1.5)
    close(problem.strong.spectrum.values, np.sort(chosen)[::-1])


def test_rotations_change_the_features_and_no_risk():
    settings = {"noise": 0.5, "rho_w": 0.1, "rho_s": 0.2, "spectrum_weak": 1, "spectrum_strong": 2}
    plain, *turned = (
        Planted.with_correlations(9, 7, [1, 0.8, 0.3], rotate=rotate, seed=seed, **settings)
        for rotate, seed in ((False, 0), (True, 0), (True, 1))
    )
    assert np.abs(turned[0].weak_map - turned[1].weak_map).max() > 0.1
    expected = predict(plain.problem, n=30, N=50)
    for planted in turned:
        found = predict(planted.problem, n=30, N=50)
        for model in MODELS:
            close(getattr(found, model), getattr(expected, model))


@pytest.mark.parametrize(
    ("offset", "rho_w", "rho_s"), [(90, 2.56e-4, 5.48e-5), (10, 1.64e-4, 5.48e-5), (0, None, None)]
)
def test_published_problem_has_the_published_errors(offset, rho_w, rho_s):
    problem = Planted.coordinates(offset=offset, noise=1e-2).problem
    assert (problem.d_w, problem.d_s) == (200, 100)
    close(problem.d_sw, 100 - offset)
    if rho_w:
        assert (f"{problem.rho_w:.2e}", f"{problem.rho_s:.2e}") == (f"{rho_w:.2e}", f"{rho_s:.2e}")


@pytest.mark.parametrize("law", LAWS)
def test_latent_coordinates_have_mean_0_and_variance_1(law):
    z = LAWS[law](np.random.default_rng(0), (50_000, 2))
    agrees(z.ravel(), 0.0)
    if law == "rademacher":
        assert set(np.unique(z)) == {-1.0, 1.0}
    else:
        agrees(z.ravel() ** 2, 1.0)
    agrees(z[:, 0] * z[:, 1], 0.0)


@pytest.mark.parametrize("law", LAWS)
def test_drawn_moments_are_the_problem(law):
    planted = Planted.with_correlations(
        5, 4, [1, 0.7], noise=0.4, rho_w=0.2, rho_s=0.1, spectrum_weak=1, law=law
    )
    problem, rows = planted.problem, planted.draw(40_000, np.random.default_rng(1))
    assert rows.weak.shape == (40_000, 5)
    assert rows.strong.shape == (40_000, 4)
    assert rows.y.shape == rows.target.shape == (40_000, 1)
    e = rows.y - rows.target
    zero = np.zeros((5, 1))
    pairs = (
        (rows.weak, rows.weak, problem.weak_gram),
        (rows.strong, rows.strong, problem.strong_gram),
        (rows.strong, rows.weak, problem.cross_gram),
        (rows.weak, rows.target, problem.weak_target),
        (rows.strong, rows.y, problem.strong_target),
        (rows.target, rows.target, np.array([[problem.signal]])),
        (rows.weak, e, zero),
        (rows.weak, np.ones((40_000, 1)), zero),
        (e, e, np.array([[0.4]])),
    )
    for left, right, expected in pairs:
        for i, j in itertools.product(*map(range, expected.shape)):
            agrees(left[:, i] * right[:, j], expected[i, j], errors=4)


def test_noise_is_shared_equally_among_outputs():
    planted = Planted(np.eye(3, 2), np.eye(3), np.eye(3), 0.6)
    rows = planted.draw(20_000, np.random.default_rng(0))
    e = rows.y - rows.target
    for j in range(3):
        agrees(e[:, j] ** 2, 0.2)
    close([planted.problem.rho_w, planted.problem.signal], [1.0, 3.0])


def test_same_seed_same_digits():
    make = {
        "correlations": lambda seed: Planted.with_correlations(4, 3, [1], noise=1.0, seed=seed),
        "coordinates": lambda seed: Planted.coordinates(offset=3, noise=1.0, seed=seed),
    }
    for build in make.values():
        a, b, c = (build(seed).draw(1500, np.random.default_rng(seed)) for seed in (5, 5, 6))
        for name in a._fields:
            assert np.array_equal(getattr(a, name), getattr(b, name))
            assert not np.allclose(getattr(a, name), getattr(c, name))


def test_gaussian_rows_have_the_predicted_risks():
    planted = Planted.with_correlations(
        8, 6, [1, 1, 0.7], noise=0.5, rho_w=0.2, rho_s=0.1, spectrum_weak=1
    )
    rng, risks = np.random.default_rng(2), {model: [] for model in MODELS}
    for _ in range(120):
        rows = planted.draw(30 + 40 + 400, rng)
        run = transfer(
            rows.weak, rows.strong, rows.y, target=rows.target,
            n=30, N=40, test=400, trials=1, ridge_weak=0, ridge_strong=0,
        )  # fmt: skip
        for model in MODELS:
            risks[model].append(run.table[model].iloc[0])
    found = predict(planted.problem, n=30, N=40, intercept=True)
    for model in MODELS:
        agrees(risks[model], getattr(found, model)[0, 0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"d_w": 0}, "d_w: is 0"),
        ({"d_s": 2.5}, "d_s: is 2.5; a whole number"),
        ({"noise": -1}, "noise: is -1"),
        ({"law": "cauchy"}, "law: is 'cauchy'; one of gaussian, student"),
        ({"canonical": [1.2]}, r"canonical: holds 1.2; correlations lie in \[0, 1\]"),
        ({"canonical": [-0.1]}, "canonical: holds -0.1"),
        ({"canonical": [np.nan]}, "canonical: holds 1 value that is NaN"),
        ({"canonical": [1] * 5}, r"canonical: .* at most min\(d_w, d_s\) = 4"),
        ({"canonical": 1.0}, "canonical: has shape"),
        ({"spectrum_weak": [1.0, 2.0]}, r"spectrum_weak: has shape \(2,\); a power or 6"),
        ({"spectrum_weak": -1}, "spectrum_weak: is -1"),
        ({"spectrum_strong": [1, 1, 1, 0]}, "spectrum_strong: has eigenvalues from 0 to 1"),
        ({"spectrum_strong": 50}, "spectrum_strong: has eigenvalues from"),
        ({"seed": -1}, "seed: is -1"),
        ({"rho_w": -1}, "rho_w: is -1"),
        ({"rho_w": 1.0, "signal": 0.5}, "signal: is 0.5; .* at least 1$"),
        ({"signal": 5}, r"signal: is 5; .* at least 0 and at most 0 \(no canonical"),
        ({"canonical": [1] * 4, "rho_w": 0.2, "rho_s": 0.1}, "rho_w: .* contains the student's"),
        ({"canonical": [1] * 4, "d_w": 4, "rho_w": 0.1}, "rho_s: .* equal subspaces"),
        ({"canonical": [1] * 3, "d_w": 3, "rho_s": 0.1}, "rho_s: .* contains the teacher's"),
    ],
)
def test_impossible_problems_are_refused(settings, message):
    shared = [1] if "signal" in settings and "rho_w" in settings else [0.5]
    defaults = {"d_w": 6, "d_s": 4, "canonical": shared, "noise": 1.0}
    with pytest.raises(InputError, match=message):
        Planted.with_correlations(**{**defaults, **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"offset": 101}, "offset: is 101; at most coordinates − d_weak = 100"),
        ({"offset": -1}, "offset: is -1"),
        ({"d_strong": 301}, "d_strong: is 301; there are 300"),
        ({"weight": -1}, "weight: is -1"),
        ({"noise": np.nan}, "noise: is nan"),
    ],
)
def test_impossible_coordinates_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Planted.coordinates(**{"offset": 10, "noise": 1.0, **settings})


def test_malformed_maps_and_draws_are_refused():
    eye = np.eye(3)
    with pytest.raises(InputError, match="coef: has 2 rows, weak_map 3; one row a latent"):
        Planted(eye, eye, np.ones((2, 1)), 1.0)
    with pytest.raises(InputError, match="coef: has 1 dimension"):
        Planted(eye, eye, np.ones(3), 1.0)
    with pytest.raises(InputError, match="rng: is int; a numpy Generator"):
        Planted(eye, eye, eye, 1.0).draw(5, 0)
    with pytest.raises(InputError, match="rows: is 0"):
        Planted(eye, eye, eye, 1.0).draw(0, np.random.default_rng())
