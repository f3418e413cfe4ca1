"""Every kind of result has a page and shows itself; figures are read on a phone too."""

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from w2slens import (
    InputError,
    Problem,
    cli,
    dimensions,
    forecast,
    load_results,
    plan,
    predict,
    rank_teachers,
    sweep,
    transfer,
)
from w2slens._core.format import fixed, number, span
from w2slens._core.json import to_json
from w2slens._core.table import Number
from w2slens.advise.planning import frontier
from w2slens.experiments.display import risks_table
from w2slens.features.digits import digits
from w2slens.forecasting.display import forecast_table
from w2slens.models.risks import Models, Risks
from w2slens.report.page import render
from w2slens.report.plots import plot_courses, plot_map, plot_predicted, plot_ratios, plot_risks
from w2slens.report.plots.style import ratio_limits
from w2slens.report.sheets import kind_of, render_sheet

PHONE = 390 - 2 * 16 - 2 * 8 - 2  # pixels that a figure is wide: less the paddings of the page
pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")

LEAST = 9.0  # pixels of the smallest text


@pytest.fixture(scope="module")
def pair():
    weak, strong, y = digits()
    order = np.random.default_rng(0).permutation(len(y))
    return weak[order], strong[order], y[order]


@pytest.fixture(scope="module")
def run(pair):
    grid = {"n": [50, 100, 300], "N": [100, 400, 900], "trials": 3, "task": "classification"}
    return transfer(*pair, **grid, ridge_weak=0, ridge_strong=0)


def written(svg):
    """Pixels of all text of a figure on a phone."""
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    sizes = re.findall(r"font(?:-size)?: (?:bold |\d+ )?([\d.]+)px", svg)
    return [float(size) * PHONE / width for size in sizes]


@pytest.fixture(scope="module")
def folders(pair, tmp_path_factory):
    """One folder a command, and what it said as JSON."""
    base = tmp_path_factory.mktemp("kinds")
    weak, strong, y = pair
    for name, rows in {"w": weak, "s": strong, "y": y[:100]}.items():
        np.save(base / f"{name}.npy", rows)
    sides = ["--weak", f"{base}/w.npy", "--strong", f"{base}/s.npy"]
    labeled = [*sides, "--labels", f"{base}/y.npy", "--task", "classification"]
    known = ["--d-w", "40", "--d-s", "60", "--d-sw", "9", "--noise", "1", "--signal", "2"]
    commands = {
        "dims": sides,
        "predict": [*known, "--n", "50:300:4", "--N", "100:2000:4"],
        "plan": [*known, "--cost-label", "1", "--cost-pseudo", "0.01", "--budget", "150"],
        "rank": labeled,
        "forecast": labeled,
        "train": labeled,
    }
    for command, arguments in commands.items():
        assert cli.invoke([command, *arguments, "--out", str(base / command), "--json"]) == 0
    return base


@pytest.mark.parametrize("kind", ["dims", "predict", "plan", "rank", "forecast", "train"])
def test_every_kind_of_result_has_a_page_that_a_phone_shows(folders, kind, capsys):
    assert cli.invoke(["report", str(folders / kind)]) == 0
    page = (folders / kind / "report.html").read_text()
    assert "</html>" in page
    assert all(
        where[0] == "#" or where[:5] == "data:"
        for where in re.findall(r'(?:src|href)="([^"]+)', page)
    )
    figures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert figures
    for figure in figures:
        assert min(written(figure)) >= LEAST
        assert "DejaVu" not in figure  # text has the page's font
    document = json.loads((folders / kind / "result.json").read_text())
    answer = (
        document.get("reason")
        or document.get("statement")
        or {"dims": "The teacher has", "predict": "With 300 labels"}[kind]
    )
    assert answer[:20].replace("'", "&#39;") in page
    assert cli.invoke(["report", str(folders / kind)]) == 0  # a page of ours is rendered anew


def test_a_damaged_result_of_any_kind_is_refused(folders, tmp_path, capsys):
    for kind in ("dims", "predict", "plan", "rank", "forecast", "train"):
        document = json.loads((folders / kind / "result.json").read_text())
        for key in set(document) - {"format", "files"}:
            folder = tmp_path / f"{kind}-{key}"
            folder.mkdir()
            (folder / "result.json").write_text(json.dumps({**document, key: [[]]}))
            code = cli.invoke(["report", str(folder)])
            err = capsys.readouterr().err
            assert code == 0 or (code == 2 and err.count("\n") == 1), (kind, key, err)


def test_text_of_a_page_of_a_run_is_read_on_a_phone(run):
    page = render(run)
    figures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert all(min(written(figure)) >= LEAST for figure in figures)
    head = re.search(r"<h3>Risks</h3>.*?<thead>(.*?)</thead>", page, re.DOTALL)[1]
    assert re.findall(r">([^<]+)</th>", head)[:3] == ["n, N", "PGR", "OPR"]


def test_ratios_have_their_own_scales(run):
    for name, line in (("pgr", 0.0), ("opr", 1.0)):
        ax = plot_ratios(run, Figure().subplots(), only=name)
        low, high = ax.get_ylim()
        values = run.summary.loc[run.summary["N"] == 900, name].to_numpy()
        assert low <= values.min() <= values.max() <= high
        assert high - low <= 2.5 * max(np.ptp([*values, line]), np.ptp(values) + 0.2) + 0.5


def test_predictions_near_the_points_are_within_the_limits():
    values, errors = [0.1, 0.2], [0.01, 0.01]
    low, high = ratio_limits(values, errors, 0.0)
    assert low < 0.0 < 0.21 < high < 0.25
    assert ratio_limits(values, errors, 0.0, [-0.02, 9.0, np.nan]) == pytest.approx(
        (-0.02 - 0.08 * 0.23, 0.21 + 0.08 * 0.23)
    )


@pytest.mark.parametrize(
    ("values", "centre", "ratio"),
    [([0.7, 0.8, 0.9, 0.85], 0.0, "pgr"), ([3.0, 4.0, 5.0, 90.0], 1.0, "opr")],
)
def test_maps_take_their_limits_from_the_data(values, centre, ratio):
    w2s = np.array(values).reshape(2, 2)
    parts = Models(np.ones((2, 2)), 1 - w2s, np.ones((2, 2)), np.zeros((2, 2)))
    if ratio == "opr":
        parts = Models(np.ones((2, 2)), np.ones((2, 2)), w2s, np.zeros((2, 2)))
    figure = Figure()
    ax = plot_map(Risks((1, 2), (3, 4), *parts), figure.subplots(), ratio=ratio)
    norm, reach = ax.collections[0].norm, float(np.quantile(np.abs(w2s - centre), 0.95))
    assert norm.vcenter == centre
    assert norm.vmax == pytest.approx(centre + reach)
    assert norm.vmin == pytest.approx(max(centre - reach, 0.0) if ratio == "opr" else -reach)
    assert figure.axes[1].get_ylim()[0] == centre  # the bar shows no colour that no cell has


def test_a_frontier_shows_the_budget_and_the_choice():
    problem = Problem.gaussian(d_w=40, d_s=60, d_sw=9, noise=1.0, signal=2.0)
    prices = {"cost_label": 1.0, "cost_pseudo": 0.01}
    found = plan(problem, budget=150, **prices)
    ax = Figure().subplots()
    plot_courses(frontier(problem, found, prices), ax, chosen=found.best, budget=150)
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {"budget 150", f"recommended: {found.best.course}"} <= set(said)
    ticks = [label.get_text() for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels()]
    assert not any("10^" in tick or "mathdefault" in tick for tick in ticks)


def test_results_draw_write_and_keep_themselves(run, pair, tmp_path):
    assert len(run.plot().axes) == 3
    ax = Figure().subplots()
    assert run.plot(ax) is ax
    page = run.report(tmp_path / "page.html")
    assert page.read_text() == render(run)
    with pytest.raises(InputError, match=r"page\.html exists"):
        run.report(page)
    run.report(page, overwrite=True)
    folder = run.save(tmp_path / "kept")
    assert load_results(folder).summary.equals(run.summary) or np.allclose(
        load_results(folder).summary["w2s"], run.summary["w2s"]
    )
    with pytest.raises(InputError, match="already holds a result"):
        run.save(folder)
    several = sweep(
        {"a": pair[0], "b": pair[1]},
        pair[1],
        pair[2],
        n=60,
        N=300,
        trials=2,
        task="classification",
        jobs=1,
    )
    assert len(several.plot().axes) == 2
    with pytest.raises(InputError, match="n: is for one curve"):
        several.plot(n=60)
    assert len(load_results(several.save(tmp_path / "several")).settings) == 2
    again = load_results(load_results(folder).save(tmp_path / "again"))
    assert again.to_dict()["verdict"] == run.to_dict()["verdict"]


def test_what_results_can_do_is_a_method_with_its_signature_and_words(run):
    assert list(inspect.signature(run.plot).parameters) == ["ax", "n", "N"]
    assert run.save.__doc__.startswith("Keep the results")
    assert "pseudo-labels N" in run.plot(n=100).axes[0].get_xlabel()
    assert run.plot(N=400).axes[2].get_title().endswith("N = 400 pseudo-labels")
    with pytest.raises(InputError, match="n: is 7; the grid has"):
        run.plot(n=7)


def test_what_is_found_shows_itself_as_a_table(pair):
    weak, strong, y = pair
    known = forecast(weak, strong, y[:60], task="classification")
    problem = Problem.gaussian(d_w=40, d_s=60, d_sw=9, noise=1.0, signal=2.0)
    shown = {
        "90% interval": known,
        "Courses, best first": plan(problem, cost_label=1, cost_pseudo=0.01, budget=150),
        "Teachers, best first": rank_teachers({"a": weak}, strong, y[:60], task="classification"),
        "ceiling": predict(problem, n=[50, 100], N=1000),
    }
    for words, one in shown.items():
        assert words in repr(one)
        assert str(one) == repr(one)
        assert max(map(len, repr(one).splitlines())) <= 88
        assert "<table>" in one._repr_html_()


def test_numbers_that_round_to_nothing_are_nothing():
    assert fixed(-0.001) == "0.00"
    assert fixed(-0.126) == "-0.13"
    x = np.random.default_rng(0).standard_normal((400, 9))
    inside = dimensions(x[:, :4], x)
    assert number(inside.not_copied) == "0.00"
    contained = Problem.gaussian(d_w=9, d_s=20, d_sw=9, noise=1.0)
    text = repr(predict(contained, n=50, N=100))
    assert "e-1" not in text
    assert "-0.00" not in text


def test_models_that_agree_are_all_seen(run):
    ax = plot_risks(run, Figure().subplots())
    marks = {bar.get_label(): bar.lines[0] for bar in ax.containers}
    student = marks.pop("W2S student")
    for line in marks.values():
        assert line.get_markerfacecolor() == "none"
        assert line.get_markersize() > student.get_markersize()
    dense = predict(Problem.gaussian(6, 4, 2, 1.0), n=range(20, 200), N=300)
    for line in plot_predicted(dense, Figure().subplots()).get_lines():
        assert 180 / line.get_markevery() <= 12


def test_a_map_says_where_its_colours_are_cut():
    values = np.linspace(0.4, 0.8, 100).reshape(10, 10)
    values[0, 0] = -70.0
    one = np.ones_like(values)
    risks = Risks(tuple(range(1, 11)), tuple(range(1, 11)), one, 1 - values, one, 0 * one)
    figure = Figure()
    norm = plot_map(risks, figure.subplots(), ratio="pgr").collections[0].norm
    assert figure.axes[1].get_ylabel() == f"PGR, colours end at {norm.vmin:.2f} and {norm.vmax:.2f}"


def test_a_frontier_passes_through_the_choice():
    problem = Problem.gaussian(d_w=40, d_s=60, d_sw=5, noise=1.0, rho_w=0.02, rho_s=0.01)
    prices = {"cost_label": 1.0, "cost_pseudo": 0.01, "owned": 150}
    found = plan(problem, target=0.1, **prices)
    costs = [course.cost for course in frontier(problem, found, prices)[found.best.course]]
    assert min(costs) <= found.best.cost <= max(costs)


def test_a_result_says_what_it_is_and_older_ones_are_known_by_their_keys(folders, run, tmp_path):
    for kind in ("dims", "predict", "plan", "rank", "forecast", "train"):
        document = json.loads((folders / kind / "result.json").read_text())
        assert document["result"] == kind_of(document) == kind
        del document["result"]
        assert kind_of(document) == kind
    with pytest.raises(InputError, match="no result that has a page"):
        kind_of({**document, "result": "song"})
    kept = run.save(tmp_path / "run")
    assert json.loads((kept / "result.json").read_text())["result"] == "run"


def test_the_table_of_a_forecast_is_the_same_on_a_terminal_and_a_page(pair):
    weak, strong, y = pair
    found = forecast(weak, strong, y[:60], task="classification", metric="accuracy")
    assert found.shown()[1][1].note.startswith("Risks of students that these labels make")
    assert found.shown()[1][1].note in render_sheet(found.to_dict())
    assert "imitate is W2S, and its risk another" in render_sheet(found.to_dict())
    html = forecast_table(json.loads(to_json(found.to_dict()))).html()
    assert html == found.table().html()
    assert "accuracy, leave-one-out" in html
    assert html.split("</caption>")[1] in render_sheet(found.to_dict())


def test_pages_put_ratios_first_and_notes_where_a_phone_wraps_them(folders, run, capsys):
    shown = {}
    for kind in ("predict", "rank"):
        assert cli.invoke(["report", str(folders / kind)]) == 0
        shown[kind] = (folders / kind / "report.html").read_text()
    assert "All 16 cells" in shown["predict"]
    for page in (shown["predict"], render(run).split("Accuracy on held-out rows")[1]):
        head = re.search(r"<thead>(.*?)</thead>", page, re.DOTALL)[1]
        assert re.findall(r">([^<]+)</th>", head)[:2] == ["n, N", "PGR"]
    assert '<p class="note">‖·‖' in shown["rank"]
    assert "<tfoot>" not in shown["rank"]


def test_rounding_is_nothing_beside_what_it_is_noise_of():
    assert (number(7e-15, beside=2.0), number(7e-15), number(-0.0)) == ("0.00", "7.00e-15", "0.00")
    assert (span((-7e-15, 2.0)), span((np.nan, np.nan))) == ("0.00 – 2.00", "–")
    noise = Number(mean=7.11e-15, se=3e-16, predicted=-4e-15, beside=1.0)
    assert str(noise) == "0.00"
    assert noise.html() == "0.000 ± 0.000<br><small>predicted 0.00</small>"
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 9))
    y = x[:, 0] + rng.standard_normal(300)
    grid = {"n": [30, 60], "N": 150, "trials": 3, "ridge_weak": 0, "ridge_strong": 0}
    inside = transfer(x[:, :4], x, y, **grid)  # the student copies its teacher
    assert inside.summary["pgr"].abs().max() > 0
    for text in (risks_table(inside.to_dict()).text(), render(inside), inside.verdict.reason):
        assert not re.search(r"\d[eE][-+−]1\d", text.split("Configuration")[0])
        assert "-0.00" not in text


@pytest.mark.parametrize(("value", "digits"), [(310.0, 2), (99.7, 2), (999.7, 3), (12345.6, 2)])
def test_numbers_are_written_out(value, digits):
    assert number(value, digits) == f"{value:,.0f}"


def test_the_page_of_a_folder_that_is_no_result_is_refused(tmp_path, capsys):
    (tmp_path / "result.json").write_text('{"format": 1, "files": []}')
    assert cli.invoke(["report", str(tmp_path)]) == 2
    assert "holds no result that has a page" in capsys.readouterr().err
    assert not (Path(tmp_path) / "report.html").exists()
