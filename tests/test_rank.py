import json

import numpy as np
import pytest

from tests.laws import close
from w2slens import InputError, Problem, cli, forecast, predict, rank_teachers
from w2slens._core.format import number
from w2slens.forecasting.pool import Unlabeled, strong_only
from w2slens.forecasting.several_teachers import pooled_risks
from w2slens.moments import moments

WIDTH, D_S = 60, 20


def rows(seed, count=3000, n=150):
    """Return teachers of equal dimension that share 4, 9, 14 directions with the student."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, WIDTH))
    y = x[:n, :4].sum(axis=1) / 2 + rng.standard_normal(n)
    teachers = {f"share{k}": np.hstack([x[:, :k], x[:, D_S : D_S + 16 - k]]) for k in (14, 4, 9)}
    return teachers, x[:, :D_S], y


def test_teachers_of_equal_error_are_ordered_by_what_the_student_cannot_copy():
    orders = []
    for seed in range(10):
        found = rank_teachers(*rows(seed), ridge_weak=0, ridge_strong=0)
        orders.append([teacher.name for teacher in found.teachers])
    right = [order == ["share4", "share9", "share14"] for order in orders]
    assert np.mean(right) >= 0.8


def test_what_is_shown_beside_the_risk():
    teachers, strong, y = rows(0)
    found = rank_teachers(teachers, strong, y, ridge_weak=0, ridge_strong=0)
    for teacher in found.teachers:
        assert (teacher.d_w, teacher.d_s) == (16, D_S)
        shared = int(teacher.name[5:])
        assert abs(teacher.d_sw - shared) < 0.3
        close(teacher.scores["strong_only"], D_S - teacher.d_sw, 1e-12)
        low, high = teacher.interval
        assert low < teacher.risk < high
    assert not found.best.apart
    assert found.best.name in found.reason


def test_a_single_teacher_keeps_its_forecast():
    teachers, strong, y = rows(1)
    (teacher,) = rank_teachers({"only": teachers["share9"]}, strong, y).teachers
    alone = forecast(teachers["share9"], strong, y)
    close(teacher.risk, alone.risks.w2s[0, 0], 1e-12)
    close(teacher.interval, alone.interval("w2s"), 1e-12)


def test_a_teacher_that_lacks_the_signal_comes_last_though_it_shares_nothing():
    teachers, strong, y = rows(2)
    rng = np.random.default_rng(0)
    teachers["blind"] = rng.standard_normal((3000, 16))
    found = rank_teachers(teachers, strong, y, ridge_weak=0, ridge_strong=0)
    assert found.teachers[-1].name == "blind"
    assert found.teachers[-1].apart
    assert found.teachers[-1].overlap_share < 0.05


def test_the_most_accurate_teacher_is_named_where_it_is_not_the_best():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4000, WIDTH))
    y = x[:150, :4].sum(axis=1) / 2 + rng.standard_normal(150)
    strong = x[:, :30]
    # "small" errs least on its own, but the student copies all of its noise
    teachers = {"small": x[:, :8], "across": np.hstack([x[:, :4], x[:, 30:50]])}
    found = rank_teachers(teachers, strong, y, ridge_weak=0, ridge_strong=0)
    assert found.best.name == "across"
    assert "The best teacher on its own is small" in found.reason


def test_classes_are_marked_by_accuracy():
    teachers, strong, y = rows(4)
    classes = (y > 0).astype(int)
    found = rank_teachers(teachers, strong, classes, task="classification")
    assert found.measure == "accuracy"
    assert all(0.5 < teacher.teacher_loo <= 1 for teacher in found.teachers)


def test_pooling_leaves_what_is_far_from_theory_and_merges_what_is_near():
    rng = np.random.default_rng(0)
    K, truth = 8, np.array([1.0] * 7 + [3.0])
    common, own = 0.2, 0.05
    covariance = common**2 + own**2 * np.eye(K)
    alone, pooled = [], []
    for _ in range(30):
        seen = truth + common * rng.standard_normal() + own * rng.standard_normal(K)
        found = pooled_risks(seen, np.ones(K), covariance)
        alone.append(np.std(seen[:7]))
        pooled.append(np.std(found[:7]))
        assert found[7] - found[:7].mean() > 1.7
    assert np.mean(pooled) < 0.5 * np.mean(alone)


def test_a_teacher_given_twice_is_not_told_from_itself():
    teachers, strong, y = rows(5)
    twice = {"a": teachers["share4"], "b": teachers["share4"].copy(), "c": teachers["share14"]}
    for ridge in (0, "auto"):
        found = rank_teachers(twice, strong, y, ridge_weak=ridge, ridge_strong=ridge)
        by_name = {teacher.name: teacher for teacher in found.teachers}
        close(by_name["a"].risk, by_name["b"].risk, 2e-3)
        assert not by_name["a"].apart
        assert not by_name["b"].apart


def test_names_may_hold_what_a_terminal_would_read_as_markup(tmp_path, monkeypatch, capsys):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    options = ["--weak", "[/x]=share4.npy", "--strong", "strong.npy", "--labels", "y.npy"]
    assert cli.invoke(["rank", *options]) == 0
    assert capsys.readouterr().out.count("[/x]") >= 2


@pytest.mark.parametrize("teachers", [[np.ones((30, 2))], {1: np.ones((30, 2))}])
def test_teachers_without_names_are_refused(teachers):
    _, strong, y = rows(0)
    with pytest.raises(InputError, match="teachers: are to be given as"):
        rank_teachers(teachers, strong, y)


def test_pooling_takes_the_same_teacher_twice():
    close(pooled_risks(np.array([1.0, 1.0]), np.ones(2), np.ones((2, 2))), np.ones(2), 1e-6)


@pytest.mark.parametrize("ridges", [(0.0, 0.0), (0.3, 0.1)])
def test_scores_are_those_of_the_projections_themselves(ridges):
    rng = np.random.default_rng(0)
    weak = rng.standard_normal((120, 7))
    strong = np.hstack([weak[:, :3] @ rng.standard_normal((3, 3)), rng.standard_normal((120, 5))])
    left, right = ((rows - rows.mean(axis=0)) for rows in (weak, strong))
    smooth = []
    for features, β in zip((left, right), ridges, strict=True):
        K = features @ features.T
        smooth.append(K @ np.linalg.pinv(K + 120 * β * np.eye(120), rcond=1e-10))
    whole = smooth[1] @ (np.eye(120) - smooth[0])
    norm, energy = strong_only(Unlabeled.from_rows(weak, strong), *ridges)
    close(norm, np.linalg.norm(whole, 2), 1e-8)
    close(energy, np.sum(whole**2), 1e-8)


def test_forecast_risks_are_near_the_truth_of_a_known_population():
    pair = Problem.gaussian(d_w=16, d_s=D_S, d_sw=4, noise=1.0)
    truth = float(predict(pair, n=150, N=2850, intercept=True).w2s[0, 0]) + 1
    found = [
        next(
            teacher.risk
            for teacher in rank_teachers(*rows(seed), ridge_weak=0, ridge_strong=0).teachers
            if teacher.name == "share4"
        )
        for seed in range(20)
    ]
    assert abs(np.mean(found) - truth) < 3 * np.std(found) / 20**0.5 + 0.02


def test_the_students_side_of_the_pool_is_factored_once_for_all_teachers(monkeypatch):
    rng, calls = np.random.default_rng(0), []
    x = rng.standard_normal((900, 40))
    teachers = {str(d): x[:, :d] for d in (11, 12, 13, 14, 15, 16)}
    y = x[:100, :3].sum(axis=1) + rng.standard_normal(100)
    plain = moments.spectrum

    def counted(gram, *rest):
        calls.append(len(gram))
        return plain(gram, *rest)

    monkeypatch.setattr(moments, "spectrum", counted)
    rank_teachers(teachers, x[:, 10:38], y)
    assert sorted(calls) == [11, 12, 13, 14, 15, 16, 28]


def company(labels):
    """Teachers, one of them inside the student, and fewer or more labels than directions."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((900, 50))
    teachers = {"a": x[:, :6], "b": x[:, 6:18] @ rng.standard_normal((12, 12)), "c": x[:, 30:40]}
    strong = x[:, 30:] + 0.3 * x[:, :20] * (np.arange(20) >= 10)
    return teachers, strong, x[:labels, :35].sum(axis=1) + rng.standard_normal(labels)


@pytest.mark.parametrize("labels", [40, 200])
@pytest.mark.parametrize("ridge", [0, "auto"])
def test_a_teacher_is_forecast_in_company_as_alone(labels, ridge):
    """Whatever the eigenvectors are that rounding may turn."""
    teachers, strong, y = company(labels)
    found = rank_teachers(teachers, strong, y, ridge_weak=ridge, ridge_strong=ridge)
    for teacher in found.teachers:
        features = teachers[teacher.name]
        alone = forecast(features, strong, y, ridge_weak=ridge, ridge_strong=ridge)
        for have, want in zip(
            (teacher.pgr, teacher.opr, teacher.alone),
            (alone.pgr, alone.opr, float(alone.risks.w2s[0, 0])),
            strict=True,
        ):
            assert have == pytest.approx(want, rel=1e-6, nan_ok=True)


def test_a_risk_that_company_moves_is_explained_where_it_is_shown():
    teachers, strong, y = company(40)
    found = rank_teachers(teachers, strong, y)
    note = found.table().note
    for teacher in found.teachers:
        moved = abs(teacher.risk - teacher.alone) > 0.01 * teacher.alone
        assert (f"{teacher.name} {number(teacher.alone)}" in note) == moved
    assert "for the pair alone" in note


def write(folder):
    teachers, strong, y = rows(0)
    for name, features in {**teachers, "strong": strong, "y": y}.items():
        np.save(folder / f"{name}.npy", features)


def test_the_command_ranks_files(tmp_path, monkeypatch, capsys):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    weak = ["--weak", "a=share4.npy", "--weak", "share14.npy"]
    rest = ["--strong", "strong.npy", "--labels", "y.npy", "--ridge-weak", "0"]
    assert cli.invoke(["rank", *weak, *rest, "--ridge-strong", "0", "--json", "--out", "r"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [teacher["name"] for teacher in document["teachers"]] == ["a", "share14"]
    known = {"name", "risk", "interval", "d_w", "d_sw", "overlap_share", "teacher_loo", "scores"}
    assert known <= set(document["teachers"][0])
    assert (tmp_path / "r" / "teachers.png").read_bytes()[:4] == b"\x89PNG"
    assert cli.invoke(["rank", *weak, *rest, "--n", "80"]) == 0
    shown = capsys.readouterr().out
    assert "share14" in shown
    assert "n = 80" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--weak", "a=share4.npy", "--weak", "a=share9.npy"], "--weak names 'a' 2 times"),
        (["--weak", "=share4.npy"], "--weak is '=share4.npy'; NAME=PATH is needed"),
        (["--weak", "short=short.npy"], "--weak (short) the numbers of rows differ"),
        (["--weak", "share4.npy", "--n", "5"], "--labels has 5 rows; at least 10"),
        (["--weak", "share4.npy", "--N", "0"], "--N is 0"),
        ([], "Missing option '--weak'"),
    ],
)
def test_bad_rankings_are_refused(options, message, tmp_path, monkeypatch, capsys):
    write(tmp_path)
    np.save(tmp_path / "short.npy", np.arange(14.0).reshape(7, 2))
    monkeypatch.chdir(tmp_path)
    code = cli.invoke(["rank", *options, "--strong", "strong.npy", "--labels", "y.npy"])
    assert code == 2
    assert message in capsys.readouterr().err


def test_no_teacher_is_refused():
    _, strong, y = rows(0)
    with pytest.raises(InputError, match="teachers: are missing"):
        rank_teachers({}, strong, y)
