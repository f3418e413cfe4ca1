import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from tests.laws import close
from w2slens import InputError, sweep, transfer
from w2slens.experiments.split import Split
from w2slens.experiments.trial.logistic_rows import LogisticRows, candidates
from w2slens.models.logistic import LogisticDesign, probabilities
from w2slens.models.scoring import auroc, mark_logits

ROWS = 500

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")


def pair(k, seed=0):
    """Features of very different scales, and classes that depend on the strong ones."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((ROWS, 14)) * np.logspace(1, -1, 14) + 3
    logits = (x - 3) / np.logspace(1, -1, 14) @ rng.standard_normal((14, k))
    noisy = logits + rng.gumbel(size=(ROWS, k))
    return x[:, :9], x[:, 4:] @ rng.standard_normal((10, 10)), noisy.argmax(axis=1)


def by_sklearn(features, soft, ridge):
    """The same fit by another library: each row once a class, weighted by its probability."""
    m, k = soft.shape
    model = LogisticRegression(C=1 / (2 * m * ridge), solver="newton-cholesky", tol=1e-10)
    model.fit(np.tile(features, (k, 1)), np.repeat(np.arange(k), m), soft.T.ravel())
    return model.predict_proba


@pytest.mark.parametrize("rows", [ROWS, 8])
@pytest.mark.parametrize("ridge", [0.3, 1e-3])
@pytest.mark.parametrize("k", [2, 3])
def test_fits_on_soft_labels_equal_another_library(k, ridge, rows):
    weak, _, y = pair(k)
    soft = 0.8 * np.eye(k)[y[:rows]] + 0.2 / k
    probe = LogisticDesign.from_rows(weak[:rows]).fit(soft, ridge)
    mine = probabilities(probe.predict(weak))
    np.testing.assert_allclose(mine, by_sklearn(weak[:rows], soft, ridge)(weak), atol=2e-5)


@pytest.mark.parametrize("k", [2, 4])
def test_a_path_ends_where_single_fits_do(k):
    weak, _, y = pair(k)
    design = LogisticDesign.from_rows(weak)
    ridges = candidates(design)
    for ridge, probe in zip(ridges, design.path(np.eye(k)[y], ridges), strict=True):
        alone = design.fit(np.eye(k)[y], ridge)
        ours, theirs = (probabilities(p.predict(weak)) for p in (probe, alone))
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_separable_classes_and_absent_ones_are_fitted():
    weak, _, _ = pair(2)
    separable = np.eye(3)[(weak[:60, 0] > 3).astype(int)]
    p = probabilities(LogisticDesign.from_rows(weak[:60]).fit(separable, 1e-9).predict(weak[:60]))
    assert (p.argmax(axis=1) == separable.argmax(axis=1)).all()
    assert p[:, 2].max() < 1e-4


def test_scores_equal_another_library():
    _, strong, y = pair(3)
    logits = LogisticDesign.from_rows(strong).fit(np.eye(3)[y], 0.01).predict(strong)
    p = probabilities(logits)
    marks = mark_logits(logits, np.eye(3)[y], truth=np.full((ROWS, 3), 1 / 3))
    close(marks["cross_entropy"], log_loss(y, p), 1e-12)
    close(marks["auroc"], roc_auc_score(y, p, multi_class="ovr"), 1e-12)
    close(marks["raw"], np.mean(np.sum((p - np.eye(3)[y]) ** 2, axis=1)), 1e-12)
    close(marks["risk"], np.mean(np.sum((p - 1 / 3) ** 2, axis=1)), 1e-12)
    assert np.isnan(auroc(p, np.zeros(ROWS, int)))


@pytest.mark.parametrize("ceiling", ["all", "pool", "labels"])
@pytest.mark.parametrize("k", [2, 3])
def test_all_four_models_equal_another_library(k, ceiling):
    weak, strong, y = pair(k)
    λ_w, λ_s, n, N = 0.02, 0.05, 80, 250
    settings = {"ridge_weak": λ_w, "ridge_strong": λ_s, "ceiling": ceiling, "trials": 1}
    found = transfer(
        weak, strong, y, n=n, N=N, test=100, task="classification", loss="cross-entropy", **settings
    )
    split, hot = Split.draw(ROWS, 100, 0, 0), np.eye(k)[y]
    labels, pool = split.labels(n), split.pool(N)
    tops = {"all": np.concatenate([labels, pool]), "pool": pool, "labels": labels}[ceiling]
    teacher = by_sklearn(weak[labels], hot[labels], λ_w)
    models = {
        "weak": teacher(weak[split.test]),
        "w2s": by_sklearn(strong[pool], teacher(weak[pool]), λ_s)(strong[split.test]),
        "strong": by_sklearn(strong[labels], hot[labels], λ_s)(strong[split.test]),
        "ceiling": by_sklearn(strong[tops], hot[tops], λ_s)(strong[split.test]),
    }
    row = found.table.iloc[0]
    for name, p in models.items():
        brier = np.mean(np.sum((p - hot[split.test]) ** 2, axis=1))
        np.testing.assert_allclose(row[name], brier, rtol=2e-4)
        np.testing.assert_allclose(
            row[f"cross_entropy_{name}"], log_loss(y[split.test], p), rtol=2e-4
        )
    cell = found.to_dict()["cells"][0]
    assert {"accuracy", "cross_entropy", "auroc"} <= {kind for kind, v in cell.items() if v}


def test_the_chosen_ridge_has_the_least_loss_on_the_folds():
    weak, _, y = pair(2)
    lesson = LogisticRows(weak[:120], np.eye(2)[y[:120]])
    chosen = lesson.learn("auto").ridge
    losses = []
    for ridge in candidates(lesson.design):
        loss = 0.0
        for part in range(5):
            held = np.arange(120) % 5 == part
            fit = by_sklearn(weak[:120][~held], lesson.labels[~held], ridge)
            loss += log_loss(y[:120][held], fit(weak[:120][held]), normalize=False, labels=[0, 1])
        losses.append(loss)
    assert losses[candidates(lesson.design).index(chosen)] < min(losses) * (1 + 1e-4)


def test_tuned_probes_beat_untuned_ones_on_few_noisy_labels():
    weak, strong, y = pair(2)
    settings = {"n": 40, "N": 200, "trials": 6, "test": 150, "task": "classification"}
    settings["noise_levels"], settings["loss"] = [0.2], "cross-entropy"
    tuned = sweep(weak, strong, y, jobs=1, **settings)
    plain = sweep(weak, strong, y, jobs=1, ridge_weak=1e-6, ridge_strong=1e-6, **settings)
    for name in ("weak", "strong"):
        column = f"cross_entropy_{name}"
        assert tuned.table[column].mean() < plain.table[column].mean()


def test_two_classes_take_their_known_mean_as_target():
    weak, strong, y = pair(2)
    mean = np.clip(0.6 * (2 * y - 1), -1, 1)
    settings = {"n": 60, "N": 200, "trials": 2, "task": "classification", "ridge_weak": 0.1}
    settings["ridge_strong"] = 0.1
    signs = transfer(weak, strong, 2 * y - 1, target=mean, **settings)
    p = (1 + mean) / 2
    both = transfer(weak, strong, y, target=np.column_stack([1 - p, p]), **settings)
    close(signs.table["w2s"], both.table["w2s"], 1e-12)
    with pytest.raises(InputError, match="the mean of two classes lies between 0 and 1"):
        transfer(weak, strong, y, target=mean, **settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ridge_weak": 0}, "ridge_weak: is 0; a cross-entropy has no minimum"),
        ({"task": "regression"}, "loss: is 'cross-entropy'; it goes with task classification"),
        ({"loss": "logistic"}, "loss: is 'logistic'; one of squared, cross-entropy"),
    ],
)
def test_what_has_no_minimum_is_refused(change, message):
    weak, strong, y = pair(2)
    settings = {"n": 60, "N": 200, "task": "classification", "loss": "cross-entropy", **change}
    with pytest.raises(InputError, match=message):
        transfer(weak, strong, y, **settings)
