import numpy as np
import pytest

from tests import oracles
from tests.laws import close
from w2slens.models.design import Design
from w2slens.models.distil import distil
from w2slens.models.fit import fit
from w2slens.models.labeled import LabeledBlock
from w2slens.models.probe import LinearProbe
from w2slens.models.projection import Projection
from w2slens.models.tuning import choose_gcv, choose_loo, choose_w2s, distilled_losses, grid
from w2slens.models.weighted import Turn
from w2slens.moments.moments import Moments


@pytest.fixture
def draw():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 12)) * np.geomspace(3, 0.3, 12) + 1
    return x, x[:, :2] @ rng.standard_normal((2, 2)) + 3 * rng.standard_normal((200, 2))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("rows", [200, 8])
def test_fit_from_moments_equals_rows(draw, ridge, rows):
    X, Y = draw[0][:rows], draw[1][:rows]
    moments = Moments.from_rows(strong=X, label=Y)
    probe = fit(moments, moments.solver("strong", ridge))
    close(probe.predict(draw[0]), oracles.fit(X, Y, rows * ridge)(draw[0]), 1e-8)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_student_from_moments_never_sees_a_pseudo_label(draw, ridge):
    X, _ = draw
    teacher = LinearProbe(np.random.default_rng(1).standard_normal((12, 2)), np.array([1.0, 2.0]))
    strong = X[:, 3:9] ** 2
    pool = Moments.from_rows(weak=X, strong=strong)
    expected = oracles.fit(strong, teacher.predict(X), 200 * ridge)(strong)
    student = distil(pool, teacher, pool.solver("strong", ridge), ["weak"])
    close(student.predict(strong), expected, 1e-9)


def test_leave_one_out_choice_is_the_best_of_the_grid(draw):
    X, Y = draw[0][:30], draw[1][:30]
    design = Design.from_rows(X)
    ridges = grid(np.linalg.eigvalsh(np.cov(X.T, bias=True)))
    losses = [np.sum(oracles.leave_one_out(X, Y, 30 * λ) ** 2) for λ in ridges]
    close(choose_loo(design, Y), ridges[int(np.argmin(losses))], 1e-9)


def test_choice_for_the_student_uses_the_true_labels(draw):
    X, Y = draw
    n = 25
    block = LabeledBlock.from_rows(X[:n], X[:n, :5], Y[:n])
    pool = Moments.from_rows(weak=X[n:], strong=X[n:, :5])
    ridges = grid(pool.spectrum("strong").values / pool.count)
    losses = []
    for λ in ridges:
        rows = (X[:n], X[:n, :5], Y[:n], X[n:], X[n:, :5])
        scores = oracles.leave_one_out_w2s(*rows, n * 0.2, (200 - n) * λ)
        losses.append(np.sum((Y[:n] - scores) ** 2))
    close(choose_w2s(block, pool, 0.2), ridges[int(np.argmin(losses))], 1e-9)


def test_choice_by_generalised_cross_validation_is_the_best_of_the_grid(draw):
    X, Y = draw[0] @ np.eye(12), draw[1]
    whole = Moments.from_rows(strong=X, label=Y)
    ridges = grid(whole.spectrum("strong").values / whole.count)
    Xc, Yc, losses = X - X.mean(axis=0), Y - Y.mean(axis=0), []
    for λ in ridges:
        hat = Xc @ np.linalg.pinv(Xc.T @ Xc + 200 * λ * np.eye(12)) @ Xc.T
        losses.append(np.sum((Yc - hat @ Yc) ** 2) / (1 - (1 + np.trace(hat)) / 200) ** 2)
    close(choose_gcv(whole)[0], ridges[int(np.argmin(losses))], 1e-9)


def test_groups_of_outputs_choose_by_themselves(draw):
    X, Y = draw
    whole = Moments.from_rows(strong=X, label=np.hstack([Y, 30 * Y[::-1]]))
    alone = [choose_gcv(Moments.from_rows(strong=X, label=part))[0] for part in (Y, 30 * Y[::-1])]
    close(choose_gcv(whole, groups=2), alone, 1e-12)


def test_noise_alone_wants_the_largest_ridge():
    rng = np.random.default_rng(5)
    X, Y = rng.standard_normal((60, 40)), rng.standard_normal((60, 1))
    assert choose_loo(Design.from_rows(X), Y) > 1


def test_a_clean_linear_target_wants_none():
    X = np.random.default_rng(6).standard_normal((60, 4))
    assert choose_loo(Design.from_rows(X), X[:, :1]) < 1e-6


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("shuffled", [False, True])
def test_many_labels_compare_ridges_as_exact_leave_one_out_does(outputs, shuffled):
    """The student's by a few exact rows and a control variate, fits in float32."""
    rng = np.random.default_rng(outputs)
    n, N = 1500, 3000
    z = rng.standard_normal((n + N, 60))
    weak, strong = z[:, :30], z[:, 15:] * np.linspace(1, 0.05, 45)
    y = z[:, :20] @ rng.standard_normal((20, outputs)) + 2 * rng.standard_normal((n + N, outputs))
    designs = [Design.from_rows(rows[:n], shuffled=shuffled) for rows in (weak, strong)]
    block = LabeledBlock(*designs, y[:n])
    projection = Projection(Moments.from_rows(weak=weak[n:], strong=strong[n:]), ("weak",))
    ridges = grid(projection.eigen.values / N)
    held = block.held_out_teacher(0.05)
    exact = np.sum((y[:n] - projection.left_out(held, block.strong, ridges)) ** 2, axis=(1, 2))
    close(distilled_losses(held, block, projection, ridges), exact, 1e-3)
    path = block.strong.loo_path(y[:n], ridges)
    close(block.strong.loo_losses(y[:n], ridges), np.sum(path**2, axis=(1, 2)), 1e-5)


def test_rows_that_stand_for_all_are_from_all_over_unless_the_order_is_random():
    x = np.random.default_rng(0).standard_normal((100, 3))
    assert list(range(100))[Design.from_rows(x).sample(10)] == list(range(0, 100, 10))
    assert list(range(100))[Design.from_rows(x, shuffled=True).sample(10)] == list(range(10))
    assert len(x[Design.from_rows(x).sample(100)]) == 100


def test_weights_turn_rows_so_that_all_count_alike():
    """Inner products of turned rows are weighted ones, and a constant stays one: the intercept."""
    rng = np.random.default_rng(0)
    weights, A = rng.uniform(0.1, 5, 30), rng.standard_normal((30, 4))
    turn = Turn.of(weights)
    close(turn.turned(A).T @ turn.turned(A), (A.T * (weights / weights.mean())) @ A, 1e-12)
    close(turn.turned(np.ones((30, 1))), np.ones((30, 1)), 1e-12)
    close(turn.back(turn.turned(A)), A, 1e-12)
    close(Turn.of(7 * weights).turned(A), turn.turned(A), 1e-12)
    assert Turn.of(np.full(5, 3.0)) is None


def test_a_design_that_is_not_factored_chooses_the_same_ridge(draw):
    X, Y = draw
    for targets in (Y, X[:, :1]):
        asked = {"targets": targets}
        chosen = choose_loo(Design.from_rows(X), **asked)
        close(choose_loo(Design.from_rows(X), **asked, factored=False), chosen, 1e-4)
    assert Design.from_rows(X).coarse is not None
    assert Design.from_rows(X * np.geomspace(1, 1e-3, 12)).coarse is None  # float32 does not do
