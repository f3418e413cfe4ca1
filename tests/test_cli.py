import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from w2slens import cli
from w2slens.models.risks import MODELS

GRID = ["--n", "20,40", "--N", "100", "--trials", "3"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 12)).astype(np.float32)
    y = x[:, 0] + rng.standard_normal(300)
    np.save("w.npy", x[:, :8])
    np.save("s.npy", x[:, 5:])
    np.save("y.npy", y)
    np.save("c.npy", (y > 0).astype(int))
    np.save("f.npy", x[:, 0])
    return ["--weak", "w.npy", "--strong", "s.npy"]


def call(capsys, *arguments):
    code = cli.invoke(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_dims_prints_one_document(files, capsys):
    code, out, _ = call(capsys, "dims", *files, "--json")
    document = json.loads(out)
    assert code == 0
    assert list(document) == ["rows", "weak", "strong", "correlation"]
    side = {"coordinates", "rank", "energy_rank", "participation_ratio", "stable_rank", "constant"}
    assert set(document["weak"]) == set(document["strong"]) == side | {"energy", "spectrum"}
    expected = {"plug_in", "debiased", "unclipped", "chance", "interval", "canonical"}
    assert set(document["correlation"]) == expected
    assert document["weak"]["rank"] == 8
    assert abs(document["correlation"]["debiased"] - 3) < 0.2


def test_run_prints_one_document(files, capsys):
    code, out, _ = call(capsys, "run", *files, "--labels", "y.npy", *GRID, "--json")
    document = json.loads(out)
    assert code == 0
    for key in ("dimensions", "cells", "scale", "verdict"):
        assert key in document
    assert [(cell["n"], cell["N"]) for cell in document["cells"]] == [(20, 100), (40, 100)]
    assert document["scale"] == "raw"
    cell = document["cells"][0]
    assert cell["accuracy"] is None
    for model in MODELS:  # chosen ridges are predicted at their choices
        assert abs(cell["predicted"]["risk"][model] / cell["risk"][model]["mean"] - 1) < 0.5
    assert set(document["verdict"]) == {"action", "reason"}


def test_ridgeless_run_has_predictions_and_a_model_out_of_range_is_null_alone(files, capsys):
    ridges = ["--ridge-weak", "0", "--ridge-strong", "0"]
    grid = ["--n", "9,40", "--N", "100"]
    arguments = ["run", *files, "--labels", "c.npy", *grid, *ridges, "--task", "classification"]
    code, out, _ = call(capsys, *arguments, "--json")
    assert code == 0
    first, second = json.loads(out)["cells"]
    assert first["predicted"]["risk"]["weak"] is None
    assert first["predicted"]["risk"]["strong"] is None
    assert first["predicted"]["risk"]["ceiling"] > 0
    assert all(second["predicted"]["risk"][model] > 0 for model in MODELS)
    assert 0 <= second["accuracy"]["w2s"]["mean"] <= 1


def test_target_makes_risks_excess(files, capsys):
    arguments = ["run", *files, "--labels", "y.npy", "--target", "f.npy", *GRID, "--json"]
    document = json.loads(call(capsys, *arguments)[1])
    assert document["scale"] == "excess"
    assert (
        document["cells"][0]["raw"]["weak"]["mean"] > document["cells"][0]["risk"]["weak"]["mean"]
    )


def test_the_same_seed_replays_to_the_digit(files, capsys):
    arguments = ["run", *files, "--labels", "y.npy", *GRID, "--json"]
    first, again, other = (call(capsys, *arguments, "--seed", seed)[1] for seed in ("7", "7", "8"))
    assert first == again != other


def test_tables_name_everything(files, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    code, out, _ = call(capsys, "run", *files, "--labels", "y.npy", *GRID)
    assert code == 0
    for word in ("d_sw", "debiased", "chance", "mean", "pred.", "PGR", "OPR", "Verdict"):
        assert word in out


def test_no_number_is_cut_at_eighty_columns(files, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ridges = ["--ridge-weak", "0", "--ridge-strong", "0"]
    np.save("tiny.npy", np.load("y.npy") * 1e-3)
    for labels in ("y.npy", "tiny.npy"):
        code, out, _ = call(capsys, "run", *files, "--labels", labels, *GRID, *ridges)
        assert code == 0
        assert "…" not in out


def test_out_holds_a_whole_result_and_is_never_overwritten_unasked(files, capsys, tmp_path):
    arguments = ["run", *files, "--labels", "y.npy", *GRID, "--out", "deep/result"]
    assert call(capsys, *arguments)[0] == 0
    folder = tmp_path / "deep" / "result"
    names = {"trials.csv", "risks.png", "report.html", "result.json", "problem.npz"}
    assert {file.name for file in folder.iterdir()} == names
    before = (folder / "result.json").read_bytes()
    code, out, err = call(capsys, *arguments, "--seed", "1")
    assert (code, out) == (2, "")
    assert err.startswith("error: --out deep/result already holds a result")
    assert (folder / "result.json").read_bytes() == before
    (folder / "mine.txt").write_text("keep")
    assert call(capsys, *arguments, "--seed", "1", "--overwrite")[0] == 0
    assert (folder / "result.json").read_bytes() != before
    assert (folder / "mine.txt").read_text() == "keep"
    assert sorted(file.name for file in folder.parent.iterdir()) == ["result"]


def test_the_recorded_command_replays_the_run(files, capsys):
    import shlex

    arguments = ["run", *files, "--labels", "y.npy", *GRID, "--seed", "3", "--json"]
    first = json.loads(call(capsys, *arguments)[1])
    words = shlex.split(first["command"])[1:]
    assert json.loads(call(capsys, *words, "--json")[1]) == first


def test_dims_writes_its_result(files, capsys, tmp_path):
    assert call(capsys, "dims", *files, "--out", "d")[0] == 0
    assert {file.name for file in (tmp_path / "d").iterdir()} == {"result.json", "dimensions.png"}


BAD = {
    "missing file": (["--weak", "none.npy"], "--weak none.npy does not exist"),
    "rows differ": (
        ["--weak", "short.npy"],
        "--weak the numbers of rows differ (weak 299, strong 300, labels 300)",
    ),
    "nan": (
        ["--weak", "nan.npy"],
        "--weak holds 2 values that are NaN or infinite, the first at row 3",
    ),
    "constant": (["--strong", "ones.npy"], "--strong is constant"),
    "flat": (["--strong", "y.npy"], "--strong has 1 dimension"),
    "pickle": (["--strong", "pickle.npy"], "--strong pickle.npy holds pickled objects"),
    "too many rows": (["--N", "900"], "--n max n + max N + test = 40 + 900 + 60"),
    "zero labels": (["--n", "0"], "--n is 0; at least 1"),
    "text for a number": (["--n", "ten"], "'--n': is 'ten'; whole numbers"),
    "negative pool": (["--N", "-5"], "--N is -5"),
    "ridge": (["--ridge-weak", "-1"], "--ridge-weak is -1.0"),
    "ridge word": (["--ridge-strong", "best"], "'--ridge-strong': is 'best'"),
    "integer labels": (["--labels", "c.npy"], "--task is missing and the labels are integers"),
    "constant labels": (["--labels", "const.npy"], "--labels is constant"),
    "one class": (["--labels", "one.npy", "--task", "classification"], "--labels holds one class"),
    "unknown option": (["--foo", "1"], "--foo"),
    "bad choice": (["--task", "sorting"], "--task"),
    "out is a file": (["--out", "y.npy"], "--out y.npy is a file"),
    "trials": (["--trials", "0"], "--trials is 0"),
    "empty out": (["--out", ""], "--out is empty"),
    "long out": (["--out", "x" * 300], "cannot be used (File name too long)"),
    "whole test": (["--test", "1.0"], "--test is 1.0"),
    "test": (["--test", "1.5"], "--test is 1.5"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_changes_nothing(files, capsys, tmp_path, case):
    broken = np.ones((300, 2), np.float32)
    np.save("ones.npy", broken)
    broken[3, 1], broken[9, 0] = np.nan, np.inf
    np.save("nan.npy", broken)
    np.save("short.npy", np.eye(299))
    np.save("const.npy", np.full(300, 2.5))
    np.save("one.npy", np.ones(300, int))
    np.save("pickle.npy", np.array([{}] * 300, dtype=object), allow_pickle=True)
    before = sorted(tmp_path.rglob("*"))
    change, message = BAD[case]
    arguments = ["run", *files, "--labels", "y.npy", *GRID, "--out", "result", *change, "--json"]
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert message in err
    assert sorted(tmp_path.rglob("*")) == before


def test_our_own_failure_is_not_blamed_on_the_user(files, capsys, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("bug")

    monkeypatch.setattr("w2slens.cli.dims.dimensions", broken)
    code, out, err = call(capsys, "dims", *files)
    assert (code, out) == (1, "")
    assert "failure of w2slens" in err


def test_demo_shows_the_effect_and_the_honest_verdict(tmp_path, capsys):
    code, out, _ = call(capsys, "demo", "--json", "--out", str(tmp_path / "demo"))
    assert code == 0
    document = json.loads(out)
    cells = {cell["n"]: cell for cell in document["cells"]}
    reference = {"weak": 0.385, "w2s": 0.381, "strong": 0.358, "ceiling": 0.246, "posterior": 0.337}
    for model, value in reference.items():
        assert abs(cells[100]["risk"][model]["mean"] - value) < 0.05 * value
        assert abs(cells[100]["predicted"]["risk"][model] - value) < 0.07 * value
    assert document["verdict"]["action"] == "posterior"
    assert (tmp_path / "demo" / "report.html").exists()
    assert (tmp_path / "demo" / "risks.png").exists()


def test_help_is_quick_and_lists_the_commands():
    code = "import sys, w2slens.cli as c; c.invoke(['--help']); assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    found = subprocess.run(
        [sys.executable, "-m", "w2slens", "--help"], capture_output=True, text=True, check=True
    )
    for name in cli.COMMANDS:
        assert name in found.stdout


def test_a_folder_with_one_of_our_names_is_refused_before_any_work(files, capsys, tmp_path):
    arguments = ["run", *files, "--labels", "y.npy", *GRID, "--out", "r"]
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "trials.csv").write_text("mine")
    code, _, err = call(capsys, *arguments)
    assert (code, (tmp_path / "r" / "trials.csv").read_text()) == (2, "mine")
    assert "trials.csv exists already" in err
    (tmp_path / "r" / "trials.csv").unlink()
    (tmp_path / "r" / "report.html").mkdir()
    assert call(capsys, *arguments, "--overwrite")[0] == 2
    assert [file.name for file in (tmp_path / "r").iterdir()] == ["report.html"]


def test_overwriting_leaves_no_file_of_the_older_result(files, capsys, tmp_path):
    assert call(capsys, "run", *files, "--labels", "y.npy", *GRID, "--out", "r")[0] == 0
    assert call(capsys, "dims", *files, "--out", "r", "--overwrite")[0] == 0
    assert {file.name for file in (tmp_path / "r").iterdir()} == {"result.json", "dimensions.png"}


def test_paths_are_printed_as_they_are(files, capsys):
    code, out, _ = call(capsys, "dims", *files, "--out", "res[v2] [/b]")
    assert code == 0
    assert "Result: res[v2] [/b]" in out


def test_a_plain_ascii_terminal_is_served(files):
    command = [sys.executable, "-m", "w2slens", "dims", *files]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    found = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert b"d_sw" in found.stdout


RECIPE = """
title: Planted
synthetic: {kind: correlations, d_w: 6, d_s: 4, canonical: [1, 0.5], noise: 1}
n: [20, 40]
N: [30, 60]
trials: 3
ridge_weak: 0
ridge_strong: 0
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(RECIPE)
    return tmp_path / "r.yaml"


def test_sweep_keeps_everything_and_is_read_back_by_a_second_call(recipe, capsys):
    code, out, err = call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1")
    assert (code, err) == (0, "")
    assert "Verdict" in out
    assert "population" in out
    folder = recipe.parent / "s"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"config.json", "result.json", "report.html", "trials.csv", "summary.csv"}
    before = (folder / "result.json").read_bytes()
    code, out, _ = call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1", "--json")
    assert code == 0
    assert len(json.loads(out)["cells"]) == 4
    assert (folder / "result.json").read_bytes() == before


def test_report_renders_runs_and_sweeps_anew(recipe, files, capsys):
    call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1")
    call(capsys, "run", *files, "--labels", "y.npy", *GRID, "--out", "r")
    for folder in ("s", "r"):
        page = recipe.parent / folder / "report.html"
        before = page.read_bytes()
        code, out, _ = call(capsys, "report", folder)
        assert (code, out) == (0, f"Report: {folder}/report.html\n")
        assert page.read_bytes() == before
    code, out, _ = call(capsys, "report", "s", "--out", "elsewhere.html", "--json")
    assert json.loads(out) == {"report": "elsewhere.html"}
    (recipe.parent / "mine.html").write_text("mine")
    code, _, err = call(capsys, "report", "s", "--out", "mine.html")
    assert code == 2
    assert "--overwrite" in err
    assert (recipe.parent / "mine.html").read_text() == "mine"


def test_a_sweep_of_several_curves_is_compared(recipe, capsys):
    recipe.write_text(RECIPE.replace("ridge_weak: 0", "ridge_weak: [0, 0.1]"))
    code, out, _ = call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1")
    assert code == 0
    assert "Curves, each at the largest n and N" in out
    document = json.loads((recipe.parent / "s" / "result.json").read_text())
    assert [curve["setting"]["ridge_weak"] for curve in document["curves"]] == [0, 0.1]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ("trails: 3", [], "error: r.yaml: trails: is not a key of recipes; did you mean trials?"),
        ("n: [0]", [], "error: r.yaml: n: is 0"),
        ("", ["--jobs", "0"], "error: --jobs is 0"),
        ("", ["--out", "r.yaml"], "error: --out r.yaml is a file"),
        ("synthetic: [", [], "error: r.yaml is not YAML"),
    ],
)
def test_bad_sweeps_are_refused_in_one_line(recipe, capsys, change, arguments, message):
    lines = [line for line in RECIPE.splitlines() if not change or line[:2] != change[:2]]
    recipe.write_text("\n".join([*lines, change]))
    code, out, err = call(capsys, "sweep", "r.yaml", *(arguments or ["--out", "s"]), "--out", "s")
    if "--out" in arguments:
        code, out, err = call(capsys, "sweep", "r.yaml", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "none"], "error: DIR none is not a folder"),
        (["report", "."], "error: DIR . holds no result"),
        (["sweep", "none.yaml", "--out", "s"], "error: none.yaml cannot be read"),
    ],
)
def test_what_is_not_there_is_named(recipe, capsys, arguments, message):
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_a_sweep_replaces_a_run_when_asked(recipe, files, capsys):
    call(capsys, "run", *files, "--labels", "y.npy", *GRID, "--out", "o")
    code, _, err = call(capsys, "sweep", "r.yaml", "--out", "o", "--jobs", "1")
    assert (code, err[:12]) == (2, "error: --out")
    assert call(capsys, "sweep", "r.yaml", "--out", "o", "--jobs", "1", "--overwrite")[0] == 0
    folder = recipe.parent / "o"
    document = json.loads((folder / "result.json").read_text())
    assert document["config"]["trials"] == 3
    assert document["config"]["n"] == [20, 40]
    assert "synthetic" in document["config"]["recipe"]
    assert not (folder / "risks.png").exists()
    assert call(capsys, "run", *files, "--labels", "y.npy", *GRID, "--out", "o")[0] == 2
    code, _, _ = call(
        capsys, "run", *files, "--labels", "y.npy", *GRID, "--out", "o", "--overwrite"
    )
    assert code == 0
    assert {path.name for path in folder.iterdir()} == {
        "result.json",
        "report.html",
        "risks.png",
        "trials.csv",
        ".w2slens.lock",
        "problem.npz",
    }


def test_a_run_does_not_write_into_a_sweep_at_work(recipe, files, capsys):
    call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1")
    with FileLock(recipe.parent / "s" / ".w2slens.lock"):
        arguments = ["run", *files, "--labels", "y.npy", *GRID, "--out", "s", "--overwrite"]
        code, _, err = call(capsys, *arguments)
    assert code == 2
    assert "in use by another run" in err
    assert (recipe.parent / "s" / "config.json").exists()


def test_names_of_teachers_are_not_markup(recipe, files, capsys):
    names = ["$\\bad$", "a[/b]", "a[red]x", "<b>"]
    teachers = ", ".join(f"{json.dumps(name)}: w.npy" for name in names)
    recipe.write_text(
        f"weak: {{{teachers}}}\nstrong: s.npy\nlabels: y.npy\nn: 30\nN: 60\ntrials: 2\n"
    )
    code, out, _ = call(capsys, "sweep", "r.yaml", "--out", "s", "--jobs", "1")
    assert code == 0
    assert "a[red]x" in out
    page = (recipe.parent / "s" / "report.html").read_text()
    assert "&lt;b&gt;" in page
    assert "<b>:" not in page


def test_a_run_takes_several_ridges_and_shows_their_curves(files, capsys):
    ridges = ["--ridge-weak", "0.1,auto", "--ridge-strong", "0.1", "--out", "several"]
    code, out, _ = call(capsys, "run", *files, "--labels", "y.npy", *GRID, *ridges)
    assert code == 0
    assert "λ_w 0.1" in out
    assert "λ_w auto" in out
    folder = Path("several")
    assert {path.name for path in folder.iterdir()} == {
        "result.json",
        "trials.csv",
        "report.html",
        "problem.npz",
    }
    assert len(json.loads((folder / "result.json").read_text())["curves"]) == 2


@pytest.mark.parametrize(
    ("words", "offered"),
    [("w2slens fo", "forecast"), ("w2slens run --ceil", "--ceiling"), ("w2slens do", "doctor")],
)
def test_a_shell_completes_commands_and_options(words, offered):
    code = "from w2slens.cli import main; import sys; sys.argv[0] = 'w2slens'; main()"
    environment = {
        **os.environ,
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
        "_W2SLENS_COMPLETE": "bash_complete",
    }
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == [f"plain,{offered}"]
