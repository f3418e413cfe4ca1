import numpy as np
import pytest

from tests import oracles
from tests.laws import agrees, close
from w2slens import InputError, Problem, predict, transfer
from w2slens.experiments.split import Split
from w2slens.models.estimates import UndefinedRatioWarning
from w2slens.models.risks import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")

ROWS = 400


def regime(name):
    """One pair of feature matrices for each difficulty that a fit must survive."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal((ROWS, 30))
    weak, strong = x[:, :20], x[:, 12:] @ rng.standard_normal((18, 18))
    if name == "rank-deficient":
        weak, strong = weak[:, :9] @ rng.standard_normal((9, 20)), strong @ np.ones((18, 2))
    if name == "dead units":
        weak, strong = weak.copy(), strong.copy()
        weak[:, [0, 7]], strong[:, 3] = 0.0, 2.5
    if name == "duplicate columns":
        weak, strong = np.tile(weak[:, :10], 2), np.tile(strong[:, :9], 2)
    if name == "shifted mean":
        weak, strong = weak + 100.0, strong - 300.0
    if name == "float32":
        weak, strong = weak.astype(np.float32), strong.astype(np.float32)
    if name == "float16":
        weak, strong = weak.astype(np.float16), strong.astype(np.float16)
    if name == "wide":
        weak = x @ rng.standard_normal((30, 90)) + rng.standard_normal((ROWS, 90))
        strong = np.maximum(x @ rng.standard_normal((30, 120)), 0)
    return weak, strong, x


REGIMES = [
    "plain",
    "rank-deficient",
    "dead units",
    "duplicate columns",
    "shifted mean",
    "float32",
    "float16",
    "wide",
]


@pytest.mark.parametrize("task", ["regression", "two outputs", "classification"])
@pytest.mark.parametrize("ridge", [0.0, 0.05])
@pytest.mark.parametrize("name", REGIMES)
def test_risks_equal_row_by_row_computation(name, ridge, task):
    weak, strong, x = regime(name)
    rng = np.random.default_rng(9)
    truth = x[:, :2] + 0.3 * x[:, 20:22]
    y = truth + rng.standard_normal((ROWS, 2))
    if task == "regression":
        truth, y = truth[:, :1], y[:, :1]
    labels, target = y, truth
    if task == "classification":
        labels = rng.integers(0, 3, ROWS) * 2
        y = np.eye(3)[labels // 2]
        target = truth = np.full((ROWS, 3), 1 / 3) + 0.1 * x[:, :3]
    n, N = [12, 40, 60], [15, 80, 250]
    run = transfer(
        weak,
        strong,
        labels,
        n=n,
        N=N,
        trials=2,
        test=80,
        ridge_weak=ridge,
        ridge_strong=ridge,
        task="classification" if task == "classification" else "regression",
        target=target,
        seed=3,
    )
    assert run.scale == "excess"
    for row in run.table.itertuples():
        split = Split.draw(ROWS, 80, 3, row.trial)
        rows = (split.labels(row.n), split.pool(row.N), split.test)
        risks, scores = oracles.four_models(weak, strong, y, truth, *rows, ridge, ridge)
        for model in MODELS:
            close(getattr(row, model), risks[model])
            raw = np.mean(np.sum((scores[model] - y[split.test]) ** 2, axis=1))
            close(getattr(row, f"raw_{model}"), raw)
            if task == "classification":
                hits = scores[model].argmax(axis=1) == y[split.test].argmax(axis=1)
                assert getattr(row, f"accuracy_{model}") == hits.mean()


def test_rows_of_a_cell_do_not_depend_on_the_grid():
    weak, strong, x = regime("plain")
    y = x[:, 0] + np.random.default_rng(0).standard_normal(ROWS)
    settings = {"trials": 2, "ridge_weak": 0.1, "ridge_strong": "auto", "seed": 5}
    grid = transfer(weak, strong, y, n=[60, 30], N=[50, 200], **settings).table
    alone = transfer(weak, strong, y, n=30, N=200, **settings).table
    some = grid[(grid["n"] == 30) & (grid["N"] == 200)].reset_index(drop=True)
    close(some[list(MODELS)], alone[list(MODELS)], 1e-9)


def test_blocks_of_a_trial_are_disjoint_and_prefixes_nest():
    split = Split.draw(100, 20, 0, 1)
    blocks = [split.test, split.labels(30), split.pool(50)]
    assert len(np.unique(np.concatenate(blocks))) == 100
    assert (split.labels(10) == split.labels(30)[:10]).all()
    assert (split.pool(10) == split.pool(50)[:10]).all()
    assert not (Split.draw(100, 20, 0, 2).test == split.test).all()


def test_groups_of_one_row_leave_no_row_out():
    split = Split.draw(100, 30, 0, 1, np.random.default_rng(0).permutation(100))
    assert len(split.test) == 30
    assert len(split.rest) == 70
    assert len({*split.test, *split.rest}) == 100


def test_no_group_is_on_both_sides_of_the_test_block():
    groups = np.random.default_rng(0).integers(0, 30, 200)
    split = Split.draw(200, 50, 0, 1, groups)
    largest = np.bincount(groups).max()
    assert len(split.test) == 50
    assert 150 - largest < len(split.rest) <= 150
    assert not set(groups[split.test]) & set(groups[split.rest])
    assert not set(split.test) & set(split.rest)
    assert len(set(groups[split.rest[:20]])) > 8


def test_groups_are_read_and_checked():
    weak, strong, x = regime("plain")
    groups = np.repeat(np.arange(40), 10) * 7
    settings = {"n": 30, "trials": 2, "ridge_weak": 0.1, "ridge_strong": 0.1, "groups": groups}
    found = transfer(weak, strong, x[:, 0], N=281, **settings)
    assert found.config["groups"] == 40
    with pytest.raises(InputError, match="9 more for the largest group, and there are 400"):
        transfer(weak, strong, x[:, 0], N=282, **settings)
    with pytest.raises(InputError, match=r"groups: has shape .* one whole number a row"):
        transfer(weak, strong, x[:, 0], n=30, N=100, groups=groups / 2)


def test_the_same_seed_gives_the_same_digits():
    weak, strong, x = regime("plain")
    runs = [transfer(weak, strong, x[:, 0], n=30, N=99, trials=3, seed=s) for s in (1, 1, 2)]
    assert runs[0].table.equals(runs[1].table)
    assert not runs[0].table.equals(runs[2].table)


@pytest.mark.parametrize("ceiling", ["all", "pool", "labels"])
def test_ceilings(ceiling):
    weak, strong, x = regime("plain")
    y = x[:, :1] + np.random.default_rng(0).standard_normal((ROWS, 1))
    settings = {"n": 50, "N": 150, "trials": 1, "ridge_weak": 0.0, "ridge_strong": 0.1}
    run = transfer(weak, strong, y, ceiling=ceiling, **settings)
    split = Split.draw(ROWS, 80, 0, 0)
    labels, pool = split.labels(50), split.pool(150)
    index = {"all": np.concatenate([labels, pool]), "pool": pool, "labels": labels}[ceiling]
    scores = oracles.fit(strong[index], y[index], len(index) * 0.1)(strong[split.test])
    close(run.table["ceiling"][0], np.mean((scores - y[split.test]) ** 2))
    auto = transfer(weak, strong, y, ceiling=ceiling, **{**settings, "ridge_strong": "auto"})
    assert auto.table["ridge_ceiling"][0] >= 0


def test_automatic_ridges_are_at_least_as_good_as_none_near_the_peak():
    weak, strong, x = regime("plain")
    y = x[:, 0] + np.random.default_rng(0).standard_normal(ROWS)
    auto = transfer(weak, strong, y, n=21, N=200, trials=5)
    none = transfer(weak, strong, y, n=21, N=200, trials=5, ridge_weak=0, ridge_strong=0)
    for model in ("weak", "w2s", "strong"):
        assert auto.table[model].mean() < none.table[model].mean()
    assert none.to_dict()["cells"][0]["peak"] == ["weak", "strong"]
    assert auto.to_dict()["cells"][0]["peak"] == []
    assert np.isfinite(auto.predicted.w2s).all()


def population(rng, rows, d_w, d_s, shared):
    x = rng.standard_normal((rows, d_w + d_s - shared))
    return x[:, :d_w], x[:, d_w - shared :], x


def test_a_teacher_inside_the_student_gains_nothing():
    rng = np.random.default_rng(11)
    x = rng.standard_normal((6000, 25))
    y = x[:, 0] + rng.standard_normal(6000)
    run = transfer(
        x[:, :15], x, y, n=60, N=3000, trials=10, target=x[:, 0], ridge_weak=0, ridge_strong=0
    )
    close(run.table["w2s"], run.table["weak"], 1e-9)
    assert abs(run.summary["pgr"][0]) < 1e-9


def test_disjoint_subspaces_shed_variance_as_predicted():
    rng = np.random.default_rng(12)
    weak, strong, x = population(rng, 9000, 20, 15, 0)
    y = rng.standard_normal(9000)
    f = np.zeros(9000) + 1e-6 * x[:, 0]
    run = transfer(
        weak, strong, y, n=80, N=[200, 3000], trials=60, target=f, ridge_weak=0, ridge_strong=0
    )
    pair = Problem.gaussian(20, 15, 0, 1.0)
    predicted = predict(pair, n=80, N=[200, 3000], intercept=True)
    for j, N in enumerate((200, 3000)):
        cell = run.table[run.table["N"] == N]
        for model in MODELS:
            truth = getattr(predicted, model)[0, j]
            agrees(cell[model], truth, slack=truth / 80)
    assert predicted.w2s[0, 1] < 0.1 * predicted.weak[0, 1]


def test_oracle_prediction_agrees_with_measurement():
    rng = np.random.default_rng(13)
    weak, strong, x = population(rng, 20_000, 30, 20, 8)
    y = x @ rng.standard_normal(42) * 0.2 + rng.standard_normal(20_000)
    run = transfer(
        weak, strong, y, n=[60, 150], N=[100, 3000], trials=60, ridge_weak=0, ridge_strong=0, seed=2
    )
    assert run.predicted.scale == run.scale == "raw"
    for i, n in enumerate((60, 150)):
        for j, N in enumerate((100, 3000)):
            cell = run.table[(run.table["n"] == n) & (run.table["N"] == N)]
            for model in MODELS:
                truth = getattr(run.predicted, model)[i, j]
                agrees(cell[model], truth, slack=truth * 2 / n)


def test_document_of_a_run():
    weak, strong, x = regime("plain")
    run = transfer(weak, strong, x[:, 0] > 0, n=[40, 60], N=80, trials=3, task="classification")
    document = run.to_dict()
    assert list(document) == ["dimensions", "cells", "scale", "verdict", "config"]
    cell = document["cells"][1]
    assert (cell["n"], cell["N"], cell["trials"]) == (60, 80, 3)
    assert set(cell["risk"]) == set(MODELS)
    assert set(cell["risk"]["weak"]) == set(cell["pgr"]) == {"mean", "se"}
    assert set(cell["accuracy"]) == {*MODELS, "pgr"}
    assert cell["predicted"]["kind"] == "oracle"
    assert set(cell["predicted"]["risk"]) == set(MODELS)
    assert cell["raw"] is None
    assert document["config"]["classes"] == [0, 1]
    assert document["config"]["seed"] == 0


def test_regression_has_no_accuracy_and_excess_runs_show_raw_risks():
    weak, strong, x = regime("plain")
    y = x[:, 0] + np.random.default_rng(0).standard_normal(ROWS)
    cell = transfer(weak, strong, y, n=60, N=80, trials=3, target=x[:, 0]).to_dict()["cells"][0]
    assert cell["accuracy"] is None
    assert cell["raw"]["w2s"]["mean"] > cell["risk"]["w2s"]["mean"]
    assert set(cell["raw"]) == {*MODELS, "opr"}


def test_progress_counts_cells():
    weak, strong, x = regime("plain")
    seen = []
    transfer(
        weak, strong, x[:, 0], n=[20, 30], N=99, trials=2, progress=lambda *done: seen.append(done)
    )
    assert seen == [(0, 4), (2, 4), (4, 4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n: is 0"),
        ({"N": -3}, "N: is -3"),
        ({"n": 100, "N": 300}, r"n: max n \+ max N \+ test = 100 \+ 300 \+ 80 = 480"),
        ({"n": 2}, "n: is 2; ridge 'auto'"),
        ({"trials": 0}, "trials: is 0"),
        ({"test": 1.5}, "test: is 1.5"),
        ({"test": 0}, "test: is 0"),
        ({"test": 1.0}, "test: is 1.0"),
        ({"ridge_weak": 1e300}, "ridge_weak: is 1e[+]300; at most"),
        ({"y": np.full(ROWS, 1e30) * (np.arange(ROWS) + 1), "task": "classification"}, "too large"),
        ({"y": np.arange(ROWS) * 1e200}, "label: holds numbers so large"),
        ({"seed": -1}, "seed: is -1"),
        ({"ridge_weak": "best"}, "ridge_weak: is 'best'"),
        ({"ridge_strong": float("nan")}, "ridge_strong: is nan"),
        ({"task": "ranking"}, "task: is 'ranking'"),
        ({"ceiling": "sky"}, "ceiling: is 'sky'"),
        ({"y": np.ones(ROWS)}, "y: is constant"),
        ({"y": np.ones(ROWS, int), "task": "classification"}, "y: holds one class only"),
        ({"y": np.arange(ROWS) / 2, "task": "classification"}, "y: holds fractions"),
        ({"y": np.ones((ROWS, 2)), "task": "classification"}, "y: has shape"),
        ({"y": np.ones(ROWS - 1)}, "y: .*"),
        ({"y": np.full(ROWS, np.nan)}, "y: holds 400 values"),
        ({"target": np.arange(2.0 * ROWS).reshape(ROWS, 2)}, "target: has 2 columns"),
        ({"target": np.arange(ROWS - 1.0)}, "target: the numbers of rows differ"),
    ],
)
def test_bad_requests_are_refused(change, message):
    weak, strong, x = regime("plain")
    arguments = {"y": x[:, 0], "n": 20, "N": 80, **change}
    with pytest.raises(InputError, match=message):
        transfer(weak, strong, arguments.pop("y"), **arguments)


def test_no_gap_is_said_and_not_divided_by():
    weak, _, x = regime("plain")
    y = x[:, 0] + np.random.default_rng(0).standard_normal(ROWS)
    run = transfer(
        weak, weak, y, n=100, N=100, trials=4, ridge_weak=0, ridge_strong=0, ceiling="labels"
    )
    with pytest.warns(UndefinedRatioWarning):
        assert np.isnan(run.summary["pgr"][0])
