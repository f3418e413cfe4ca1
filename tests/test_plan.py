import json
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.kernel_approximation import RBFSampler
from sklearn.preprocessing import StandardScaler

from w2slens import InputError, Problem, cli, dimensions, forecast, plan, predict, transfer
from w2slens._core.format import number
from w2slens.advise.planning import frontier, n_star
from w2slens.features.digits import digits
from w2slens.forecasting.intervals import freedom, spread
from w2slens.theory.bounds import pgr_bound
from w2slens.theory.together import Together

PRICES = {"cost_label": 1.0, "cost_pseudo": 0.02}
RIDGELESS = {"ridge_weak": 0, "ridge_strong": 0}
AUTO = {"ridge_weak": "auto", "ridge_strong": "auto"}


def pair(**change):
    settings = {"d_w": 30, "d_s": 20, "d_sw": 4, "noise": 1.0, "rho_w": 0.03, "rho_s": 0.02}
    return Problem.gaussian(**{**settings, "signal": 2.0, **change})


def test_the_best_sizes_are_those_of_an_exhaustive_search():
    found = plan(pair(), budget=150, intercept=False, **PRICES, **RIDGELESS)
    n = np.arange(32, 151)
    N = ((150 - n) / 0.02).astype(int).clip(1)
    every = [
        float(predict(pair(), n=int(a), N=int(b)).w2s[0, 0]) for a, b in zip(n, N, strict=True)
    ]
    assert found.best.course == "w2s"
    assert found.best.risk <= np.nanmin(every) * 1.002
    assert found.best.cost <= 150
    strong = next(course for course in found.courses if course.course == "strong-on-labels")
    assert (strong.n, strong.N) == (150, 0)
    alone = predict(pair(), n=150, N=1).strong[0, 0]
    assert abs(strong.risk - alone) < 1e-12


def test_a_large_budget_is_spent_along_its_edge():
    """A search beside the edge of the budget misses the best by tenths."""
    problem = Problem.gaussian(d_w=40, d_s=60, d_sw=10, noise=1.0)
    found = plan(problem, cost_label=1, cost_pseudo=0.01, budget=50_000)
    n = np.unique(np.linspace(40_000, 49_990, 300).astype(int))
    every = [
        float(predict(problem, n=int(a), N=int((50_000 - a) / 0.01), intercept=True).w2s[0, 0])
        for a in n
    ]
    assert found.best.risk <= min(every) * 1.0005


def test_the_least_cost_is_that_of_an_exhaustive_search():
    problem = Problem.gaussian(d_w=40, d_s=60, d_sw=10, noise=1.0, rho_w=0.02, rho_s=0.01)
    found = plan(problem, cost_label=1, cost_pseudo=0.01, target=0.1)
    N = np.unique(np.geomspace(62, 20_000, 500).astype(int))
    costs = []
    for n in range(150, 300):
        enough = np.flatnonzero(predict(problem, n=n, N=N, intercept=True).w2s[0] <= 0.1)
        if len(enough):
            costs.append(n + 0.01 * N[enough[0]])
    assert found.best.cost <= min(costs) * 1.001


def test_a_target_is_reached_at_least_cost():
    found = plan(pair(), target=0.2, **PRICES)
    assert found.best.risk <= 0.2
    assert found.best.cost == min(course.cost for course in found.courses)
    within = plan(pair(), budget=found.best.cost * 0.98, **PRICES)
    assert within.best.risk > 0.2
    more = plan(pair(), budget=found.best.cost * 1.02, **PRICES)
    assert more.best.risk <= 0.2


@pytest.mark.parametrize("goal", [{"target": 0.2}, {"budget": 150}])
def test_the_teacher_that_a_plan_speaks_of_is_that_of_its_best_student(goal):
    found = plan(pair(), **goal, **PRICES)
    taught = next(course for course in found.courses if course.course in ("w2s", "posterior"))
    assert taught.n != next(each for each in found.courses if each.course == "w2s").n
    weak = predict(pair(), n=taught.n, N=1, intercept=True, **AUTO).weak[0, 0]
    said = f"The teacher on the {taught.n:,} labels of {taught.course} has risk {number(weak)}."
    assert said in found.reason


def test_owned_labels_are_free():
    found = plan(pair(), budget=50, owned=100, **PRICES)
    by_name = {course.course: course for course in found.courses}
    assert (by_name["strong-on-labels"].n, by_name["strong-on-labels"].cost) == (100, 0.0)
    assert by_name["label-more"].n == 150
    assert by_name["w2s"].cost <= 50


def test_pseudo_labels_do_not_help_a_contained_teacher():
    found = plan(
        pair(d_w=20, d_s=40, d_sw=20, rho_s=0.03, rho_w=0.03), budget=150, **PRICES, **RIDGELESS
    )
    w2s = next(course for course in found.courses if course.course == "w2s")
    weak = next(course for course in found.courses if course.course == "weak-is-enough")
    assert weak.risk < w2s.risk
    assert "contains the teacher's" in found.reason


@pytest.mark.parametrize("signal", [None, 1.0])
def test_a_plan_without_noise_spends_no_more_than_exact_fits_cost(signal):
    clean = pair(noise=0.0, rho_w=0.0, rho_s=0.0, signal=signal)
    found = plan(clean, budget=172, **PRICES)
    assert found.best.risk == pytest.approx(0, abs=1e-12)
    assert found.best.cost < 60
    assert all(low <= each.risk <= high for each in found.courses for low, high in [each.interval])


def test_nothing_to_learn_is_refused_in_words():
    silent = pair(noise=0.0, rho_w=0.0, rho_s=0.0, signal=0.0)
    with pytest.raises(InputError, match="signal: is 0 as the noise is: all labels are alike"):
        plan(silent, budget=172, **PRICES)
    assert np.array_equal(Together(silent).student([20, 200], [50]), [[0.0], [0.0]])


def test_running_a_model_has_its_price():
    cheap, dear = (
        plan(pair(), budget=150, cost_strong=price, **PRICES).best.cost for price in (0, 60)
    )
    assert max(cheap, dear) <= 150
    assert plan(pair(), budget=150, cost_strong=149, **PRICES).best.course == "weak-is-enough"


def test_enough_pseudo_labels_are_within_a_twentieth_of_endless_ones():
    found = plan(pair(), budget=150, intercept=False, **PRICES, **RIDGELESS)
    n = next(course.n for course in found.courses if course.course == "w2s")
    sizes = [found.N_enough - 1, found.N_enough, 10**9]
    less, enough, endless = predict(pair(), n=n, N=sizes).w2s[0]
    assert enough <= 1.05 * endless < less * 1.0001


def test_n_star_maximises_the_published_bound():
    best = n_star(pair(), 5000)
    sizes = tuple(range(40, 400))
    assert abs(sizes[int(np.argmax(pgr_bound(pair(), sizes, (5000,))[:, 0]))] - best) <= 1
    assert n_star(pair(rho_w=0.0, rho_s=0.0)) is None


@pytest.mark.parametrize("model", ["weak", "w2s", "strong"])
def test_intervals_cover_nine_draws_in_ten(model):
    W, S = np.eye(46)[:30], np.eye(46)[[*range(4), *range(30, 46)]]
    n, N, rng, risks = 80, 400, np.random.default_rng(3), []
    for _ in range(400):
        x, u = rng.standard_normal((n, 46)), rng.standard_normal((N, 46))
        y = rng.standard_normal((n, 1))
        weak = W.T @ np.linalg.lstsq(x @ W.T, y, rcond=None)[0]
        coef = {
            "weak": lambda weak=weak: weak,
            "w2s": lambda u=u, weak=weak: S.T @ np.linalg.lstsq(u @ S.T, u @ weak, rcond=None)[0],
            "strong": lambda x=x, y=y: S.T @ np.linalg.lstsq(x @ S.T, y, rcond=None)[0],
        }[model]()
        risks.append(float(np.sum(coef**2)))
    clean = pair(rho_w=0.0, rho_s=0.0, signal=None)
    found = plan(clean, target=10.0, cost_label=1, cost_pseudo=1, intercept=False)
    assert found.best.interval[0] < found.best.risk < found.best.interval[1]
    mean = float(getattr(predict(clean, n=n, N=N), model)[0, 0])
    low, high = spread(*freedom(clean, n, N, model, 0.0, 0.0))
    inside = np.mean([low * mean < risk < high * mean for risk in risks])
    assert abs(inside - 0.9) < 3 * (0.9 * 0.1 / len(risks)) ** 0.5


def test_a_frontier_falls_with_the_budget():
    found = plan(pair(), budget=150, **PRICES)
    for courses in frontier(pair(), found, PRICES).values():
        risks = [course.risk for course in courses]
        assert all(b <= a * 1.001 for a, b in pairwise(risks))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "budget: is missing; give it, or a target"),
        ({"budget": 5, "target": 1}, "target: and a budget are both given"),
        ({"budget": -1}, "budget: is -1"),
        ({"budget": 0.5}, "budget: is 0.5; it buys no model with a finite risk: at least"),
        ({"target": 1e-5}, "target: is 1e-05; the least risk that any course reaches is 0.02"),
        ({"budget": 5, "cost_label": -1}, "cost_label: is -1"),
        ({"budget": 5, "cost_pseudo": 0}, "pool: is missing"),
        ({"budget": 5, "cost_label": 0}, "cost_label: is 0; a budget then buys labels without"),
    ],
)
def test_bad_plans_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        plan(pair(), **{**PRICES, **change})


DIMENSIONS = ["--d-w", "30", "--d-s", "20", "--d-sw", "4", "--noise", "1", "--rho-w", "0.03"]


def run(capsys, *arguments):
    code = cli.invoke(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_predict_and_plan_from_dimensions_alone(capsys, tmp_path):
    grid, out_p = ["--n", "50,100", "--N", "100,1000"], str(tmp_path / "p")
    code, out, _ = run(capsys, "predict", *DIMENSIONS, *grid, "--json", "--out", out_p)
    assert code == 0
    document = json.loads(out)
    assert list(document) == ["n", "N", "method", "scale", "risk", "pgr", "opr"]
    expected = predict(pair(rho_s=0.0), n=[50, 100], N=[100, 1000]).w2s
    np.testing.assert_allclose(document["risk"]["w2s"], expected)
    assert (tmp_path / "p" / "prediction.png").read_bytes()[:4] == b"\x89PNG"
    prices = ["--cost-label", "1", "--cost-pseudo", "0.02", "--budget", "150"]
    code, out, _ = run(capsys, "plan", *DIMENSIONS, *prices, "--json", "--out", str(tmp_path / "q"))
    assert code == 0
    document = json.loads(out)
    assert {"best", "courses", "n_star", "N_enough"} <= set(document)
    assert {"course", "n", "N", "cost", "risk", "interval"} == set(document["best"])
    assert (tmp_path / "q" / "frontier.png").is_file()
    code, out, _ = run(capsys, "plan", *DIMENSIONS, *prices)
    assert "Courses, best first" in out


def test_a_problem_file_serves_both(capsys, tmp_path):
    path = tmp_path / "p.json"
    pair().save(path)
    grid = ["--n", "20,100", "--N", "10", "--ridge-weak", "0.1"]
    code, out, _ = run(capsys, "predict", "--problem", str(path), *grid)
    assert code == 0
    assert "Excess risks (exact+equivalent)" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--problem", "no.json"], "no.json"),
        ([*DIMENSIONS, "--problem", "p.json"], "--d-w and --problem are both given"),
        (DIMENSIONS[:6], "--noise is missing"),
        ([*DIMENSIONS[:4], "--d-sw", "25", "--noise", "1"], "--d-sw is 25.0; at most"),
        ([*DIMENSIONS, "--ambient", "40"], "--d-sw is 4.0; in 40 dimensions"),
        ([*DIMENSIONS, "--ridge-weak", "0.1"], "--signal is missing"),
        ([*DIMENSIONS, "--method", "exact", "--n", "31"], "--n is 31; the exact method needs"),
    ],
)
def test_bad_predictions_are_one_line(capsys, arguments, message):
    grid = [] if "--n" in arguments else ["--n", "100"]
    code, _, err = run(capsys, "predict", *arguments, *grid, "--N", "100")
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def test_a_plan_agrees_with_tuned_runs_where_labels_are_as_few_as_dimensions():
    """Ten columns teach sixty: without their own ridges W2S seemed to beat the strong model."""
    x, y = load_breast_cancer(return_X_y=True)
    weak = StandardScaler().fit_transform(x)[:, :10]
    strong = RBFSampler(gamma=0.02, n_components=60, random_state=0).fit_transform(weak)
    one_hot = np.eye(2)[y]
    found = plan(
        Problem.from_data(weak, strong, one_hot),
        cost_label=1,
        cost_pseudo=0.01,
        budget=4,
        owned=72,
        pool=380,
    )
    risks = {course.course: course.risk for course in found.courses}
    measured = transfer(weak, strong, one_hot, n=72, N=380, trials=20, task="regression")
    means = measured.table[["w2s", "strong"]].mean()
    assert means["strong"] < means["w2s"]
    assert risks["strong-on-labels"] < risks["w2s"]
    assert found.best.course in ("strong-on-labels", "label-more")
    assert risks["strong-on-labels"] == pytest.approx(means["strong"], rel=0.15)
    assert risks["w2s"] == pytest.approx(means["w2s"], rel=0.15)


def test_labels_that_may_be_left_unused_do_no_harm():
    """Ridgeless, more labels are worse near n = d: then they are left in the drawer."""
    few, more = (
        plan(pair(), budget=0, owned=owned, **PRICES, **RIDGELESS).best.risk for owned in (40, 33)
    )
    assert few <= more
    for ridges in (RIDGELESS, {}):
        risks = [
            plan(pair(), budget=5, owned=owned, **PRICES, **ridges).best.risk
            for owned in range(22, 60, 4)
        ]
        assert all(b <= a * (1 + 1e-3) for a, b in pairwise(risks))
    unused = plan(pair(d_w=20), budget=0, owned=21, **PRICES, **RIDGELESS)
    assert unused.best.n < 21
    assert "of the owned labels are better left unused" in unused.reason


@pytest.mark.parametrize(("intercept", "least"), [(True, 23), (False, 22)])
def test_the_least_pool_that_pays_is_where_the_exact_risk_says(intercept, least):
    problem = Problem.gaussian(d_w=40, d_s=10, d_sw=5, noise=1.0)
    N = list(range(15, 40))
    risks = predict(problem, n=100, N=N, intercept=intercept)
    gains = risks.weak[0] - risks.w2s[0]
    assert N[int(np.argmax(gains > 1e-12))] == least
    found = plan(problem, budget=150, intercept=intercept, **PRICES, **RIDGELESS)
    assert f"= {least} on" in found.reason


def test_without_a_signal_a_plan_says_that_its_fits_are_ridgeless():
    found = plan(pair(signal=None), budget=150, **PRICES)
    assert "all fits are ridgeless" in found.reason
    assert "all fits are ridgeless" not in plan(pair(), budget=150, **PRICES).reason


@pytest.fixture(scope="module")
def digits_pair():
    weak, strong, y = digits()
    order = np.random.default_rng(0).permutation(len(y))
    return weak[order], strong[order], y[order]


def test_a_forecast_is_a_population_that_predicts_it(digits_pair):
    weak, strong, y = digits_pair
    known = forecast(weak, strong, y[:100], task="classification", ridge_strong=0.3)
    ridges = {"ridge_weak": known.ridges["weak"], "ridge_strong": 0.3}
    found = predict(known, n=100, N=len(y) - 100, intercept=True, **ridges)
    for model in ("weak", "w2s", "strong"):
        assert getattr(found, model) == pytest.approx(getattr(known.risks, model), rel=1e-9)
    assert found.scale == "raw"
    plans = plan(known, budget=50, **PRICES)
    assert {course.course for course in plans.courses} >= {"strong-on-labels", "label-more"}
    assert next(c.n for c in plans.courses if c.course == "strong-on-labels") == 100


def test_runs_and_dimensions_are_populations_too(digits_pair, tmp_path):
    weak, strong, y = digits_pair
    run = transfer(weak, strong, y, n=100, N=500, trials=2, task="classification")
    oracle = predict(Problem.from_data(weak, strong, np.eye(10)[y]), n=100, N=500, ridge_weak=1)
    again = predict(run, n=100, N=500, ridge_weak=1)
    np.testing.assert_allclose(again.weak, oracle.weak, rtol=1e-9)
    measured = dimensions(weak, strong)
    alone = Problem.gaussian(measured.d_w, measured.d_s, measured.correlation.debiased, 1.0)
    assert predict(measured, n=100, N=500).w2s == predict(alone, n=100, N=500).w2s
    with pytest.raises(InputError, match="problem: is int; a Problem, Forecast, Results or Dim"):
        predict(3, n=10, N=10)


def test_results_on_disk_and_feature_files_are_planned_from(digits_pair, capsys, tmp_path):
    weak, strong, y = digits_pair
    files = {}
    for name, rows in {"weak": weak, "strong": strong, "labels": y[:100]}.items():
        files[name] = str(tmp_path / f"{name}.npy")
        np.save(files[name], rows)
    sides = ["--weak", files["weak"], "--strong", files["strong"]]
    labeled = [*sides, "--labels", files["labels"], "--task", "classification"]
    prices = ["--cost-label", "1", "--cost-pseudo", "0.01", "--budget", "50", "--json"]
    out = str(tmp_path / "forecast")
    code, told, _ = run(capsys, "forecast", *labeled, "--json", "--out", out)
    assert code == 0
    assert json.loads(told)["kind"] == "forecast"
    plans = []
    for source in (["--problem", out], labeled):
        code, told, _ = run(capsys, "plan", *source, *prices)
        assert code == 0
        plans.append(json.loads(told)["best"])
    assert plans[0]["course"] == plans[1]["course"]
    assert plans[0]["risk"] == pytest.approx(plans[1]["risk"], rel=1e-9)
    code, told, _ = run(capsys, "dims", *sides, "--json")
    (tmp_path / "d.json").write_text(told)
    code, told, _ = run(capsys, "predict", "--problem", str(tmp_path / "d.json"), *GRID, "--json")
    assert code == 0
    expected = predict(dimensions(weak, strong), n=100, N=500)
    np.testing.assert_allclose(json.loads(told)["risk"]["w2s"], expected.w2s)


GRID = ["--n", "100", "--N", "500"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weak", "w.npy"], "--strong is missing; give --weak, --strong and --labels together"),
        (["--weak", "w.npy", "--problem", "p.json"], "--weak and --problem are both given"),
        (["--weak", "w.npy", "--d-w", "3"], "--d-w and --weak are both given"),
        ([], "--d-w is missing; give the dimensions and the noise, or --problem, or --weak"),
    ],
)
def test_a_population_is_described_in_one_way(capsys, arguments, message):
    code, _, err = run(capsys, "predict", *arguments, *GRID)
    assert code == 2
    assert message in err
