"""Decisions by accuracy or AUROC: measured, never predicted, and said to be so."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.laws import close
from w2slens import InputError, Problem, Settings, cli, forecast, plan, rank_teachers, transfer
from w2slens.experiments.verdict import verdict
from w2slens.models.metrics import HeldOut, auroc, mark


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((900, 12))
    y = (z[:, :4].sum(axis=1) + 0.5 * rng.standard_normal(900) > 0).astype(int)
    return z[:, 2:9] + 0.3 * rng.standard_normal((900, 7)), z[:, :8], y


ASKED = {"n": 60, "N": 400, "trials": 6, "task": "classification"}


@pytest.mark.parametrize("metric", ["accuracy", "auroc"])
def test_a_run_is_judged_by_the_metric_that_is_asked_for(pair, metric):
    found = transfer(*pair, **ASKED, metric=metric)
    means = found.table[[f"{metric}_{name}" for name in ("weak", "w2s", "strong")]].mean()
    best = means.idxmax().split("_")[-1]
    named = {"weak": "the weak teacher", "w2s": "the W2S student", "strong": "the strong model"}
    word = {"accuracy": "accuracy", "auroc": "AUROC"}[metric]
    assert f"{named[best]}" in found.verdict.reason.split(" has ")[0]
    assert f"has {word} {means.max():.3g}" in found.verdict.reason
    assert found.config["metric"] == metric
    judged = verdict(found.table, *found.oracle.ranks("weak"), metric)
    assert judged == found.verdict
    plain = transfer(*pair, **ASKED)
    close(plain.table["w2s"].to_numpy(), found.table["w2s"].to_numpy(), 1e-15)
    assert ("auroc_w2s" in found.table) == (metric == "auroc")


def test_areas_of_a_run_are_those_of_scikit_learn(pair):
    rng = np.random.default_rng(1)
    scores, codes = rng.standard_normal((200, 3)), rng.integers(0, 3, 200)
    each = [roc_auc_score(codes == c, scores[:, c]) for c in range(3)]
    assert auroc(scores, codes) == pytest.approx(np.mean(each))
    assert mark("accuracy", scores, codes) == np.mean(scores.argmax(axis=1) == codes)


def test_marks_of_leave_one_out_are_those_of_refits(pair):
    weak, strong, y = pair
    n = 40
    found = forecast(
        weak,
        strong,
        y[:n],
        task="classification",
        ridge_weak=0.2,
        ridge_strong=0.1,
        metric="accuracy",
    )
    targets, hits = np.eye(2)[y[:n]], []
    for i in range(n):
        kept = np.arange(n) != i
        X, Y = strong[:n][kept], targets[kept]
        centred = X - X.mean(axis=0)
        # The refit holds the total penalty nλ fixed.
        coef = np.linalg.solve(
            centred.T @ centred + n * 0.1 * np.eye(8), centred.T @ (Y - Y.mean(0))
        )
        scores = Y.mean(axis=0) + (strong[i] - X.mean(axis=0)) @ coef
        hits.append(scores.argmax() == y[i])
    assert found.measured.marks["strong"] == np.mean(hits)
    assert "By accuracy, which theory does not predict, leave-one-out" in found.statement
    assert found.to_dict()["measured"]["strong"]["mean"] == np.mean(hits)
    assert "accuracy, leave-one-out" in [column.name for column in found.table().head]


def test_a_jackknife_error_is_that_of_a_mean():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 2, 2000)
    scores = np.eye(2)[np.where(rng.random(2000) < 0.8, codes, 1 - codes)]
    held = HeldOut("accuracy", {"a": scores, "b": scores}, codes)
    assert held.error("a") == pytest.approx((0.8 * 0.2 / 2000) ** 0.5, rel=0.5)
    assert held.error("a", "b") == 0.0


def test_teachers_are_ordered_by_the_metric(pair):
    weak, strong, y = pair
    rng = np.random.default_rng(3)
    teachers = {"noise": rng.standard_normal((900, 5)), "good": weak, "some": weak[:, :1]}
    asked = {"task": "classification", "ridge_weak": 0.1, "ridge_strong": 0.1}
    found = rank_teachers(teachers, strong, y[:100], metric="auroc", **asked)
    marks = [teacher.mark for teacher in found.teachers]
    assert marks == sorted(marks, reverse=True)
    assert found.teachers[-1].name == "noise"
    assert found.teachers[-1].apart
    assert "theory does not predict AUROC" in found.reason
    assert found.to_dict()["metric"] == "auroc"
    assert "AUROC" in [column.name for column in found.table().head]


def test_what_cannot_be_judged_by_marks_is_refused(pair, capsys):
    weak, strong, y = pair
    for refused in (
        lambda: transfer(weak, strong, y, n=60, N=300, metric="accuracy", task="regression"),
        lambda: forecast(weak, strong, y[:50].astype(float), metric="auroc"),
    ):
        with pytest.raises(InputError, match=r"metric: is '.*'; it goes with task classification"):
            refused()
    with pytest.raises(InputError, match=r"metric: is 'f1'; one of risk, accuracy, auroc"):
        Settings(n=5, N=5, metric="f1")
    problem = Problem.gaussian(d_w=9, d_s=5, d_sw=2, noise=1.0)
    with pytest.raises(InputError, match="which theory does not predict; plan by risk"):
        plan(problem, cost_label=1, cost_pseudo=0.1, budget=50, metric="accuracy")
    told = ["plan", "--d-w", "9", "--d-s", "5", "--d-sw", "2", "--noise", "1", "--budget", "50"]
    code = cli.invoke([*told, "--cost-label", "1", "--cost-pseudo", ".1", "--metric", "auroc"])
    assert code == 2
    assert "--metric is 'auroc', which theory does not predict" in capsys.readouterr().err
