"""What the pool says without labels: forms of the risks, leverages, debiased overlap."""

from dataclasses import replace

import numpy as np
import pytest

from tests.laws import agrees, close
from w2slens import Moments, Problem, predict
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.pool_side import PoolSide
from w2slens.forecasting.risk_forms import Forms
from w2slens.measure.debiased import debiased_correlations
from w2slens.models.labeled import LabeledBlock
from w2slens.models.posterior import Posterior
from w2slens.models.prior import Prior

ROWS = 4000


def nested(seed=0, count=ROWS):
    """A teacher that sees a part of what the student sees, at rising scales."""
    rng = np.random.default_rng(seed)
    strong = rng.standard_normal((count, 12)) * np.linspace(0.3, 2, 12)
    return strong[:, 2:9] @ rng.standard_normal((7, 7)), strong


class Gaussian(PoolSide):
    """Without draws, so that the Gaussian formula stands."""

    def shows(self, n):
        return False


def undrawn(weak, strong):
    moments = Moments.from_rows(weak=weak, strong=strong)
    sides = (Gaussian(rows, name, moments) for rows, name in ((weak, "weak"), (strong, "strong")))
    return Unlabeled(moments, *sides)


def outcomes(forms, β, noise):
    """Return the risks of the four models and of the student on the whole pool, (5,)."""
    found = forms.risks(β, np.array([noise]))
    return np.concatenate([*found.models, found.whole])


@pytest.mark.parametrize(
    ("n", "N", "ridges"),
    [
        (40, 300, (0.3, 0.1, 0.2)),
        (6, 9, (0.2, 0.05, 0.1)),
        (40, 300, (0.0, 0.0, 0.0)),
        (17, 20, (0.0, 0.0, 0.0)),
        (40, ROWS, (0.0, 0.1, 0.0)),
    ],
)
def test_forms_are_the_theory_of_a_known_target(n, N, ridges):
    weak, strong = nested()
    rng, σ2, (λ_w, λ, λ_s) = np.random.default_rng(1), 0.7, ridges
    β = rng.standard_normal((19, 2))
    f = np.hstack([weak, strong]) @ β
    forms = Forms.of(undrawn(weak, strong), n, N, λ_w, λ, λ_s)
    found = outcomes(forms, β[None], 2 * σ2)
    pair = Problem.from_data(weak, strong, f, noise=2 * σ2)

    def risk(model, **settings):
        return float(getattr(predict(pair, intercept=True, **settings), model)[0, 0]) + 2 * σ2

    first = {"n": n, "ridge_weak": λ_w, "ridge_strong": λ}
    # the exact risks know no ridge of the student: its stage alone is then the equivalent's
    student = risk("w2s", N=N, **first) if (λ_w > 0) == (λ > 0) else None
    expected = [
        risk("weak", N=N, **first),
        student,
        risk("strong", n=n, N=N, ridge_weak=1, ridge_strong=λ_s),
        risk("strong", n=n + N, N=N, ridge_weak=1, ridge_strong=λ_s * n / (n + N)),
        risk("w2s", N=ROWS, **first) if (λ_w > 0) == (λ > 0) else None,
    ]
    for value, truth in zip(found, expected, strict=True):
        if truth is not None:
            close(value, truth, 1e-9)
    if N == ROWS:
        close(found[1], found[4], 1e-12)


def test_a_student_that_contains_its_teacher_copies_it():
    weak, strong = nested()
    forms = Forms.of(Unlabeled.from_rows(weak, strong), 40, 300, 0.0, 0.0, 0.0)
    β = np.zeros((1, 19, 1))
    β[0, :7] = 1.0  # what the teacher expresses: the student has nothing to add
    found = outcomes(forms, β, 1.0)
    close(found[1], found[0], 1e-9)


def test_forms_with_draws_are_exact_for_gaussian_features():
    """The inherited variance too, which only the shape of the drawn covariance decides."""
    d_w, d_s, n, N, found = 10, 12, 40, 200, []
    for seed in range(12):
        x = np.random.default_rng(seed).standard_normal((3000, 18))
        forms = Forms.of(Unlabeled.from_rows(x[:, :d_w], x[:, 6:]), n, N, 0.0, 0.0, 0.0)
        found.append([form.noise - 1 for form in forms.models])
    pair = Problem.gaussian(d_w, d_s, 4, 1.0)
    exact = predict(pair, n=n, N=N, intercept=True)
    for model, values in zip(("weak", "w2s", "strong"), np.array(found).T, strict=False):
        agrees(values, float(getattr(exact, model)[0, 0]), slack=0.002)


def test_gaussian_draws_learn_the_noise_that_the_exact_theory_says():
    rows = np.random.default_rng(0).standard_normal((20_000, 10)) @ np.diag(np.arange(1.0, 11))
    n, d = 40, 10
    drawn = Unlabeled.from_rows(rows, rows).weak.drawn(n)
    close(drawn.share, d / (n - d - 2), 0.1)  # 20 draws, each with a standard deviation of 30%
    scaled = drawn.inverse * np.outer(np.arange(1.0, 11), np.arange(1.0, 11))
    close(np.trace(scaled), d / (n - d - 2), 0.1)


def test_heavy_leverages_show_without_labels():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((20_000, 10)) * rng.exponential(size=(20_000, 1))
    assert Unlabeled.from_rows(rows, rows).weak.drawn(30).share > 1.15 * 10 / 18


def test_too_few_rows_or_too_small_a_pool_are_left_to_the_gaussian_formula():
    rows = np.random.default_rng(0).standard_normal((60, 10))
    assert not Unlabeled.from_rows(rows, rows).weak.shows(12)
    assert not Unlabeled.from_rows(rows, rows).weak.shows(55)


@pytest.mark.parametrize("correlations", [[], [1.0] * 5, [0.9] * 3 + [0.5] * 10])
def test_overlap_by_chance_is_taken_off_the_cross_moments(correlations):
    d_w, d_s, rows, rng = 20, 30, 300, np.random.default_rng(0)
    r = np.zeros(d_w)
    r[: len(correlations)] = correlations
    kept = []
    for _ in range(40):
        strong = rng.standard_normal((rows, d_s))
        weak = r * strong[:, :d_w] + np.sqrt(1 - r**2) * rng.standard_normal((rows, d_w))
        pool = Unlabeled.from_rows(weak, strong)
        white = pool.strong.spectrum.whitening @ pool.cross @ pool.weak.spectrum.whitening.T
        kept.append(float(np.sum(white**2)))
    # clipping at zero biases an overlap near zero up, by less than half a dimension here
    tolerance = 3 * np.std(kept) / 40**0.5 + (0.5 if not correlations else 0.05)
    assert abs(np.mean(kept) - np.sum(r**2)) < tolerance


def test_perfect_correlations_stay_perfect_and_unknown_ones_as_they_are():
    close(debiased_correlations(np.ones(5), 5, 8, 40), np.ones(5), 1e-12)
    some = np.array([0.9, 0.4])
    close(debiased_correlations(some, 2, 8, 11), some, 1e-12)


def believe(weak, strong, y):
    n = len(y)
    block = LabeledBlock.from_rows(weak[:n], strong[:n], y)
    return Posterior(block, Prior.of(Moments.from_rows(weak=weak[n:], strong=strong[n:]), n))


def test_belief_finds_the_target_and_the_noise_where_labels_abound():
    rng = np.random.default_rng(3)
    weak, strong = nested(3, 6000)
    β = np.zeros((19, 1))
    β[7:] = rng.standard_normal((12, 1))
    z = np.hstack([weak, strong])
    y = z[:2000] @ β + rng.standard_normal((2000, 1))
    belief = believe(weak, strong, y)
    drawn = list(belief.draw(200, np.random.default_rng(0)))
    coefficients = np.concatenate([b for b, _ in drawn])
    noise = np.concatenate([σ2 for _, σ2 in drawn])
    missed = z[2000:] @ (belief.prior.axes @ coefficients.mean(axis=0) - β)
    assert float(np.mean(missed**2)) < 3 * 19 / 2000
    close(noise.mean(), 1.0, 0.1)
    assert len(coefficients) == 200


def test_belief_covers_the_target_of_few_labels():
    """Posterior mean squared error, promised against delivered, for f* along the student."""
    promised, delivered = [], []
    weak, strong = nested(5, 3000)
    z = np.hstack([weak, strong])
    for seed in range(30):
        rng = np.random.default_rng(seed)
        f = z @ np.concatenate([np.zeros(7), rng.standard_normal(12)])[:, None]
        y = f[:30] + 2 * rng.standard_normal((30, 1))
        belief = believe(weak, strong, y)
        β = np.concatenate([b for b, _ in belief.draw(100, rng)])[..., 0]
        guesses = (z[30:] - z[30:].mean(axis=0)) @ belief.prior.axes @ β.T
        mean = guesses.mean(axis=1)
        promised.append(np.mean(guesses.var(axis=1)))
        delivered.append(np.mean((f[30:, 0] - f[30:].mean() - mean) ** 2))
    assert 0.6 < np.mean(promised) / np.mean(delivered) < 1.7


def test_a_feature_that_does_not_vary_in_a_draw_is_left_alone():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3000, 10))
    rows[:, 9] = 0.0
    rows[:4, 9] = 1.0
    drawn = Unlabeled.from_rows(rows, rows).weak.drawn(60)
    assert 9 / 50 * 0.7 < drawn.share < 1.5


def test_a_changed_copy_of_a_pool_draws_anew():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3000, 10))
    pool = Unlabeled.from_rows(rows, rows)
    first = pool.weak.drawn(40)
    assert pool.weak.drawn(40) is first
    heavy = rows * rng.exponential(size=(3000, 1))
    other = replace(pool.weak, rows=heavy, moments=Moments.from_rows(weak=heavy))
    fresh = Unlabeled.from_rows(heavy, heavy).weak
    close(other.drawn(40).share, fresh.drawn(40).share, 1e-12)
    close(other.spectrum.values, fresh.spectrum.values, 1e-12)
    assert other.drawn(40).share > 1.1 * first.share


def test_another_teacher_finds_the_students_side_done():
    rng = np.random.default_rng(0)
    one, other, strong = (rng.standard_normal((400, d)) for d in (6, 9, 8))
    pool = Unlabeled.from_rows(one, strong)
    drawn = pool.strong.drawn(30)
    second, alone = pool.with_teacher(other), Unlabeled.from_rows(other, strong)
    assert second.moments.spectrum("strong") is pool.moments.spectrum("strong")
    assert second.strong.drawn(30) is drawn
    for found, expected in ((second.cross, alone.cross), (second.weak.gram, alone.weak.gram)):
        close(found, expected, 1e-12)
    found, expected = (Forms.of(each, 30, 200, 0.0, 0.1, 0.0) for each in (second, alone))
    for mine, theirs in zip(found.models, expected.models, strict=True):
        close(mine.matrix, theirs.matrix, 1e-10)
        close(mine.noise, theirs.noise, 1e-12)
