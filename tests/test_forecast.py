import numpy as np
import pytest

from tests.laws import close
from w2slens import InputError, Moments, Problem, forecast, predict
from w2slens.forecasting.forecast import forecast_pair
from w2slens.forecasting.pool import Unlabeled
from w2slens.forecasting.sample import LabeledSide, Labels, PairSample
from w2slens.models.design import Design
from w2slens.models.labeled import LabeledBlock

D_W, D_S, SHARED, WIDTH = 20, 15, 5, 30


def rows(rng, count, gain=0.0):
    """Two overlapping views of Gaussian inputs; f* shared, and a part for the student alone."""
    x = rng.standard_normal((count, WIDTH))
    f = x[:, :SHARED].sum(axis=1) / SHARED**0.5 + gain * x[:, -1]
    return x[:, :D_W], np.hstack([x[:, :SHARED], x[:, D_W:]]), f


def drawn(seed, n=100, N=4000, gain=0.0):
    rng = np.random.default_rng(seed)
    weak, strong, f = rows(rng, n + N, gain)
    return weak, strong, f[:n] + rng.standard_normal(n)


@pytest.mark.parametrize("gain", [0.0, 0.4])
def test_intervals_cover_the_expected_ratios(gain):
    signal, noise = 1 + gain**2, 1.0
    weak, strong, f = rows(np.random.default_rng(9), 100_000, gain)
    pair = Problem.from_data(weak, strong, f, noise=noise)
    assert abs(pair.signal - signal) < 0.05
    expected = predict(pair, n=100, N=4000, intercept=True)
    errors, inside = [], {"pgr": [], "opr": [], "weak": []}
    for seed in range(40):
        found = forecast(*drawn(seed, gain=gain), ridge_weak=0, ridge_strong=0)
        truth = {
            "pgr": float(expected.pgr[0, 0]),
            "opr": float(((expected.strong + noise) / (expected.w2s + noise))[0, 0]),
            "weak": float(expected.weak[0, 0] + noise),
        }
        errors.append(abs(found.pgr - truth["pgr"]))
        for name, values in inside.items():
            low, high = found.interval(name)
            values.append(low <= truth[name] <= high)
    if not gain:  # what theory starts from
        assert np.median(errors) < 0.09
    for values in inside.values():
        assert np.mean(values) > 0.9 - 3 * (0.9 * 0.1 / 40) ** 0.5


def test_a_forecast_is_better_than_bare_leave_one_out():
    pair = Problem.gaussian(D_W, D_S, SHARED, 1.0)
    truth = float(predict(pair, n=100, N=4000, intercept=True).pgr[0, 0])
    mine, bare = [], []
    for seed in range(30):
        weak, strong, y = drawn(seed)
        found = forecast(weak, strong, y, ridge_weak=0, ridge_strong=0)
        block = LabeledBlock.from_rows(weak[:100], strong[:100], y[:, None])
        pool = Moments.from_rows(weak=weak[100:], strong=strong[100:])
        e_w = np.mean(block.weak.loo_residuals(block.targets) ** 2)
        e_s = np.mean(block.strong.loo_residuals(block.targets) ** 2)
        e = np.mean((block.targets - block.loo_w2s(pool, 0.0, [0.0])[0]) ** 2)
        ratio = float(found.risks.ceiling[0, 0] / found.risks.strong[0, 0])
        mine.append(abs(found.pgr - truth))
        bare.append(abs((e_w - e) / (e_w - e_s * ratio) - truth))
    assert np.median(mine) < 0.6 * np.median(bare)


def test_labels_and_pool_give_the_same_as_their_parts():
    weak, strong, y = drawn(3)
    whole = forecast(weak, strong, y, N=900)
    labels = Labels.of(y[:, None])
    sides = (LabeledSide(Design.from_rows(rows[:100]), labels) for rows in (weak, strong))
    sample = PairSample(*sides, Unlabeled.from_rows(weak[100:], strong[100:]))
    parts = forecast_pair(sample, 900, "auto", "auto")
    close(whole.pgr, parts.pgr, 1e-9)
    assert whole.interval("opr") == pytest.approx(parts.interval("opr"), rel=1e-9)
    assert whole.risks.N == (900,)
    assert set(whole.to_dict()["interval"]) >= {"pgr", "opr", "weak", "w2s", "strong", "ceiling"}


def test_too_few_labels_are_said_to_be_too_few():
    weak, strong, y = drawn(1, n=24)
    found = forecast(weak, strong, y, ridge_weak=0.5, ridge_strong=0.5)
    assert not found.decided
    assert "24 labels are too few to tell PGR" in found.statement
    weak, strong, y = drawn(1, n=300)
    assert forecast(weak, strong, y, ridge_weak=0, ridge_strong=0).decided


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.ones(5) * np.arange(5)}, "y: has 5 rows; at least 10 labels"),
        (
            {"y": np.arange(60.0)},
            "weak: has 60 rows and there are 60 labels; a pool of at least 10",
        ),
        ({"N": 0}, "N: is 0"),
        ({"ridge_weak": -1}, "ridge_weak: is -1"),
    ],
)
def test_bad_forecasts_are_refused(change, message):
    weak, strong, _ = rows(np.random.default_rng(0), 60)
    settings = {"y": np.random.default_rng(1).standard_normal(20), **change}
    with pytest.raises(InputError, match=message):
        forecast(weak, strong, settings.pop("y"), **settings)


@pytest.mark.parametrize(("n", "N", "model"), [(21, 500, "teacher"), (16, 500, "baseline")])
def test_ridgeless_poles_are_refused(n, N, model):
    weak, strong, y = drawn(0, n=n, N=N)
    with pytest.raises(InputError, match=f"the {model} has about as many rows as dimensions"):
        forecast(weak, strong, y, ridge_weak=0, ridge_strong=0)


def test_a_gap_that_the_labels_do_not_show_has_no_pgr():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 40))
    y = x[:100, :3].sum(axis=1) + rng.standard_normal(100)
    found = forecast(x[:, :20], x[:, 10:40], y)  # the student cannot express f* at all
    assert np.isnan(found.pgr)
    assert found.interval("pgr") == (-np.inf, np.inf)
    assert "PGR is undefined" in found.statement
    assert found.interval("w2s")[0] >= 0


@pytest.mark.parametrize("n", [100, 1000])
def test_what_the_student_lacks_is_seen_where_the_labels_show_it(n):
    """The student misses five units of variance beside a noise of one: no prior talks that away."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((n + 2000, 20))
        y = x[:n, :15].sum(axis=1) + rng.standard_normal(n)
        found = forecast(x, x[:, :10], y, ridge_weak=0, ridge_strong=0)
        seen = found.losses.w2s
        off = abs(float(found.risks.w2s[0, 0]) - seen.mean())
        assert off < 2 * seen.std() / n**0.5 + 0.05 * seen.mean()


def test_fewer_pseudo_labels_than_the_pool_has_are_forecast_as_such():
    pair = Problem.gaussian(D_W, D_S, SHARED, 1.0)
    truth = float(predict(pair, n=100, N=30, intercept=True).w2s[0, 0]) + 1
    found = []
    for seed in range(20):
        weak, strong, y = drawn(seed)
        guess = forecast(weak, strong, y, N=30, ridge_weak=0, ridge_strong=0)
        found.append(float(guess.risks.w2s[0, 0]))
        assert guess.pgr < 0.3
    assert abs(np.mean(found) - truth) < 3 * np.std(found) / 20**0.5 + 0.05


@pytest.mark.parametrize("scale", [1e-150, 1e120])
def test_forecasts_do_not_depend_on_the_unit_of_the_labels(scale):
    weak, strong, y = drawn(2)
    one, other = forecast(weak, strong, y), forecast(weak, strong, y * scale)
    close(one.pgr, other.pgr, 1e-6)
    assert one.interval("opr") == pytest.approx(other.interval("opr"), rel=1e-6)


def test_a_pool_too_small_for_the_overlap_is_said_to_be():
    weak, strong, y = drawn(4, n=60, N=30)
    found = forecast(weak, strong, y)
    assert not found.decided
    assert "too few rows to tell the overlap" in found.statement
