"""Classification is asked for, never assumed; text is classes; no line of a file goes missing."""

import json

import numpy as np
import pandas as pd
import pytest

from w2slens import InputError, cli, forecast, rank_teachers, sweep, transfer
from w2slens._core import check
from w2slens.experiments.recipe import load_recipe

ROWS, KINDS = 240, np.array(["benign", "malignant"])


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 8))
    return z[:, :5], z[:, 2:], (z[:, 3] + 0.3 * rng.standard_normal(ROWS) > 0).astype(int)


GRID = {"n": 40, "N": 100, "trials": 2}
DOORS = {
    "transfer": lambda w, s, y, **more: transfer(w, s, y, **GRID, **more),
    "sweep": lambda w, s, y, **more: sweep({"a": w}, s, y, jobs=1, **GRID, **more),
    "forecast": lambda w, s, y, **more: forecast(w, s, y[:60], **more),
    "rank_teachers": lambda w, s, y, **more: rank_teachers({"a": w}, s, y[:60], **more),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_whole_numbers_without_a_task_are_a_question(pair, door):
    with pytest.raises(InputError, match=r"task: is missing .*are they classes"):
        door(*pair)
    door(*pair, task="classification")
    door(*pair, task="regression")
    door(pair[0], pair[1], pair[2].astype(float))


@pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")
@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_text_is_classes_without_being_told(pair, door):
    weak, strong, y = pair
    for words in (KINDS[y], pd.Series(KINDS[y]), pd.Series(KINDS[y], dtype="category")):
        found, known = door(weak, strong, words), door(weak, strong, y, task="classification")
        a, b = found.to_dict(), known.to_dict()
        for document in (a, b):
            document.pop("config", None)
            for curve in document.get("curves", []):
                curve.pop("config", None)
        assert json.dumps(a) == json.dumps(b)
    with pytest.raises(InputError, match="a regression needs numbers"):
        door(weak, strong, KINDS[y], task="regression")


@pytest.fixture
def table(pair, tmp_path, monkeypatch):
    weak, strong, y = pair
    frame = pd.DataFrame(np.hstack([weak, strong]))
    frame.columns = [*(f"w{i}" for i in range(5)), *(f"s{i}" for i in range(6))]
    frame["diagnosis"] = KINDS[y]
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    monkeypatch.chdir(tmp_path)
    return frame


def call(capsys, *arguments):
    code = cli.invoke(list(arguments))
    return code, *capsys.readouterr()


@pytest.mark.parametrize("path", ["t.csv", "t.parquet"])
def test_one_table_holds_both_sides_and_text_labels(table, capsys, path):
    sides = ["--weak", f"{path}:w*", "--strong", f"{path}:s*"]
    labels = ["--labels", f"{path}:diagnosis"]
    grid = ["--n", "20:60:3", "--N", "100", "--trials", "2", "--json"]
    code, out, err = call(capsys, "run", *sides, *labels, *grid)
    assert code == 0, err
    document = json.loads(out)
    assert [cell["n"] for cell in document["cells"]] == [20, 40, 60]
    assert document["config"]["classes"] == ["benign", "malignant"]
    assert document["cells"][0]["accuracy"]["w2s"]["mean"] > 0.6
    assert call(capsys, "dims", *sides, "--json")[0] == 0
    table["diagnosis"].iloc[:60].to_csv("y.csv", index=False)
    for command in ("forecast", "rank"):
        code, out, err = call(capsys, command, *sides, "--labels", "y.csv", "--json")
        assert code == 0, err
        assert json.loads(out)["n"] in (60, [60])


def test_recipes_take_columns_text_and_header(table, tmp_path):
    (tmp_path / "r.yaml").write_text(
        "weak: t.csv:w*\nstrong: t.csv:s*\nlabels: t.csv:diagnosis\nheader: yes\n"
        "n: 40\nN: 100\ntrials: 1\n".replace("yes", "true")
    )
    study = load_recipe(tmp_path / "r.yaml")
    assert study.config["classes"] == ["benign", "malignant"]
    assert study.settings.task == "classification"


def test_a_header_of_a_number_is_no_label_of_a_ranking(pair, tmp_path, monkeypatch, capsys):
    weak, strong, y = pair
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", weak)
    np.save("s.npy", strong)
    pd.Series(y[:60]).to_csv("y.csv", index=False)  # pandas calls the column 0
    asked = ["rank", "--weak", "w.npy", "--strong", "s.npy", "--labels", "y.csv"]
    asked += ["--task", "classification", "--json"]
    code, _, err = call(capsys, *asked)
    assert code == 2
    assert "begins with 0, which may be a row or the names" in err
    for answer, n in (("yes", 60), ("no", 61)):
        code, out, _ = call(capsys, *asked, "--header", answer)
        assert (code, json.loads(out)["n"]) == (0, n)


def test_a_blank_line_shifts_no_label(pair, tmp_path, monkeypatch, capsys):
    weak, strong, y = pair
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", weak)
    np.save("s.npy", strong)
    lines = [*map(str, y[:60] + 0.5)]
    lines[17] = ""
    (tmp_path / "y.csv").write_text("\n".join(["y", *lines]) + "\n")
    sides = ["--weak", "w.npy", "--strong", "s.npy", "--labels", "y.csv"]
    for command in ("rank", "forecast"):
        code, _, err = call(capsys, command, *sides)
        assert code == 2
        assert "the first at row 17" in err


def test_sizes_may_be_a_range(capsys, pair, tmp_path, monkeypatch):
    dimensions = ["--d-w", "9", "--d-s", "5", "--d-sw", "2", "--noise", "1"]
    code, out, _ = call(
        capsys, "predict", *dimensions, "--n", "20:100:5,400", "--N", "10:30:2", "--json"
    )
    assert code == 0
    assert json.loads(out)["n"] == [20, 40, 60, 80, 100, 400]
    assert json.loads(out)["N"] == [10, 30]
    for wrong in ("20:100", "20:100:500", "a:b:c", "1:2:3:4"):
        code, _, err = call(capsys, "predict", *dimensions, "--n", wrong, "--N", "10")
        assert code == 2
        assert err.count("\n") == 1


def test_recipes_and_functions_take_ranges_of_sizes(pair, table, tmp_path):
    text = "weak: t.csv:w*\nstrong: t.csv:s*\nlabels: t.csv:diagnosis\ntrials: 1\n"
    (tmp_path / "r.yaml").write_text(text + "n: 20:60:3\nN: [90, '100:110:2']\n")
    settings = load_recipe(tmp_path / "r.yaml").settings
    assert (settings.n, settings.N) == ((20, 40, 60), (90, 100, 110))
    (tmp_path / "r.yaml").write_text(text + "n: 20:60\nN: 100\n")
    with pytest.raises(InputError, match=r"n: is '20:60'; whole numbers .* from:to:how many"):
        load_recipe(tmp_path / "r.yaml")
    found = transfer(pair[0], pair[1], pair[2], n="20:40:2", N=100, trials=1, task="regression")
    assert found.table["n"].tolist() == [20, 40]


def test_groups_may_be_words_and_a_column_of_a_table(pair, table):
    person = np.repeat([f"person {i}" for i in range(60)], ROWS // 60)
    table.assign(person=person).to_csv("t.csv", index=False)
    grid = {"n": 30, "N": 80, "trials": 1, "ridge_weak": 0.1, "ridge_strong": 0.1}
    sides = ("t.csv:w*", "t.csv:s*", "t.csv:diagnosis")
    counted = np.repeat(np.arange(60), ROWS // 60)
    found = [transfer(*sides, groups=g, **grid) for g in ("t.csv:person", person, counted)]
    assert [one.config["groups"] for one in found] == [60] * 3
    pd.testing.assert_frame_equal(found[0].table, found[1].table)


def test_numbers_that_hardly_repeat_are_asked_about():
    x = np.random.default_rng(0).standard_normal((30000, 3))
    told = {"n": 10, "N": 20, "trials": 1, "task": "classification"}
    with pytest.raises(InputError, match="25,000 classes in 30,000 rows; is it a regr"):
        transfer(x, x, np.arange(30000) % 25000, **told)


def test_one_example_a_class_is_a_classification():
    found, classes = check.labels(np.arange(300)[::-1], "y", "classification")
    assert (found == np.eye(300)[::-1]).all()
    assert classes.tolist() == list(range(300))
