import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tests.laws import agrees, close
from tests.oracles import fit
from w2slens import InputError, Moments, Problem, dimensions, inheritance, predict
from w2slens.models.risks import MODELS
from w2slens.theory.bounds import opr_bound, pgr_bound
from w2slens.theory.canonical import TINY, _parts
from w2slens.theory.exact import inherited
from w2slens.theory.few import few
from w2slens.theory.fits import Fit
from w2slens.theory.fixed_point import effective_ridge
from w2slens.theory.shrinkage import Sites
from w2slens.theory.side import Side
from w2slens.theory.student import Relay, Student


def coordinates(index, size):
    return np.eye(size)[list(index)]


def worked_instance():
    """Isotropic inputs in 50 dimensions, misspecified on both sides."""
    W, S = coordinates(range(20), 50), coordinates([*range(6), *range(20, 26)], 50)
    θ = np.zeros((50, 1))
    θ[0:4], θ[10:14], θ[22:24], θ[40:44] = 0.5, 0.3, 0.4, 0.2
    problem = Problem(W @ W.T, S @ S.T, S @ W.T, W @ θ, S @ θ, float(np.sum(θ**2)), 0.25)
    return problem, W, S, θ


def simulate(W, S, θ, noise, n, N, draws, seed=0):
    """Excess risks of intercept-free ridgeless fits on Gaussian inputs, tested exactly."""
    rng, D = np.random.default_rng(seed), len(θ)
    risks, students = {model: [] for model in MODELS}, []
    for _ in range(draws):
        x, u = rng.standard_normal((n, D)), rng.standard_normal((N, D))
        y = x @ θ + noise**0.5 * rng.standard_normal((n, 1))
        y_u = u @ θ + noise**0.5 * rng.standard_normal((N, 1))
        solve = partial(np.linalg.lstsq, rcond=None)
        weak = W.T @ solve(x @ W.T, y)[0]
        w2s = S.T @ solve(u @ S.T, u @ weak)[0]
        strong = S.T @ solve(x @ S.T, y)[0]
        both, labels = np.concatenate([x, u]), np.concatenate([y, y_u])
        ceiling = S.T @ solve(both @ S.T, labels)[0]
        for model, coef in zip(MODELS, (weak, w2s, strong, ceiling), strict=True):
            risks[model].append(float(np.sum((coef - θ) ** 2)))
        students.append(w2s)
    return risks, np.array(students)


def test_worked_instance():
    found = predict(worked_instance()[0], n=40, N=50)
    for model, value in zip(MODELS, (1.2484, 1.3617, 0.8622, 0.6400), strict=True):
        assert round(float(getattr(found, model)[0, 0]), 4) == value


def test_exact_risks_agree_with_monte_carlo():
    problem, W, S, θ = worked_instance()
    risks, students = simulate(W, S, θ, problem.noise, 40, 50, 1500)
    found = predict(problem, n=40, N=50)
    for model in MODELS:
        agrees(risks[model], getattr(found, model)[0, 0])
    mean = students.mean(axis=0)
    variance = np.sum((students - mean) ** 2, axis=(1, 2)) * len(students) / (len(students) - 1)
    agrees(variance, found.variance.w2s[0, 0])
    close(found.bias.w2s + found.variance.w2s, found.w2s, 1e-12)
    assert abs(np.sum((mean - θ) ** 2) - found.bias.w2s[0, 0]) < 3 * variance.mean() / 1500**0.5


def test_realizable_instance_is_where_the_published_expression_falls_short():
    pair = Problem.gaussian(d_w=40, d_s=20, d_sw=5, noise=1.0)
    exact, published = (predict(pair, n=100, N=60, method=m).w2s[0, 0] for m in ("exact", "bounds"))
    assert (round(exact, 3), round(published, 3)) == (0.389, 0.282)
    W, S = coordinates(range(40), 55), coordinates([*range(5), *range(40, 55)], 55)
    risks, _ = simulate(W, S, np.zeros((55, 1)), 1.0, 100, 60, 300)
    agrees(risks["w2s"], exact)


def test_nothing_is_gained_from_a_contained_teacher():
    for d_s in (20, 35):
        found = predict(Problem.gaussian(20, d_s, 20, 1.0, 0.3, 0.3), n=[50, 90], N=[400, 900])
        close(found.w2s, found.weak, 1e-12)
        assert np.abs(found.pgr).max() < 1e-9


def test_student_wins_in_expectation_iff_the_pool_exceeds_twice_its_dimension():
    found = predict(Problem.gaussian(40, 20, 5, 1.0), n=100, N=[40, 41, 42])
    gain = (found.weak - found.w2s)[0]
    assert gain[0] < 0
    assert abs(gain[1]) < 1e-12
    assert gain[2] > 0


def test_disjoint_subspaces_shed_variance_as_one_over_the_pool():
    found = predict(Problem.gaussian(40, 20, 0, 1.0), n=100, N=[121, 1021])
    ratio = (found.w2s / found.weak)[0]
    close(ratio, [20 / 100, 20 / 1000], 1e-12)


def test_a_model_outside_its_range_is_nan_alone():
    found = predict(Problem.gaussian(40, 20, 5, 1.0), n=[21, 22, 41, 42], N=[21, 22])
    assert np.isnan(found.weak[:, 0]).tolist() == [True, True, True, False]
    assert np.isnan(found.strong[:, 0]).tolist() == [True, False, False, False]
    assert np.isnan(found.w2s).tolist() == [[True, True]] * 3 + [[True, False]]
    assert np.isfinite(found.ceiling).all()
    pair = Problem.gaussian(40, 20, 5, 1.0)
    ridged = predict(pair, n=100, N=100, ridge_strong=0.1, method="exact")
    known = {model: bool(np.isfinite(getattr(ridged, model)).all()) for model in MODELS}
    assert known == {"weak": True, "w2s": False, "strong": False, "ceiling": False}


def cosines():
    """The instance of the regression vectors: smooth features of eight Gaussian inputs."""
    b = np.arange(1, 9)
    W = np.cos(np.outer(np.arange(1, 7), b)) / 8**0.5
    S = np.sin(np.outer(np.arange(1, 5), b) + 1) / 8**0.5
    θ = 1 / b[:, None]
    return population(W, S, θ, np.eye(8)), W, S, θ


def population(W, S, θ, C, noise=0.25):
    """The moments of features W x, S x and f* = θᵀx for x ~ N(0, C)."""
    f = C @ θ
    return Problem(W @ C @ W.T, S @ C @ S.T, S @ C @ W.T, W @ f, S @ f, float(np.sum(θ * f)), noise)


@pytest.mark.parametrize(
    ("n", "N", "λ_w", "λ_s", "weak", "w2s"),
    [
        (50, 200, 0, 0, 0.334708, 0.995484),
        (50, 200, 0.1, 0.05, 0.430340, 1.092152),
        (5, 3, 0, 0, 3.444457, 8.450889),
    ],
)
def test_regression_vectors_of_the_equivalent(n, N, λ_w, λ_s, weak, w2s):
    pair = cosines()[0]
    found = predict(pair, n=n, N=N, ridge_weak=λ_w, ridge_strong=λ_s, method="equivalent")
    close([found.weak[0, 0], found.w2s[0, 0]], [weak, w2s], 1e-5)


def test_the_equivalent_is_the_exact_risk_with_one_more_row():
    pair = worked_instance()[0]
    exact, one_more = predict(pair, n=40, N=50), predict(pair, n=39, N=49, method="equivalent")
    for model in ("weak", "w2s", "strong"):
        close(getattr(exact, model), getattr(one_more, model), 1e-9)
        for part in ("bias", "variance"):
            expected = getattr(getattr(exact, part), model)
            close(getattr(getattr(one_more, part), model), expected, 1e-9)


def ridge_fit(x, y, ridge):
    """Intercept-free ridge with total penalty nλ; minimum norm at 0."""
    if ridge == 0:
        return np.linalg.lstsq(x, y, rcond=None)[0]
    return np.linalg.solve(x.T @ x + len(x) * ridge * np.eye(x.shape[1]), x.T @ y)


def simulate_ridge(W, S, θ, sizes, ridges, roots, draws):
    """Excess risks on test inputs N(0, roots[2] roots[2]ᵀ), evaluated exactly."""
    (n, N), (λ_w, λ_s), (L, U, T) = sizes, ridges, roots
    rng, D, risks = np.random.default_rng(5), len(θ), {model: [] for model in MODELS}
    for _ in range(draws):
        x, u = rng.standard_normal((n, D)) @ L.T, rng.standard_normal((N, D)) @ U.T
        y, y_u = (z @ θ + 0.5 * rng.standard_normal((len(z), 1)) for z in (x, u))
        weak = W.T @ ridge_fit(x @ W.T, y, λ_w)
        both, labels = np.concatenate([x, u]), np.concatenate([y, y_u])
        coefs = (
            weak,
            S.T @ ridge_fit(u @ S.T, u @ weak, λ_s),
            S.T @ ridge_fit(x @ S.T, y, λ_s),
            S.T @ ridge_fit(both @ S.T, labels, λ_s),
        )
        for model, coef in zip(MODELS, coefs, strict=True):
            risks[model].append(float(np.sum((T.T @ (coef - θ)) ** 2)))
    return risks


BIAS = 4.0
"""C of the bound C/n on the relative error of the equivalent."""


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(
    ("n", "N", "λ_w", "λ_s"),
    [(60, 150, 0.1, 0.05), (60, 150, 0, 0), (20, 150, 0, 0.1), (60, 12, 0.1, 0), (18, 12, 0, 0)],
)
def test_the_equivalent_agrees_with_monte_carlo(n, N, λ_w, λ_s, shifted):
    rng = np.random.default_rng(2)
    D, W, S = 60, rng.standard_normal((36, 60)) / 8, rng.standard_normal((28, 60)) / 8
    W, S, θ = W * np.linspace(1.5, 0.2, D), S * np.linspace(0.4, 1.2, D), np.ones((D, 1)) / D**0.5
    roots = [np.eye(D)] * 3
    if shifted:
        roots[1:] = np.diag(np.linspace(0.6, 1.4, D)), np.diag(np.linspace(1.5, 0.7, D))
        roots[2] = roots[2] @ np.linalg.qr(rng.standard_normal((D, D)))[0]
    pairs = [population(W, S, θ, root @ root.T) for root in roots]
    shift = {"unlabeled": pairs[1], "test": pairs[2]} if shifted else {}
    found = predict(pairs[0], n=n, N=N, ridge_weak=λ_w, ridge_strong=λ_s, **shift)
    risks = simulate_ridge(W, S, θ, (n, N), (λ_w, λ_s), roots, 400)
    for model in MODELS:
        value, draws = getattr(found, model)[0, 0], np.array(risks[model])
        error = draws.std() / len(draws) ** 0.5
        assert abs(draws.mean() - value) < 3 * error + BIAS / min(n, N) * value, model


def test_without_shift_the_shifted_route_gives_the_same():
    pair = cosines()[0]
    twin = cosines()[0]
    settings = {"n": [3, 30], "N": [2, 40], "ridge_weak": 0.1, "ridge_strong": 0.2}
    plain = predict(pair, method="equivalent", **settings)
    routed = predict(pair, unlabeled=twin, test=twin, method="equivalent", **settings)
    for model in MODELS:
        close(getattr(plain, model), getattr(routed, model), 1e-10)


def test_outputs_add_up():
    _, W, S, _ = cosines()
    θ = np.random.default_rng(0).standard_normal((8, 3))
    both = Problem(W @ W.T, S @ S.T, S @ W.T, W @ θ, S @ θ, float(np.sum(θ**2)), noise=0.75)
    settings = {"n": [3, 30], "N": [2, 40], "ridge_weak": 0.1, "ridge_strong": 0.2}
    for model in MODELS:
        parts = [
            getattr(predict(population(W, S, θ[:, [i]], np.eye(8)), **settings), model)
            for i in range(3)
        ]
        close(sum(parts), getattr(predict(both, **settings), model), 1e-10)


def test_the_best_method_is_chosen_cell_by_cell():
    pair = Problem.gaussian(40, 20, 5, 1.0, signal=2.0)
    found = predict(pair, n=[10, 39, 40, 41, 60], N=[10, 20, 60])
    exact = predict(pair, n=60, N=60)
    close(found.w2s[4, 2], exact.w2s[0, 0], 1e-12)
    assert np.isnan(found.weak[:, 0]).tolist() == [False, True, True, True, False]
    assert np.isnan(found.w2s[4]).tolist() == [False, True, False]
    assert found.method == "exact+equivalent"
    with pytest.raises(InputError, match="signal: is missing"):
        predict(Problem.gaussian(40, 20, 5, 1.0), n=100, N=100, ridge_weak=0.1)
    other = Problem.gaussian(30, 20, 5, 1.0, signal=2.0)
    with pytest.raises(InputError, match="test: has cross_gram of shape"):
        predict(pair, n=100, N=100, test=other)
    with pytest.raises(InputError, match="'exact' knows no shift"):
        predict(
            pair,
            n=100,
            N=100,
            unlabeled=Problem.gaussian(40, 20, 9, 1.0),
            method="exact",
        )


def test_ridge_form_of_the_split():
    pair, n, N, λ = cosines()[0], 30, 40, 0.1
    found = predict(pair, n=n, N=N, ridge_weak=λ, ridge_strong=λ)
    κ_w, κ_s = (
        effective_ridge(getattr(pair, side).spectrum.values, np.array([m]), np.array([λ]))[0]
        for side, m in (("weak", n), ("strong", N))
    )
    Σ_w, Σ_s, X = pair.weak_gram, pair.strong_gram, pair.cross_gram
    R_w, R_s = np.linalg.inv(Σ_w + κ_w * np.eye(6)), np.linalg.inv(Σ_s + κ_s * np.eye(4))
    P = np.linalg.inv(Σ_s)
    Q = κ_s**2 * X.T @ P @ R_s @ Σ_s @ R_s @ P @ X + Σ_w - X.T @ P @ X
    d_sw = np.trace(Σ_s @ R_s @ X @ R_w @ Σ_w @ R_w @ X.T @ R_s)
    d_rest, df2 = np.trace(Q @ R_w @ Σ_w @ R_w), np.trace(R_s @ Σ_s @ R_s @ Σ_s)
    τ = Fit(pair.weak, pair.noise, Sites(np.array([n]), np.array([λ]))).misfit[0]
    m = R_w @ pair.weak_target
    of_mean = float(np.sum(m * (Q @ m))) * df2 / (N - df2)
    of_labels = τ / n * (d_sw + d_rest * df2 / (N - df2))
    close(found.variance.w2s[0, 0], of_mean + of_labels, 1e-9)
    parts = inheritance(pair, n=n, N=N, ridge_weak=λ, ridge_strong=λ)
    close(parts.inherited[0, 0], τ / n * d_sw, 1e-9)
    close(parts.discrepancy[0, 0], τ / n * d_rest * df2 / (N - df2), 1e-9)
    close(parts.d_sw[0, 0], d_sw, 1e-9)
    close(parts.d_w_only[0, 0], d_rest, 1e-9)
    close(parts.risk[0, 0], found.w2s[0, 0], 1e-9)


def test_the_split_without_ridge_is_the_papers():
    pair = Problem.gaussian(12, 9, 3.5, 1.0, 0.2, 0.1)
    parts = inheritance(pair, n=[30, 12, 50], N=[40, 9])
    close(parts.d_sw[0, 0], 3.5, 1e-9)
    close(parts.d_w_only[0, 0], 12 - 3.5, 1e-9)
    τ = (1 + 0.2) / (1 - 12 / 30) / 30
    close(parts.inherited[0, 0], τ * 3.5, 1e-9)
    close(parts.discrepancy[0, 0], τ * 8.5 * 9 / (40 - 9), 1e-9)
    assert np.isnan(parts.risk[1]).all()  # as many rows as dimensions
    assert np.isnan(parts.risk[:, 1]).all()
    known = Problem.gaussian(12, 9, 3.5, 1.0, 0.2, 0.1, signal=2.0)
    parts = inheritance(known, n=[30, 12, 50, 7], N=[40, 9, 5])
    whole = predict(known, n=[30, 12, 50, 7], N=[40, 9, 5], method="equivalent")
    np.testing.assert_allclose(parts.risk, whole.w2s, rtol=1e-9)
    with pytest.raises(InputError, match="signal: is missing"):
        inheritance(pair, n=30, N=5)


def test_an_intercept_is_nearly_one_more_shared_dimension():
    pair, more = (Problem.gaussian(10 + i, 8 + i, 3.5 + i, 1.0, 0.2, 0.1) for i in (0, 1))
    with_one = predict(pair, n=1000, N=1500, intercept=True)
    for model in MODELS:
        expected = getattr(predict(more, n=1000, N=1500), model)
        close(getattr(with_one, model), expected, 1e-4)


@pytest.mark.parametrize(("d_w", "d_s", "d_sw", "n", "N"), [(10, 8, 4, 30, 40), (1, 1, 1, 7, 9)])
def test_intercept_is_exact(d_w, d_s, d_sw, n, N):
    rng, draws = np.random.default_rng(3), {"weak": [], "w2s": []}
    width = d_w + d_s - d_sw
    for _ in range(4000):
        x, u, t = (rng.standard_normal((m, width)) for m in (n, N, 50))
        teacher = fit(x[:, :d_w], rng.standard_normal((n, 1)))
        student = fit(u[:, width - d_s :], teacher(u[:, :d_w]))
        draws["weak"].append(float(np.mean(teacher(t[:, :d_w]) ** 2)))
        draws["w2s"].append(float(np.mean(student(t[:, width - d_s :]) ** 2)))
    found = predict(Problem.gaussian(d_w, d_s, d_sw, 1.0), n=n, N=N, intercept=True)
    for model, values in draws.items():
        agrees(values, getattr(found, model)[0, 0])


def test_ceilings():
    pair = Problem.gaussian(10, 8, 4, 1.0)
    rows = {"all": 50, "pool": 40, "labels": 10}
    for name, size in rows.items():
        found = predict(pair, n=10, N=40, ceiling=name).ceiling[0, 0]
        expected = 8 / (size - 9) if size > 9 else np.nan
        close(found, expected)


def test_a_ceiling_is_the_baseline_of_all_rows():
    pair = Problem.gaussian(10, 8, 4, 1.0, 0.2, 0.3)
    for intercept in (False, True):
        top = predict(pair, n=30, N=50, intercept=intercept).ceiling[0, 0]
        close(top, predict(pair, n=80, N=50, intercept=intercept).strong[0, 0], 1e-12)


@pytest.mark.parametrize("method", ["exact", "equivalent"])
def test_a_ceiling_of_the_pool_is_the_same_for_all_labels(method):
    pair = Problem.gaussian(10, 8, 4, 1.0, 0.2, 0.3, signal=2.0)
    found = predict(pair, n=[30, 60], N=[20, 40, 80], ceiling="pool", method=method).ceiling
    alone = [predict(pair, n=N, N=20, method=method).strong[0, 0] for N in (20, 40, 80)]
    close(found, [alone, alone], 1e-12)


def test_no_expectation_up_to_one_row_beyond_the_dimension():
    pair = Problem.gaussian(5, 8, 4, 1.0)
    found = predict(pair, n=100, N=[7, 8, 9, 10], method="exact")
    assert np.isnan(found.w2s).tolist() == [[True, True, True, False]]
    assert np.isfinite(found.weak).all()


def test_published_bounds():
    pair = Problem.gaussian(40, 20, 5, 0.5, 0.02, 0.03)
    found = predict(pair, n=100, N=50, method="bounds")
    A = 5 + 35 * 20 / 50
    close(found.weak[0, 0], 0.5 * 40 / 100 + 0.02)
    close(found.w2s[0, 0], 0.5 * A / 59 + 0.05)
    close(found.strong[0, 0], 0.5 * 20 / 100 + 0.03)
    close(found.ceiling[0, 0], 0.5 * 20 / 150 + 0.03)
    few = predict(pair, n=[40, 41, 42], N=50, method="bounds")
    assert np.isnan(few.w2s[:, 0]).tolist() == [True, True, False]
    assert np.isfinite(few.weak).all()
    close(pgr_bound(pair, (100,), (50,))[0, 0], 1 - (100 / 59) * A / 40 - 2.5 * 0.1)
    close(opr_bound(pair, (100,), (50,))[0, 0], 1 / ((100 / 59) * A / 20 + 5 * 0.1))


def test_bound_on_pgr_is_largest_at_its_stationary_point():
    pair = Problem.gaussian(40, 20, 5, 0.5, 0.02, 0.03)
    A = 5 + 35 * 20 / 5000
    best = 41 + (41 * A * 0.5 / 0.05) ** 0.5
    sizes = tuple(range(60, 400))
    assert abs(sizes[int(np.argmax(pgr_bound(pair, sizes, (5000,))[:, 0]))] - best) <= 1


@pytest.mark.parametrize(
    ("d_w", "d_s", "d_sw"),
    [(40, 20, 5.5), (40, 20, 0), (5, 10, 4.5), (10, 5, 4.5), (5, 5, 4.5), (6, 6, 2.25)],
)
@pytest.mark.parametrize("signal", [None, 3.0])
def test_canonical_instance_has_the_numbers_asked_for(d_w, d_s, d_sw, signal):
    if d_sw == 0 and signal is not None:
        signal = 0.5
    pair = Problem.gaussian(d_w, d_s, d_sw, 0.1, 0.2, 0.3, signal)
    assert (pair.d_w, pair.d_s) == (d_w, d_s)
    close([pair.d_sw, pair.rho_w, pair.rho_s], [d_sw, 0.2, 0.3], 1e-9)
    assert pair.signal == signal
    if min(d_w, d_s) > d_sw + 1:
        close([pair.w2s_bias, pair.unlearnable], [0.5, 0.3], 1e-9)
    joint = np.block(
        [
            [pair.weak_gram, pair.cross_gram.T, pair.weak_target],
            [pair.cross_gram, pair.strong_gram, pair.strong_target],
            [pair.weak_target.T, pair.strong_target.T, np.array([[pair.energy]])],
        ]
    )
    assert np.linalg.eigvalsh(joint).min() > -1e-9


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"d_sw": 21}, "d_sw: is 21; at most"),
        ({"d_sw": -1}, "d_sw: is -1"),
        ({"noise": -0.1}, "noise: is -0.1"),
        ({"noise": np.nan}, "noise: is nan"),
        ({"d_w": 0}, "d_w: is 0"),
        ({"rho_w": -0.1}, "rho_w: is -0.1"),
        ({"rho_s": -0.1}, "rho_s: is -0.1"),
        ({"signal": np.nan}, "signal: is nan"),
        ({"d_w": 2.5}, "d_w: is 2.5; a whole number"),
        ({"rho_w": 1.0, "signal": 0.5}, "signal: is 0.5; these errors imply at least 1"),
        ({"d_sw": 20, "d_w": 20, "d_s": 30, "rho_s": 0.1}, "rho_s: .* contains the teacher's"),
        ({"d_sw": 20, "rho_w": 0.1}, "rho_w: .* contains the student's"),
        ({"d_sw": 20, "d_w": 20, "rho_w": 0.1}, "rho_s: .* equal subspaces"),
    ],
)
def test_impossible_instances_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Problem.gaussian(**{"d_w": 40, "d_s": 20, "d_sw": 5, "noise": 1.0, **settings})


def test_problem_from_data_is_its_population():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((400, 9)) + 2
    weak, strong, y = x[:, :6], x[:, 4:] @ rng.standard_normal((5, 7)), x[:, :2] ** 2
    pair = Problem.from_data(weak, strong, y, noise=0.1)
    assert (pair.d_w, pair.d_s) == (6, 5)
    for features, rho in ((weak, pair.rho_w), (strong, pair.rho_s)):
        close(rho, np.mean(np.sum((fit(features, y)(features) - y) ** 2, axis=1)), 1e-9)
    relayed = fit(strong, fit(weak, y)(weak))(strong)
    close(pair.w2s_bias, np.mean(np.sum((relayed - y) ** 2, axis=1)), 1e-9)
    lost = fit(weak, y)(weak) - relayed
    close(pair.unlearnable, np.mean(np.sum(lost**2, axis=1)), 1e-9)
    close(pair.signal, np.sum(y.var(axis=0)))


@pytest.mark.parametrize("ending", [".npz", ".json"])
def test_problem_files_come_back_whole(tmp_path, ending):
    pair, path = Problem.gaussian(7, 5, 2.5, 1.0, 0.1, 0.2), tmp_path / f"p{ending}"
    pair.save(path)
    again = Problem.load(path)
    assert predict(again, n=20, N=30).to_dict() == predict(pair, n=20, N=30).to_dict()
    assert again.signal is None
    with pytest.raises(InputError, match="exists"):
        pair.save(path)
    path.write_text("{}")
    with pytest.raises(InputError, match="not a"):
        Problem.load(path)


@pytest.mark.parametrize("ending", [".npz", ".json"])
@pytest.mark.parametrize("known", [True, False])
def test_problem_files_say_the_signal_and_whether_it_is_known(tmp_path, ending, known):
    """The keys are those of every file written so far: the least signal where it is not known."""
    pair, path = cosines()[0], tmp_path / f"p{ending}"
    names = ("weak_gram", "strong_gram", "cross_gram", "weak_target", "strong_target", "noise")
    values = {name: getattr(pair, name) for name in names}
    values |= {"signal": pair.signal, "signal_known": known}
    if ending == ".npz":
        np.savez(path, **values)
    else:
        path.write_text(json.dumps({k: np.asarray(v).tolist() for k, v in values.items()}))
    again = Problem.load(path)
    assert again.signal == (pair.signal if known else None)
    close([again.rho_w, again.rho_s, again.w2s_bias], [pair.rho_w, pair.rho_s, pair.w2s_bias])
    again.save(path, overwrite=True)
    written = json.loads(path.read_text()) if ending == ".json" else np.load(path)
    assert {name: np.asarray(written[name]).tolist() for name in written} == {
        name: np.asarray(value).tolist() for name, value in values.items()
    }


def test_a_changed_copy_of_a_problem_keeps_the_least_signal_and_makes_its_own_spectra():
    pair = Problem.gaussian(7, 5, 2.5, 1.0, 0.1, 0.2)
    assert pair.signal is None
    noisier = replace(pair, noise=2.0)
    close([noisier.rho_w, noisier.rho_s, noisier.w2s_bias], [0.1, 0.2, pair.w2s_bias], 1e-9)
    with pytest.raises(InputError, match="signal: is missing"):
        noisier.require_signal()
    close(replace(pair, weak_gram=2 * np.eye(7)).weak.spectrum.values, np.full(7, 2.0))
    with pytest.raises(InputError, match="signal: is None"):
        replace(pair, least_signal=None)


def test_what_a_student_passes_on_is_one_formula():
    """``K + c·Q`` against the traces of the decomposition, and against brute force."""
    pair, n, N, λ = cosines()[0], 30, 40, 0.1
    student = Student.of(Relay.of(pair, pair), Sites.of(N, λ))
    s, V = student.shrinkage, pair.weak.spectrum.vectors
    Σ_w, Σ_s, X = pair.weak_gram, pair.strong_gram, pair.cross_gram
    R = np.linalg.inv(Σ_s + s.kappa[0] * np.eye(4))
    K, Q = X.T @ R @ Σ_s @ R @ X, Σ_w - X.T @ R @ (Σ_s + 2 * s.kappa[0] * np.eye(4)) @ R @ X
    c = float(s.copied[0])
    close(student.passed(c), V.T @ (K + c * Q) @ V, 1e-9)
    parts = inheritance(pair, n=n, N=N, ridge_weak=λ, ridge_strong=λ)
    fit = Fit(pair.weak, 0.0, Sites.of(n, λ)).shrinkage
    B = np.diag(fit.values * fit.resolvent[0] ** 2)
    whole = parts.d_sw[0, 0] + c * parts.d_w_only[0, 0]
    close(np.sum(student.passed(c) * B), whole, 1e-9)


def test_the_split_of_a_noiseless_pair_still_counts_dimensions():
    parts = inheritance(Problem.gaussian(12, 9, 3.5, 0.0), n=[30, 12], N=40)
    close([parts.d_sw[0, 0], parts.d_w_only[0, 0], parts.risk[0, 0]], [3.5, 8.5, 0.0], 1e-9)
    assert np.isnan(parts.risk[1, 0])


def test_prediction_document():
    document = predict(Problem.gaussian(7, 5, 2, 1.0), n=[20, 30], N=40).to_dict()
    assert list(document) == ["n", "N", "method", "scale", "risk", "pgr", "opr"]
    assert (document["n"], document["N"], document["method"]) == ([20, 30], [40], "exact")
    assert np.shape(document["pgr"]) == np.shape(document["risk"]["w2s"]) == (2, 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n": 0}, "n: is 0; at least 1"),
        ({"n": []}, "n: is an empty list"),
        ({"n": [5, 5]}, "n: lists 5 twice"),
        ({"N": 2.5}, "N: "),
        ({"method": "guess"}, "method: is 'guess'; one of auto, exact, equivalent, bounds"),
        ({"ridge_weak": -1}, "ridge_weak: is -1"),
        ({"ridge_weak": 0.1, "method": "bounds"}, "method: 'bounds' holds for ridgeless"),
        ({"ceiling": "sky"}, "ceiling: is 'sky'"),
        ({"ceiling": "pool", "method": "bounds"}, "method: 'bounds' knows no intercept"),
    ],
)
def test_bad_requests_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        predict(Problem.gaussian(7, 5, 2, 1.0), **{"n": 20, "N": 30, **settings})


def test_malformed_populations_are_refused():
    with pytest.raises(InputError, match="problem: is str"):
        predict("x", n=1, N=1)
    with pytest.raises(InputError, match="cross_gram: has shape"):
        Problem(np.eye(3), np.eye(2), np.eye(3), np.ones((3, 1)), np.ones((2, 1)), 1.0)
    with pytest.raises(InputError, match="noise: is -1"):
        Problem(np.eye(1), np.eye(1), np.eye(1), np.ones((1, 1)), np.ones((1, 1)), 1.0, -1.0)
    with pytest.raises(InputError, match="weak: is constant"):
        Problem.from_data(np.eye(3)[:1], np.eye(3)[:1], [1.0])
    with pytest.raises(InputError, match="lack block 'label'"):
        Problem.from_moments(Moments.from_rows(weak=np.eye(3), strong=np.eye(3)))


@pytest.mark.parametrize("decades", [0, 2, 14])
def test_the_effective_ridge_solves_its_equation(decades):
    values = np.logspace(0, -decades, 60)
    n, λ = (each.ravel() for each in np.meshgrid([1, 5, 59, 60, 61, 1e4], [0, 1e-9, 1e-3, 1, 1e6]))
    κ = effective_ridge(values, n, λ)
    open_ = κ > 0
    assert np.array_equal(open_, (λ > 0) | (n < 60))
    seen = np.sum(values / np.add.outer(κ, values), axis=1)[open_] + (n * λ)[open_] / κ[open_]
    np.testing.assert_allclose(seen, n[open_], rtol=1e-13)


def test_a_few_filters_span_all():
    values = np.logspace(0, -6, 300)
    rows = values / np.add.outer(np.logspace(-8, 5, 500), values)
    places, combined = few(rows)
    assert len(places) < 70
    close(combined @ rows[places], rows, 1e-13)
    rows[3], rows[7] = np.nan, 0.0
    places, combined = few(rows)
    assert np.isnan(combined[3]).all()
    known = np.delete(np.arange(500), 3)
    close(combined[known] @ rows[places], rows[known], 1e-13)
    for value in (0.0, np.nan):
        places, combined = few(np.full((2, 4), value))
        np.testing.assert_array_equal(combined @ np.full((len(places), 4), value), value)


@pytest.mark.parametrize("shifted", [False, True])
def test_many_teachers_are_heard_as_each_alone(shifted):
    pair, W, S, θ = cosines()
    pool = population(W, S, θ, np.diag(np.arange(1.0, 9))) if shifted else pair
    relay, target = Relay.of(pair, pool), pool.strong.along_axes
    side = pair.weak
    R = 1 / np.add.outer(np.logspace(-3, 3, 40), side.spectrum.values)
    taught, linear = relay.tell(R, side.along_axes, target)
    for row, squares, total, each in zip(R, *taught, linear, strict=True):
        m = row[:, None] * side.along_axes
        Y = relay.cross @ m
        close(squares, np.sum(Y**2, axis=1), 1e-12)
        close(total, np.sum(m * (relay.weak_gram @ m)), 1e-12)
        close(each, np.sum(Y * target, axis=1), 1e-12)


def test_shares_of_inherited_variance_are_those_of_the_risks():
    N = np.array([21, 22, 60, 500])
    kept, copied = inherited(40, 20, 5.0, N)
    risks = predict(Problem.gaussian(40, 20, 5, 1.0), n=100, N=N.tolist())
    np.testing.assert_allclose(kept + copied, (risks.w2s / risks.weak)[0], rtol=1e-12)
    assert np.isnan(copied).tolist() == [True, False, False, False]


@pytest.mark.parametrize(("d_w", "d_s", "rho_w", "rho_s"), [(5, 8, 0.3, 0.1), (8, 5, 0.1, 0.3)])
def test_a_contained_side_misses_what_lies_outside_both_too(d_w, d_s, rho_w, rho_s):
    pair = Problem.gaussian(d_w, d_s, 5, 0.1, rho_w, rho_s)
    close([pair.d_sw, pair.rho_w, pair.rho_s], [5, rho_w, rho_s], 1e-9)
    assert pair.energy >= max(rho_w, rho_s)


@pytest.mark.parametrize("off", [{"ridge_weak": 0.1}, {"ridge_strong": 0.1}, {"n": 7}, {"N": 7}])
def test_a_split_off_the_ridgeless_branch_needs_the_signal(off):
    pair, asked = Problem.gaussian(10, 8, 4, 1.0), {"n": 30, "N": 30}
    assert np.isfinite(inheritance(pair, **asked).risk).all()
    with pytest.raises(InputError, match="signal: is missing"):
        inheritance(pair, **{**asked, **off})


@pytest.mark.parametrize("intercept", [False, True])
def test_the_exact_method_says_how_many_labels_it_needs(intercept):
    pair, least = Problem.gaussian(10, 8, 4, 1.0), 11 + intercept
    counted = ", the intercept counted" if intercept else ""
    message = f"n: is {least}; the exact method needs more than d_w + 1 = {least} labels{counted};"
    with pytest.raises(InputError) as refused:
        predict(pair, n=least, N=30, method="exact", intercept=intercept)
    assert str(refused.value).startswith(message)
    predict(pair, n=least + 1, N=30, method="exact", intercept=intercept)


@pytest.mark.parametrize(("λ_w", "λ_s"), [(0.0, 0.0), (0.1, 0.05)])
def test_risks_are_linear_in_the_population_that_is_tested(λ_w, λ_s):
    """On half of one and half of another the mean of both; the first is that of the labels."""
    pair, W, S, θ = cosines()
    apart = np.diag(np.arange(1.0, 9))
    other, half = (population(W, S, θ, C) for C in (apart, (np.eye(8) + apart) / 2))
    asked = {"n": [12, 40], "N": [20, 90], "ridge_weak": λ_w, "ridge_strong": λ_s}
    one, two, both = (
        predict(pair, **asked, method="equivalent", test=test) for test in (pair, other, half)
    )
    for model in MODELS:
        mean = (getattr(one, model) + getattr(two, model)) / 2
        close(getattr(both, model), mean, 1e-10)


def test_an_impossible_error_is_told_the_least_possible_one():
    asked = {"d_w": 8, "d_s": 3, "d_sw": 2.5, "noise": 1.0, "rho_w": 0.5}
    with pytest.raises(InputError, match="rho_w leave at least") as refused:
        Problem.gaussian(**asked, rho_s=0.1)
    least = float(str(refused.value).rpartition(" ")[2])
    close(Problem.gaussian(**asked, rho_s=least + 1e-6).rho_s, least, 1e-5)
    with pytest.raises(InputError, match="rho_w leave at least"):
        Problem.gaussian(**asked, rho_s=least - 1e-3)


def test_dimensions_that_rows_do_not_tell_are_no_population():
    rng = np.random.default_rng(0)
    with pytest.warns(UserWarning, match="too few to debias"):
        found = dimensions(rng.standard_normal((9, 4)), rng.standard_normal((9, 5)))
    with pytest.raises(InputError, match=r"more than d_w \+ d_s \+ 1 = 10 are needed"):
        predict(found, n=20, N=30)
    assert effective_ridge(np.ones(3), np.zeros(0), np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("mixed", [False, True])
def test_students_are_heard_as_their_formulas_say(mixed):
    """Site by site, on a population along the pool's axes and on one across them."""
    pair, W, S, θ = cosines()
    pool = population(W, S, θ, np.diag(np.arange(1.0, 9)))
    relay, sites = Relay.of(pair, pool), Sites(np.array([5.0, 30.0]), np.array([0.1, 0.02]), True)
    listening, r = Student.of(relay, sites).listening, len(relay.eigen.values)
    A = np.random.default_rng(0).standard_normal((r, r)) * mixed
    test = Side(np.diag(np.arange(1.0, r + 1)) + A @ A.T, np.ones((r, 1)), 7.0)
    c, values = pair.weak.along_axes, pair.weak.spectrum.values
    R = 1 / np.add.outer([0.1, 1.0, 10.0], values)
    variances = R**2 * values
    means, spreads = listening.hear_means(R, c, test), listening.hear_spreads(variances, test)
    for i, row in enumerate(listening.filters.resolvent):
        students = row[:, None] * relay.cross
        heard = [students @ (weights[:, None] * c) for weights in R]
        bias = [np.sum(a * (test.gram @ a)) - 2 * np.sum(a * test.target) + 7.0 for a in heard]
        spread = [np.trace(students.T @ test.gram @ students * v) for v in variances]
        close(means.tested[:, i], bias, 1e-10)
        close(spreads.tested[:, i], spread, 1e-10)


def test_errors_that_differ_by_rounding_are_equal():
    """A student that contains its teacher's space misses no more than it."""
    assert _parts(0.5, None, 0.3 * (1 + TINY / 2), 0.3) == (0.0, 0.0)
    assert _parts(None, 0.5, 0.3, 0.3 * (1 + TINY / 2)) == (0.0, 0.0)
