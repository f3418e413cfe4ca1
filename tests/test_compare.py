"""Runs side by side: paired where they see the same rows."""

import json

import numpy as np
import pytest

from w2slens import InputError, cli, load_results, sweep, transfer
from w2slens._core.json import to_json
from w2slens.experiments.results import Results
from w2slens.report.comparing import compare

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two runs over the same rows at two ridges, and one of another seed."""
    where, rng = tmp_path_factory.mktemp("runs"), np.random.default_rng(0)
    z = rng.standard_normal((1200, 20))
    weak, strong, y = z[:, :12], z[:, 6:], z[:, 5] + z[:, 7] + rng.standard_normal(1200)
    told = {"n": [30, 60], "trials": 6, "jobs": 1}
    for name, more in {
        "small": {"ridge_strong": 0.01, "N": [200, 400]},
        "large": {"ridge_strong": 1.0, "N": 200},
        "other": {"ridge_strong": 1.0, "N": 200, "seed": 1},
    }.items():
        sweep(weak, strong, y, out=where / name, **told, **more)
    return where


def test_the_same_rows_are_compared_trial_by_trial(folders):
    runs = {name: load_results(folders / name) for name in ("small", "large")}
    found = compare(runs)
    assert (found.n, found.N) == (60, 200)
    first, second = found.lines
    assert (first.difference, first.paired, second.paired) == (0.0, True, True)
    small, large = (
        run.table.query("n == 60 and N == 200").set_index("trial")["w2s"] for run in runs.values()
    )
    gaps = large - small
    assert second.difference == pytest.approx(gaps.mean())
    assert second.difference_se == pytest.approx(gaps.std(ddof=1) / 6**0.5)
    assert second.values["w2s"] == pytest.approx(large.mean())
    assert found.told["ridge_strong"] == {"small": 0.01, "large": 1.0}
    assert "seed" not in found.told


def test_other_rows_are_compared_by_their_means(folders):
    runs = {name: load_results(folders / name) for name in ("large", "other")}
    found = compare(runs, n=30)
    line = found.lines[1]
    assert (found.n, line.paired) == (30, False)
    means = [run.table.query("n == 30")["w2s"] for run in runs.values()]
    assert line.difference == pytest.approx(means[1].mean() - means[0].mean())
    assert line.difference_se == pytest.approx(np.hypot(*(each.sem() for each in means)))
    assert "not all over the same rows" in repr(found)
    assert list(found.told) == ["seed"]


def test_risks_in_other_units_have_no_difference(folders):
    z = np.random.default_rng(1).standard_normal((300, 8))
    f = z[:, 0] + z[:, 1]
    y = f + z[:, 7]
    told = {"n": 30, "N": 100, "trials": 3, "ridge_weak": 0.1, "ridge_strong": 0.1}

    def run(y, **more):
        return transfer(z[:, :4], z[:, 2:], y, **told, **more)

    runs = {
        "raw": run(y),
        "again": run(y, seed=1),
        "excess": run(y, target=f),
        "two": run(np.stack([y, f], 1)),
        "classes": run((y > 0).astype(int), task="classification"),
    }
    found = compare(runs)
    known = [bool(np.isfinite(line.difference)) for line in found.lines]
    assert known == [True, True, False, False, False]
    assert np.isfinite([line.values["w2s"] for line in found.lines]).all()
    said = " ".join(repr(found).split())
    assert "from the first are not all over the same rows. Where runs differ from the first" in said
    assert "in scale and task and outputs" in said
    assert "no difference is taken" not in repr(
        compare({one: runs[one] for one in ("raw", "again")})
    )
    apart = compare({one: runs[one] for one in ("raw", "classes")})
    assert "over the same rows" not in repr(apart)
    assert json.loads(to_json(apart.to_dict()))["runs"][1]["difference"] is None


def test_a_command_is_no_setting(folders):
    runs = {name: load_results(folders / name) for name in ("small", "large")}
    told = {
        name: Results(run.table, {**run.config, "command": f"w2slens {name}"}, run.oracle)
        for name, run in runs.items()
    }
    assert compare(told).told == compare(runs).told


def test_the_command_compares_folders(folders, capsys):
    names = [str(folders / name) for name in ("small", "large")]
    assert cli.invoke(["compare", *names, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [line["run"] for line in document["runs"]] == ["small", "large"]
    assert cli.invoke(["compare", *names]) == 0
    shown = capsys.readouterr().out
    assert "Runs at n = 60, N = 200" in shown
    assert "ridge_strong" in shown
    for words, message in (
        ([names[0]], "are fewer than two"),
        ([*names, "--N", "400"], "have no cell (n, N) in common"),
        ([names[0], names[0]], "2 times"),
        ([names[0], str(folders)], "error:"),
    ):
        assert cli.invoke(["compare", *words]) == 2
        assert message in capsys.readouterr().err


def test_what_cannot_be_compared_is_refused(folders):
    runs = {name: load_results(folders / name) for name in ("small", "large")}
    with pytest.raises(InputError, match=r"in common that is asked for: small has .*400.*; large"):
        compare(runs, n=60, N=400)
    apart = {
        name: Results(run.table.query(f"n == {n}"), run.config, run.oracle)
        for n, (name, run) in zip((30, 60), runs.items(), strict=True)
    }
    with pytest.raises(InputError, match=r"have no cell \(n, N\) in common: small has"):
        compare(apart)
    with pytest.raises(InputError, match="fewer than two"):
        compare({"small": runs["small"]})
