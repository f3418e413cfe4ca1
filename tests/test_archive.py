import json

import numpy as np
import pandas as pd
import pytest

from w2slens import InputError, Planted, load_results, simulate, sweep
from w2slens.experiments.folder.layout import PAGE
from w2slens.models.risks import MODELS
from w2slens.report import render
from w2slens.report.folder import ensure_page, render_folder
from w2slens.report.fresh import sealed

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 9))
    teachers = {"NA": x[:, :6], "b": x[:, 2:]}
    y = x[:, 0] + rng.standard_normal(400)
    settings = {"n": [30, 60], "N": [100, 150], "trials": 3, "jobs": 1, "ridge_strong": 0}
    sweep(teachers, x[:, 4:], y, **settings, ridge_weak=[0, "auto"], out=path)
    return path


def test_what_was_written_is_read_back(folder, tmp_path):
    planted = Planted.with_correlations(6, 4, [1, 0.5], noise=1.0)
    settings = {"n": [30, 60], "N": [50], "trials": 3, "ridge_weak": 0, "ridge_strong": 0}
    made = simulate(planted, **settings, jobs=1, out=tmp_path / "s")
    read = load_results(tmp_path / "s")
    pd.testing.assert_frame_equal(made.table, read.table, check_exact=True)
    for name in MODELS:
        np.testing.assert_array_equal(getattr(made.predicted, name), getattr(read.predicted, name))
        np.testing.assert_array_equal(
            getattr(made.bounds.risks, name), getattr(read.bounds.risks, name)
        )
    np.testing.assert_array_equal(made.bounds.pgr, read.bounds.pgr)
    assert made.dimensions.to_dict() == read.dimensions.to_dict()
    assert made.verdict == read.verdict
    assert render(made) == render(read)


def test_several_curves_are_read_back(folder):
    read = load_results(folder)
    assert [(s.teacher, s.ridge_weak) for s in read.settings] == [
        ("NA", 0.0),
        ("NA", "auto"),
        ("b", 0.0),
        ("b", "auto"),
    ]
    assert np.isfinite(read.select(teacher="b", ridge_weak="auto").predicted.w2s).all()
    assert np.isfinite(read.select(teacher="b", ridge_weak=0).predicted.weak).all()
    page = render(read)
    for name in ("NA, λ_w 0", "b, λ_w auto", "Curve by curve"):
        assert name in page


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("result.json", "{", "is damaged or not ours"),
        ("result.json", "[]", "holds no run or sweep that w2slens wrote"),
        ("result.json", json.dumps({"format": 7, "config": {}}), "has format 7; this version"),
        ("result.json", json.dumps({"format": 1, "config": {}}), "is damaged; run it again"),
        ("trials.csv", "n,N\n1,x\n", "is damaged; run it again"),
        ("trials.csv", None, "cannot be read"),
        ("result.json", None, r"is not finished \(3 trials are done\)"),
    ],
)
def test_damaged_results_are_refused(folder, tmp_path, name, content, message):
    copy = tmp_path / "copy"
    (copy / "trials").mkdir(parents=True)
    for file in [*folder.glob("*.*"), *folder.glob("trials/*")]:
        if file.is_file():
            (copy / file.relative_to(folder)).write_bytes(file.read_bytes())
    if content is None:
        (copy / name).unlink()
    else:
        (copy / name).write_text(content)
    with pytest.raises(InputError, match=message):
        load_results(copy)


def test_folders_without_a_result_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        load_results(tmp_path / "none")
    with pytest.raises(InputError, match="holds no result"):
        load_results(tmp_path)


def test_what_is_there_already_is_neither_computed_nor_drawn_again(tmp_path):
    planted = Planted.with_correlations(6, 4, [1, 0.5], noise=1.0)
    folder = tmp_path / "s"
    settings = {"n": [30], "N": [50], "trials": 3, "jobs": 1, "out": folder}
    first = simulate(planted, **settings)
    result, trials = folder / "result.json", folder / "trials.csv"
    document, table = json.loads(result.read_text()), trials.read_bytes()
    document["cells"][0]["predicted"]["risk"]["w2s"] = 0.125
    result.write_text(json.dumps(document))  # as if it had been said so
    assert simulate(planted, **settings).predicted.w2s[0, 0] == 0.125
    trials.write_bytes(table + table.splitlines(keepends=True)[-1])
    assert simulate(planted, **settings).predicted.w2s[0, 0] == first.predicted.w2s[0, 0]
    assert trials.read_bytes() == table

    page, drawn = folder / PAGE, render(first)
    ensure_page(first, folder)
    assert page.read_text() == drawn
    other = sealed(drawn[: drawn.rindex("<!-- ")].replace("</h1>", " once more</h1>"))
    page.write_text(other)  # as if it had been drawn so
    assert render_folder(folder, out=str(tmp_path / "copy.html")).read_text() == other
    page.write_text(other.replace("</h1>", ", by hand</h1>"))
    ensure_page(first, folder)
    assert "once more, by hand" in page.read_text()
    assert render_folder(folder).read_text() == drawn
