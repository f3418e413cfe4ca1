"""The student of labels and teacher in expectation, against draws."""

import numpy as np
import pytest

from tests import oracles
from tests.laws import close
from w2slens import Problem, predict, transfer
from w2slens.models.evidence import Entry, evaluated
from w2slens.models.kernels import NEGLIGIBLE, Rows
from w2slens.models.labeled import LabeledBlock
from w2slens.models.prior import CANDIDATES, DIVISIONS, SHAPES
from w2slens.theory.together import Stack, Together, prior_of


def population(seed=0, d_w=7, d_s=9, shared=4, outputs=1):
    """A population in known coordinates: z = latent · mixing, f* along the shared ones.

    Labels have unit noise, each output some of its own.
    """
    rng = np.random.default_rng(seed)
    latent = d_w + d_s - shared
    mix_w, mix_s = np.zeros((latent, d_w)), np.zeros((latent, d_s))
    mix_w[:shared, :shared] = mix_s[:shared, :shared] = np.eye(shared)
    mix_w[shared:d_w, shared:] = np.eye(d_w - shared)
    mix_s[d_w:, shared:] = np.eye(d_s - shared)
    mix_w *= np.linspace(2, 0.5, d_w)
    mix_s *= np.linspace(1.5, 0.7, d_s)
    β = np.zeros((latent, outputs))
    β[:shared] = rng.standard_normal((shared, outputs))
    β[d_w] = 0.5
    problem = Problem(
        mix_w.T @ mix_w, mix_s.T @ mix_s, mix_s.T @ mix_w, mix_w.T @ β, mix_s.T @ β,
        signal=float(np.sum(β**2)), noise=float(outputs),
    )  # fmt: skip
    return problem, mix_w, mix_s, β


@pytest.mark.parametrize(("shape", "division"), [(0, 0), (2, 3), (5, 4)])
def test_at_fixed_hyperparameters_the_equivalent_predicts_mean_and_student(shape, division):
    """Monte Carlo to 3 standard errors + C/n."""
    problem, mix_w, mix_s, β = population()
    key, prior = (SHAPES[shape], DIVISIONS[division]), prior_of(problem)
    P = prior.covariance(*key, np.eye(16))
    n, N, g, λ, trials = 60, 150, 0.4, 0.05, 400
    pair = Stack(problem, prior).at(*key)
    expected = predict(pair, n=n, N=N, ridge_weak=g / n, ridge_strong=λ, intercept=True)
    rng, means, students = np.random.default_rng(1), [], []
    S = np.block(
        [[problem.weak_gram, problem.cross_gram.T], [problem.cross_gram, problem.strong_gram]]
    )
    c = np.vstack([problem.weak_target, problem.strong_target])
    for _ in range(trials):
        rows, pool = (rng.standard_normal((size, len(β))) for size in (n, N))
        y = rows @ β + rng.standard_normal((n, 1))
        z, pool_z = (np.hstack([x @ mix_w, x @ mix_s]) for x in (rows, pool))
        R = (z - z.mean(axis=0)) @ prior.axes
        dual = np.linalg.solve(R @ P @ R.T + g * np.eye(n), y - y.mean())
        coef = prior.axes @ P @ R.T @ dual
        level = float(y.mean() - z.mean(axis=0) @ coef[:, 0])
        means.append((coef.T @ S @ coef - 2 * coef.T @ c).item() + problem.signal + level**2)
        fitted = oracles.fit(pool @ mix_s, level + pool_z @ coef, N * λ)
        θ = np.vstack([fitted(np.eye(9)) - fitted(np.zeros((1, 9)))])
        b = fitted(np.zeros((1, 9))).item()
        risk = θ.T @ problem.strong_gram @ θ - 2 * θ.T @ problem.strong_target
        students.append(risk.item() + problem.signal + b**2)
    for found, theory in ((means, expected.weak), (students, expected.w2s)):
        found = np.array(found)
        error = found.std(ddof=1) / trials**0.5
        assert abs(found.mean() - theory.item()) < 3 * error + found.mean() / n


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_evidence_is_what_draws_have_on_average(outputs):
    problem, mix_w, mix_s, β = population(outputs=outputs)
    together, prior, n = Together(problem), prior_of(problem), 80
    entries = [Entry(*each) for each in CANDIDATES[::7]]
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        rows = rng.standard_normal((n, len(β)))
        y = rows @ β + rng.standard_normal((n, outputs))
        block = LabeledBlock.from_rows(rows @ mix_w, rows @ mix_s, y)
        R = prior.along(block.weak.rows, block.strong.rows)
        data = Rows.of(R, y - y.mean(axis=0))
        found.append([one.kernel.evidence.logs for one in evaluated(data, prior, entries)])
    drawn = np.mean(found, axis=0)
    expected = np.array(
        [together._evidence(models, np.array([n]))[0] for models in together._models[::7]]
    )
    # Only differences count.
    drawn, expected = drawn - drawn.max(), expected - expected.max()
    likely = drawn > -8
    assert np.abs(drawn - expected)[likely].max() < outputs


def test_predictions_follow_what_runs_measure():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((6000, 5))
    weak = np.hstack([shared, rng.standard_normal((6000, 15))])
    strong = np.hstack([shared, rng.standard_normal((6000, 25))])
    f = shared @ rng.standard_normal(5) / 5**0.5
    y = f + rng.standard_normal(6000)
    sizes = {"n": [60, 200], "N": 2000, "trials": 30, "test": 3000}
    found = transfer(weak, strong, y, target=f, students=["posterior", "both"], **sizes)
    problem = Problem.from_data(weak, strong, f, noise=1.0)
    together = Together(problem)
    close(found.summary["posterior"], together.student([60, 200], [2000])[:, 0], 0.15)
    close(found.summary["both"], together.mean([60, 200]), 0.15)


def test_an_endless_pool_gives_the_student_what_its_features_express():
    problem, *_ = population()
    together = Together(problem)
    small, large = together.student([60], [30, 10**7])[0]
    assert large < small


def test_negligible_hyperparameters_are_left_out():
    together = Together(population()[0])
    together.mean([80])
    shares = np.array([one.weight for one in together._known[80]])
    assert shares.min() > NEGLIGIBLE * shares.max()
    assert shares.sum() == pytest.approx(1.0)
