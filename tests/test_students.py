"""Students: exact leave-one-out, what each is in its limits, and how they turn up everywhere."""

import numpy as np
import pytest
from scipy import linalg

from tests import oracles
from tests.laws import close
from w2slens import InputError, Settings, transfer
from w2slens.models.labeled import LabeledBlock
from w2slens.models.posterior import Posterior
from w2slens.models.prior import DIRECTIONS, Prior, directions
from w2slens.models.probe import LinearProbe
from w2slens.models.students import STUDENTS, W2S, Pool, Student, Taken, anchored, imitate
from w2slens.models.tuning import grid
from w2slens.moments import Moments
from w2slens.report import render

SIZES = {"few labels": (14, 9, 7), "many labels": (40, 9, 7), "wide": (12, 20, 30)}


def drawn(size, seed=0, N=150):
    """Labeled rows, pool rows and two outputs, the sides overlapping."""
    n, p_w, p_s = SIZES[size]
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((n + N, 4))
    weak = np.hstack([shared[:, :3], rng.standard_normal((n + N, p_w - 3))]) + 1.0
    strong = np.hstack([shared + 0.5 * weak[:, :1], rng.standard_normal((n + N, p_s - 4))])
    Y = np.stack([shared[:, 0], shared[:, 3]], axis=1) + rng.standard_normal((n + N, 2))
    return weak[:n], strong[:n], Y[:n], weak[n:], strong[n:]


def taught(size, **more):
    X_w, X_s, Y, pool_w, pool_s = drawn(size, **more)
    return Pool(Moments.from_rows(weak=pool_w, strong=pool_s)), LabeledBlock.from_rows(X_w, X_s, Y)


def posterior_mean(combinations, prior, Z, Y):
    """The posterior mean of f* at given hyperparameters, by plain solves; a function of z."""
    mean, centre = Z.mean(axis=0), Y.mean(axis=0)
    R, coef = (Z - mean) @ prior.axes, 0.0
    for shape, division, noise, weight in combinations:
        P = prior.covariance(shape, division, np.eye(R.shape[1]))
        dual = linalg.solve(R @ P @ R.T + noise * np.eye(len(R)), Y - centre, assume_a="pos")
        coef = coef + weight * P @ R.T @ dual
    return lambda z: centre + (z - mean) @ (prior.axes @ coef)


@pytest.mark.parametrize("size", SIZES)
class TestLeaveOneOut:
    def test_of_the_posterior_and_its_student_equals_refits(self, size):
        X_w, X_s, Y, pool_w, pool_s = drawn(size)
        pool, block = taught(size)
        posterior = Posterior(block, pool.prior(len(Y)))
        fixed, prior = posterior.combinations, posterior.prior
        Z, pool_z, λ = np.hstack([X_w, X_s]), np.hstack([pool_w, pool_s]), 0.05
        found = STUDENTS["posterior"].learn(pool, block, 0.1, λ)
        both = STUDENTS["both"].learn(pool, block, 0.1, λ)
        whole = posterior_mean(fixed, prior, Z, Y)
        close(both.probe.predict(pool_z), whole(pool_z), 1e-10)
        student = oracles.fit(pool_s, whole(pool_z), len(pool_s) * λ)
        close(found.probe.predict(X_s), student(X_s), 1e-10)
        for i in range(len(Y)):
            k = np.arange(len(Y)) != i
            mean = posterior_mean(fixed, prior, Z[k], Y[k])
            student = oracles.fit(pool_s, mean(pool_z), len(pool_s) * λ)
            close(both.held_out[i], mean(Z[i : i + 1])[0], 1e-10)
            close(found.held_out[i], student(X_s[i : i + 1])[0], 1e-10)

    @pytest.mark.parametrize("ridge", [0.05, 0.7])
    def test_of_the_anchored_student_equals_refits(self, size, ridge):
        X_w, X_s, Y, pool_w, pool_s = drawn(size)
        n, N, λ, μ = len(Y), len(pool_w), 0.03, 0.2
        pool, block = taught(size)
        student = imitate.learn(pool, block, ridge, λ)
        anchor = anchored.Anchor(pool, block, ridge, student)
        found = anchor.at(μ)

        def w2s(k):
            teacher = oracles.fit(X_w[k], Y[k], n * ridge)
            return oracles.fit(pool_s, teacher(pool_w), N * λ)

        def left_out(k):
            """What the student says of each row of k without its label."""
            return np.array([w2s(k[k != j])(X_s[j : j + 1])[0] for j in k])

        def whole(k):
            anchors, share = left_out(k), found.share
            rest = oracles.fit(X_s[k], Y[k] - share * anchors, n * μ)
            return lambda x: share * w2s(k)(x) + rest(x)

        every = np.arange(n)
        close(anchor.fit(found).predict(pool_s), whole(every)(pool_s), 1e-10)
        for i in (0, 3, n - 1):
            close(found.scores[i], whole(every[every != i])(X_s[i : i + 1])[0], 1e-10)

    @pytest.mark.parametrize("name", ["imitate", "labels", "teacher"])
    def test_of_the_models_that_every_run_has_equals_refits(self, size, name):
        X_w, X_s, Y, pool_w, pool_s = drawn(size)
        found = STUDENTS[name].learn(*taught(size), 0.1, 0.05)
        n = len(Y)
        expected = {
            "imitate": lambda: oracles.leave_one_out_w2s(
                X_w, X_s, Y, pool_w, pool_s, n * 0.1, len(pool_w) * 0.05
            ),
            "labels": lambda: Y - oracles.leave_one_out(X_s, Y, n * 0.05),
            "teacher": lambda: Y - oracles.leave_one_out(X_w, Y, n * 0.1),
        }[name]()
        close(found.held_out, expected, 1e-9)


def test_the_share_of_the_anchor_is_the_best_one():
    pool, block = taught("many labels")
    anchor = anchored.Anchor(pool, block, 0.1, imitate.learn(pool, block, 0.1, 0.05))
    found = anchor.at(0.3)
    loss = np.sum((block.targets - found.scores) ** 2)
    u = block.targets - block.strong.loo_residuals(block.targets, 0.3)
    assert 0 < found.share <= 1
    direction = (found.scores - u) / found.share
    for share in np.linspace(0, 1, 11):
        assert loss <= np.sum((block.targets - u - share * direction) ** 2) * (1 + 1e-12)


def test_the_anchored_student_weighs_all_ridges_by_their_losses():
    """As likelihoods of Gaussian errors of the least one's size."""
    pool, block = taught("many labels")
    found = STUDENTS["anchored"].learn(pool, block, 0.1, 0.05)
    anchor = anchored.Anchor(pool, block, 0.1, imitate.learn(pool, block, 0.1, 0.05))
    ridges = np.array(grid(block.strong.values**2 / 40)[:-1])
    losses = np.array([np.sum((block.targets - anchor.at(μ).scores) ** 2) for μ in ridges])
    weights = np.exp(-40 * 2 * (losses / losses.min() - 1) / 2)
    close(found.ridge, weights @ ridges / weights.sum(), 1e-9)


def test_an_interpolating_teacher_still_leaves_two_out():
    pool, block = taught("wide")
    rows = block.weak.rows
    squares = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False)[:-1] ** 2
    least = anchored.LEAST_FREEDOM * squares.mean() / len(rows)
    close(anchored._seen(block.weak, 0.0), least, 1e-9)
    assert anchored._seen(block.weak, 0.5) == 0.5
    found = STUDENTS["anchored"].learn(pool, block, 0.0, 0.01)
    assert np.isfinite(found.held_out).all()
    assert np.isfinite(found.probe.coef).all()


def test_a_prior_looks_at_more_directions_for_more_labels():
    assert directions(40) == directions(512) == DIRECTIONS[0]
    assert directions(1024) == 512
    assert directions(1025) == 1024
    assert directions(10**6) == DIRECTIONS[1]


@pytest.mark.parametrize("size", SIZES)
def test_what_a_label_changes_is_the_same_by_guess_and_all_at_once(size):
    pool, block = taught(size)
    posterior = Posterior(block, pool.prior(len(block.targets)))
    p, some = len(posterior.prior.axes), slice(1, 9, 2)
    maps = np.random.default_rng(0).standard_normal((p, p))
    along = posterior.prior.axes.T @ maps
    whole, by_guess = (
        sum(errors[:, :, None] * steps[:, None, :] for errors, steps in pairs)
        for pairs in (
            posterior._changes(maps, some),
            posterior._changes_by_guess(along, some),
        )
    )
    assert len(list(posterior._changes(maps, some))) == 2  # outputs
    close(whole, by_guess, 1e-10)


def test_draws_have_the_moments_that_are_known_without_them():
    pool, block = taught("many labels")
    posterior = Posterior(block, pool.prior(40))
    second, noise = posterior.moments()
    drawn = list(posterior.draw(40_000, np.random.default_rng(0)))
    β = np.concatenate([coef for coef, _ in drawn])
    found = np.einsum("drk,dsk->rs", β, β) / len(β)
    assert np.abs(found - second).max() < 0.03 * np.abs(second).max()
    close(np.concatenate([σ2 for _, σ2 in drawn]).mean(), noise, 0.01)
    close(β.mean(axis=0), posterior.coef, 0.03 * np.abs(posterior.coef).max())


def test_many_labels_compare_candidates_on_a_part_first():
    X_w, X_s, Y, pool_w, pool_s = (
        np.concatenate([part] * 25) if i < 3 else part
        for i, part in enumerate(drawn("many labels"))
    )
    rng = np.random.default_rng(1)
    X_w, X_s = (rows + 0.3 * rng.standard_normal(rows.shape) for rows in (X_w, X_s))
    block = LabeledBlock.from_rows(X_w, X_s, Y)
    prior = Prior.of(Moments.from_rows(weak=pool_w, strong=pool_s), len(Y))
    found = Posterior(block, prior)
    assert len(block.targets) > 256
    whole = posterior_mean(found.combinations, prior, np.hstack([X_w, X_s]), Y)
    z = np.hstack([pool_w, pool_s])
    close(found.held_out.probe.predict(z), whole(z), 1e-9)


def half(pool, block, ridge_weak, ridge):
    """Half of what plain imitation learns."""
    whole = STUDENTS[W2S].learn(pool, block, ridge_weak, ridge)
    probe = LinearProbe(whole.probe.coef / 2, whole.probe.intercept / 2)
    return Taken(probe, whole.ridge, whole.leave_out)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setitem(STUDENTS, "half", Student(half, "half of it"))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 20))
    y = x[:, 0] + rng.standard_normal(400)

    def run(**settings):
        return transfer(x, x[:, :8], y, n=[60, 90], N=200, trials=3, **settings)

    return run


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
@pytest.mark.parametrize("ridge", [0.1, "auto"])
def test_a_registered_student_turns_up_everywhere_by_its_name(run, ridge):
    found = run(students="half", ridge_weak=ridge, ridge_strong=ridge)
    plain = run(ridge_weak=ridge, ridge_strong=ridge)
    close(found.table["w2s"], plain.table["w2s"], 1e-13)
    assert (found.table["half"] != found.table["w2s"]).all()
    close(found.table["ridge_half"], found.table["ridge_w2s"])
    cell = found.to_dict()["cells"][0]
    assert cell["risk"]["half"]["mean"] == found.summary["half"][0]
    assert set(plain.to_dict()["cells"][0]["risk"]) == {"weak", "w2s", "strong", "ceiling"}
    assert found.config["students"] == [W2S, "half"]
    assert "<th>half</th>" in render(found)
    assert "half</th>" in found._repr_html_()


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
def test_all_students_run_side_by_side_and_change_nothing_of_the_four_models(run):
    names = [name for name in STUDENTS if name != "half"]
    found, plain = run(students=names), run()
    for model in ("weak", "w2s", "strong", "ceiling"):
        assert (found.table[model] == plain.table[model]).all()
    assert not {"imitate", "labels"} & set(found.table)
    for name in ("posterior", "neighbours", "anchored", "both"):
        assert np.isfinite(found.table[name]).all()
        assert found.to_dict()["cells"][0]["risk"][name]["mean"] > 0


def test_unknown_students_and_losses_that_know_none_are_refused():
    with pytest.raises(InputError, match="students: is 'best'; one of imitate"):
        Settings(n=10, N=20, students="best")


def test_two_students_need_no_pool():
    assert [name for name in STUDENTS if not STUDENTS[name].pool] == ["labels", "teacher"]


def test_cross_entropy_says_which_students_it_has():
    with pytest.raises(
        InputError, match="students: are imitate, both; a cross-entropy knows imitate, posterior"
    ):
        Settings(n=10, N=20, students="both", loss="cross-entropy", task="classification")


def test_logistic_probes_have_the_posterior_student_too():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((1500, 4))
    weak = np.hstack([shared, rng.standard_normal((1500, 8))])
    strong = np.hstack([shared, rng.standard_normal((1500, 20))])
    y = (rng.random(1500) < 1 / (1 + np.exp(-2 * shared.sum(axis=1)))).astype(int)
    settings = {"n": 60, "N": 600, "trials": 4, "test": 600, "task": "classification"}
    found = transfer(weak, strong, y, loss="cross-entropy", students="posterior", **settings)
    summary = found.summary.iloc[0]
    assert summary["posterior"] < min(summary["w2s"], summary["strong"])
    assert (found.table["ridge_posterior"] > 0).all()
    plain = transfer(weak, strong, y, loss="cross-entropy", **settings)
    assert (plain.table["w2s"] == found.table["w2s"]).all()
