"""What fits, students and expected risks must do for rows and populations of any kind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from tests import oracles
from tests.drawn import SEEDS, features, orthogonal, problems, targets
from tests.laws import close
from w2slens import Moments, Problem, inheritance, predict
from w2slens.models.design import Design
from w2slens.models.fit import fit
from w2slens.models.labeled import LabeledBlock
from w2slens.models.risks import MODELS
from w2slens.models.students import STUDENTS, Pool

EPS = np.finfo(float).eps
RIDGES = st.sampled_from([0.0, 1e-3, 0.1, 3.0])
SIZES = st.integers(1, 80)
LISTS = st.lists(SIZES, min_size=1, max_size=4, unique=True)


def size(x):
    """Mean square of centred rows: what a ridge is measured against."""
    return float(np.sum((x - x.mean(axis=0)) ** 2)) / len(x)


def condition(x):
    """Condition number of the centred rows on what they span."""
    s = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    kept = s[s > 1e-9 * s[:1].sum()]
    return float(kept[0] / kept[-1]) if len(kept) else 1.0


def near(found, expected, y, x, power=1):
    """Equal to the digits that rows of this condition, so far from 0, leave."""
    far = 1 + np.abs(x).max() / max(size(x) ** 0.5, 1e-300) if size(x) else 1
    allowed = 1e-10 + 1e3 * EPS * far * condition(x) ** power
    assert np.abs(found - expected).max() <= allowed * np.abs(y).max()


@given(st.data(), RIDGES)
def test_fits_are_least_squares_and_ridge_regression(data, share):
    x = data.draw(features())
    y, λ = data.draw(targets(len(x))), share * size(x)
    assume(condition(x) < 1e5)
    n, centred = len(x), x - x.mean(axis=0)
    if λ:
        expected = Ridge(alpha=n * λ, solver="svd").fit(x, y).predict(x)
    else:
        coef = np.linalg.lstsq(centred, y - y.mean(axis=0), rcond=1e-9)[0]
        expected = y.mean(axis=0) + centred @ coef
    moments = Moments.from_rows(strong=x, label=y)
    near(Design.from_rows(x).fit(y, λ).predict(x), expected.reshape(y.shape), y, x)
    near(fit(moments, moments.solver("strong", λ)).predict(x), expected.reshape(y.shape), y, x, 2)


@given(st.data(), RIDGES, SEEDS)
def test_fits_do_not_see_axes_and_a_unit_only_in_the_ridge(data, share, seed):
    x = data.draw(features())
    y, λ = data.draw(targets(len(x))), share * size(x)
    assume(condition(x) < 1e5)
    Q = orthogonal(np.random.default_rng(seed), x.shape[1])
    expected = Design.from_rows(x).fit(y, λ).predict(x)
    near(Design.from_rows(x @ Q).fit(y, λ).predict(x @ Q), expected, y, x)
    near(Design.from_rows(8 * x).fit(y, 64 * λ).predict(8 * x), expected, y, x)
    near(Design.from_rows(x).fit(8 * y, λ).predict(x) / 8, expected, y, x)


@given(st.data(), RIDGES)
def test_leave_one_out_is_a_refit_without_the_row(data, share):
    x = data.draw(features(least=3, most=10))
    y, λ = data.draw(targets(len(x))), share * size(x)
    design, n = Design.from_rows(x), len(x)
    assume(all(condition(np.delete(x, i, axis=0)) < 1e4 for i in range(n)))
    found = design.loo_residuals(y, λ)
    refits = np.empty_like(found)
    for i in range(n):
        rest = Design.from_rows(np.delete(x, i, axis=0))
        refits[i] = y[i] - rest.fit(np.delete(y, i, axis=0), n * λ / (n - 1)).predict(x[i : i + 1])
    scale = np.abs(refits).max() + np.abs(y).max()
    assert np.abs(found - refits).max() <= 1e-6 * scale
    assert (design.leverages(λ) <= 1 + 1e-9).all()
    assert (design.leverages(λ) >= 1 / n - 1e-9).all()


@st.composite
def taught(draw):
    """Labeled rows and a pool of both sides, which overlap, and two ridges beside 0."""
    n, N = draw(st.integers(4, 12)), draw(st.integers(20, 40))
    weak, strong = (draw(features(rows=n + N, columns=6, scale=1.0)) for _ in range(2))
    strong[:, 0] += weak[:, 0]
    y = draw(targets(n))
    ridges = [draw(st.sampled_from([0.01, 0.5])) * max(size(x), 1e-9) for x in (weak, strong)]
    return weak[:n], strong[:n], y, weak[n:], strong[n:], ridges


@settings(max_examples=15)
@given(taught())
def test_students_without_a_label_are_refits_without_it(case):
    X_w, X_s, y, pool_w, pool_s, (λ_w, λ_s) = case
    n, N = len(y), len(pool_w)
    pool = Pool(Moments.from_rows(weak=pool_w, strong=pool_s))
    block = LabeledBlock.from_rows(X_w, X_s, y)
    rows = X_w, X_s, y, pool_w, pool_s
    expected = {
        "imitate": oracles.leave_one_out_w2s(*rows, n * λ_w, N * λ_s),
        "labels": y - oracles.leave_one_out(X_s, y, n * λ_s),
        "teacher": y - oracles.leave_one_out(X_w, y, n * λ_w),
    }
    for name, scores in expected.items():
        found = STUDENTS[name].learn(pool, block, λ_w, λ_s)
        close(found.held_out, scores, 1e-7)
    for name in ("posterior", "anchored"):
        found = STUDENTS[name].learn(pool, block, λ_w, λ_s)
        scaled = LabeledBlock.from_rows(X_w, X_s, 8 * y + 16)
        other = STUDENTS[name].learn(pool, scaled, λ_w, λ_s)
        close(other.probe.predict(pool_s), 8 * found.probe.predict(pool_s) + 16, 1e-6)
        close(other.held_out, 8 * found.held_out + 16, 1e-6)


def values(risks):
    return np.stack([getattr(risks, model) for model in MODELS])


def equal(found, expected, relative=1e-9):
    assert np.allclose(found, expected, rtol=relative, atol=1e-12, equal_nan=True)


@given(problems(), RIDGES, RIDGES, st.booleans())
def test_risks_are_the_sum_of_their_parts(problem, λ_w, λ_s, intercept):
    asked = {"n": [3, 9, 40], "N": [5, 60], "intercept": intercept}
    found = predict(problem, **asked, ridge_weak=λ_w, ridge_strong=λ_s)
    equal(values(found.bias) + values(found.variance), values(found))
    known = values(found)[np.isfinite(values(found))]
    assert (known >= 0).all()
    assert np.isfinite(values(found)).all() or not (λ_w and λ_s)


@given(problems(), RIDGES, RIDGES)
def test_the_split_of_the_students_risk_is_whole(problem, λ_w, λ_s):
    asked = {"n": [12, 30], "N": [15, 60], "ridge_weak": λ_w, "ridge_strong": λ_s}
    split = inheritance(problem, **asked)
    equal(split.risk, predict(problem, **asked, method="equivalent").w2s)
    for part in (split.inherited, split.discrepancy, split.d_sw, split.d_w_only):
        assert (part >= -1e-9 * (1 + split.risk)).all()
    if λ_w == λ_s == 0:
        equal(split.d_sw, np.full((2, 2), problem.d_sw), 1e-6)


@given(problems(), RIDGES, RIDGES)
def test_noise_adds_to_every_risk_in_proportion(problem, λ_w, λ_s):
    asked = {"n": [4, 12, 30], "N": [7, 60], "ridge_weak": λ_w, "ridge_strong": λ_s}
    none, one, three = (
        values(predict(replace(problem, noise=noise), **asked)) for noise in (0.0, 1.0, 3.0)
    )
    equal(three - none, 3 * (one - none), 1e-7)
    assert (one - none)[np.isfinite(one)].min(initial=0) >= -1e-12
    both = replace(
        problem,
        noise=4 * problem.noise,
        weak_target=2 * problem.weak_target,
        strong_target=2 * problem.strong_target,
        signal=4 * problem.signal,
    )
    equal(values(predict(both, **asked)), 4 * values(predict(problem, **asked)))


@given(problems(), RIDGES, RIDGES, st.booleans(), SIZES, SIZES)
def test_a_ceiling_is_the_baseline_of_its_rows(problem, λ_w, λ_s, intercept, n, N):
    asked = {"ridge_weak": λ_w, "ridge_strong": λ_s, "intercept": intercept}
    for ceiling, rows in (("all", n + N), ("pool", N), ("labels", n)):
        found = predict(problem, n=n, N=N, ceiling=ceiling, **asked).ceiling
        equal(found, predict(problem, n=rows, N=N, **asked).strong)


@given(problems(), RIDGES, RIDGES, SEEDS)
def test_risks_have_no_axes_and_a_unit_only_in_the_ridge(problem, λ_w, λ_s, seed):
    rng, grid = np.random.default_rng(seed), {"n": [4, 12, 30], "N": [7, 60]}
    expected = values(predict(problem, **grid, ridge_weak=λ_w, ridge_strong=λ_s))
    Q, P = (3 * orthogonal(rng, len(gram)) for gram in (problem.weak_gram, problem.strong_gram))
    if not λ_w:
        Q = Q + np.diag(rng.random(len(Q)))
    moved = Problem(
        Q @ problem.weak_gram @ Q.T,
        P @ problem.strong_gram @ P.T,
        P @ problem.cross_gram @ Q.T,
        Q @ problem.weak_target,
        P @ problem.strong_target,
        problem.signal,
        problem.noise,
    )
    found = values(predict(moved, **grid, ridge_weak=9 * λ_w, ridge_strong=9 * λ_s))
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-9 * problem.signal, equal_nan=True)


@given(problems(), RIDGES, RIDGES, LISTS, LISTS)
def test_a_cell_does_not_depend_on_the_grid(problem, λ_w, λ_s, n, N):
    asked = {"ridge_weak": λ_w, "ridge_strong": λ_s}
    whole = values(predict(problem, n=n, N=N, **asked))
    equal(whole[:, -1:, :1], values(predict(problem, n=n[-1], N=N[0], **asked)))


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_more_rows_never_hurt_well_beyond_the_dimension(d_w, d_s, data):
    d_sw = data.draw(st.floats(0, min(d_w, d_s)))
    pair = Problem.gaussian(d_w, d_s, d_sw, noise=1.0)
    found = predict(pair, n=range(d_w + d_s + 2, 60), N=range(d_s + 2, 60))
    for risk in (found.weak, found.strong, found.ceiling, found.w2s):
        assert (np.diff(risk, axis=0) <= 1e-12).all()
        assert (np.diff(risk, axis=1) <= 1e-12).all()
    assert pair.d_sw == pytest.approx(d_sw, abs=1e-9)
    shares = inheritance(pair, n=59, N=59)
    assert float(shares.d_sw[0, 0] + shares.d_w_only[0, 0]) == pytest.approx(d_w, abs=1e-9)
