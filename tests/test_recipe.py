from pathlib import Path

import numpy as np
import pytest

from w2slens import InputError
from w2slens._core.yaml import read_recipe
from w2slens.experiments.recipe import load_recipe

RECIPES = Path(__file__).parents[1] / "recipes"

SYNTHETIC = {
    "title": "t",
    "synthetic": "{kind: correlations, d_w: 6, d_s: 4, canonical: {1: 2, 0.5: 1}, noise: 1e-2}",
    "n": "[20, 30]",
    "N": "{start: 40, stop: 100, num: 3}",
    "trials": "2",
    "ridge_weak": "1e-3",
    "ridge_strong": "[0, 0.1]",
}


ROTATED = "{kind: correlations, d_w: 2, d_s: 2, canonical: [], noise: 1, rotate: 0}"


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 9))
    np.save(tmp_path / "w.npy", x[:, :6])
    np.save(tmp_path / "s.npy", x[:, 4:])
    np.save(tmp_path / "y.npy", x[:, 0] + rng.standard_normal(300))
    np.save(tmp_path / "c.npy", (x[:, 0] > 0).astype(int))
    return {"weak": "w.npy", "strong": "s.npy", "labels": "y.npy", "n": "30", "N": "100"}


def written(folder, recipe):
    path = folder / "r.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in recipe.items()))
    return path


def test_synthetic_recipe(tmp_path):
    study = load_recipe(written(tmp_path, SYNTHETIC))
    assert study.settings.N == (40, 70, 100)
    assert study.settings.ridge_weak == (1e-3,)
    assert study.settings.ridge_strong == (0.0, 0.1)
    assert study.config["title"] == "t"
    results = study.run(None, jobs=1)
    assert len(results.table) == 2 * 2 * 3 * 2
    assert results.dimensions.d_sw == pytest.approx(2.25)


def test_words_of_yaml(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("{a: yes, b: 'no', c: Off, d: 1e-6, e: 010, f: 2024-1-2, <<: {a: 1, g: 1_0}}")
    expected = {"a": True, "b": "no", "c": False, "d": 1e-6, "e": 10, "f": "2024-1-2", "g": 10}
    assert read_recipe(path)[1] == expected


def test_numbers_are_decimal_and_the_recipe_is_kept_as_it_was_written(tmp_path):
    path = written(tmp_path, {**SYNTHETIC, "seed": "010", "title": "2024-01-02"})
    study = load_recipe(path)
    assert study.settings.seed == 10
    assert study.config["title"] == "2024-01-02"
    assert study.config["recipe"] == path.read_text()


def test_recipe_on_data_reads_beside_itself(tmp_path, data):
    recipe = {**data, "weak": "{first: w.npy, second: s.npy}", "noise_levels": "[0, 0.5]"}
    results = load_recipe(written(tmp_path, {**recipe, "trials": 2})).run(None, jobs=1)
    assert {(s.teacher, s.noise) for s in results.settings} == {
        ("first", 0.0),
        ("first", 0.5),
        ("second", 0.0),
        ("second", 0.5),
    }
    assert results.config["title"] == "r"


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_of_the_project_are_valid(path):
    study = load_recipe(path)
    assert study.settings.trials == 40
    assert 2000 in study.settings.n
    assert 4000 in study.settings.N


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ridges_weak": "0"}, "ridges_weak: is not a key of recipes; did you mean ridge_weak[?]"),
        ({"trails": "3"}, "trails: is not .* did you mean trials[?] Valid keys: synthetic, title"),
        ({"weak": "w.npy"}, "weak: goes with data, not with synthetic"),
        ({"noise_levels": "[0]"}, "noise_levels: goes with data"),
        ({"n": None}, "n: is missing from the recipe"),
        ({"n": "[]"}, "n: is an empty list"),
        ({"n": "many"}, "n: is 'many'"),
        ({"N": "{start: 1, step: 2}"}, r"N\.step: is not .* did you mean N\.stop[?]"),
        ({"N": "{start: 1, stop: 2}"}, r"N\.num: is missing"),
        ({"N": "{start: 1, stop: 2, num: 9}"}, r"N\.num: is 9; there are no so many sizes"),
        ({"trials": "0"}, "trials: is 0"),
        ({"title": "[1]"}, "title: is"),
        ({"title": "2024-13-01", "seed": "-1"}, "seed: is -1"),
        ({"n": "&a [*a]"}, r"n: is \["),
        ({"ridge_weak": "yes"}, "ridge_weak: is True"),
        ({"synthetic": "{kind: [a]}"}, r"synthetic\.kind: is"),
        (
            {"synthetic": ROTATED},
            r"synthetic\.rotate: is 0; true or false",
        ),
        ({"synthetic": "3"}, "synthetic: is 3"),
        ({"synthetic": "{kind: planted}"}, r"synthetic\.kind: is 'planted'; one of coordinates"),
        ({"synthetic": "{kind: coordinates, noise: 1}"}, r"synthetic\.offset: is missing"),
        (
            {"synthetic": "{kind: coordinates, noise: 1, offset: 7, ofset: 3}"},
            r"synthetic\.ofset: .* did you mean synthetic\.offset",
        ),
        (
            {"synthetic": "{kind: coordinates, noise: 1, offset: 170}"},
            r"synthetic\.offset: is 170; at most",
        ),
        (
            {"synthetic": "{kind: correlations, d_w: 2, d_s: 2, canonical: {2: 1}, noise: 1}"},
            r"synthetic\.canonical",
        ),
    ],
)
def test_bad_synthetic_recipes_are_refused(tmp_path, change, message):
    recipe = {key: value for key, value in {**SYNTHETIC, **change}.items() if value is not None}
    with pytest.raises(InputError, match=message):
        load_recipe(written(tmp_path, recipe))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "y.npy"}, "label: is not a key of recipes; did you mean labels[?]"),
        ({"labels": "no.npy"}, "labels: .*no.npy"),
        ({"labels": "c.npy"}, "task: is missing and the labels are integers"),
        ({"weak": "[w.npy]"}, "weak: is .*; the path of a file"),
        ({"weak": "{a: 3}"}, r"weak\.a: is 3"),
        ({"n": "250"}, "n: max n .* = 250 [+] 100 [+] 60 = 410 rows are needed and there are 300"),
        ({"strong": None}, "strong: is missing"),
    ],
)
def test_bad_recipes_on_data_are_refused(tmp_path, data, change, message):
    recipe = {key: value for key, value in {**data, **change}.items() if value is not None}
    with pytest.raises(InputError, match=message):
        load_recipe(written(tmp_path, recipe))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"n: [1", "is not YAML"),
        (b"n: 1\nn: 2\n", "is not YAML: n twice .line 2"),
        (b"n: " + b"[" * 5000, "nested too deep"),
        (b"- 1", "holds no 'key: value' lines"),
        (b"", "holds no 'key: value' lines"),
        (b"\xff\xfe\x00", "is not"),
        (b"!!python/object/apply:os.system ['true']", "is not YAML"),
        (b"n: !!int many", "is not YAML: not readable"),
        (b"n: !!bool maybe", "is not YAML: not readable"),
        (b"n: " + b"1" * 5000, "is not YAML: not readable"),
        (None, "cannot be read"),
    ],
)
def test_files_that_are_no_recipes_are_refused(tmp_path, content, message):
    path = tmp_path / "r.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_recipe(path)


@pytest.mark.parametrize("answer", ["yes", "no", "'yes'", "auto"])
def test_recipes_may_say_where_rows_stay(data, tmp_path, answer):
    """YAML makes true and false of yes and no."""
    study = load_recipe(written(tmp_path, {**data, "stream": answer, "trials": "2"}))
    assert study.settings.stream == answer.strip("'")
