import io
import subprocess
import sys
from itertools import chain
from math import nan

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from w2slens import InputError, Planted, Problem, plan, plots, predict, rank_teachers, simulate
from w2slens._core.table import Column, Marked, Number, Table
from w2slens.experiments.display import risks_table, score_tables
from w2slens.report.tables import curves_table

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")


def printed(table, width=100):
    console = Console(width=width, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def lines(table, width=100):
    """Words of each line that a terminal shows, without rules and blank lines."""
    text = [line.split() for line in printed(table, width).splitlines()]
    return [words for words in text if words and not set("".join(words)) <= {"─"}]


HEAD = (Column("n"), Column("N"), Column("weak", "weak teacher"), Column("PGR"))
MEASURED = Table(
    HEAD,
    (
        (Marked("9", "inflated: weak"), "1,000", Number(0.5, 0.01, 0.25), Number(nan, nan, nan, 2)),
        ("80", "1,000", Number(2.0, nan, nan), Number(-0.5, 0.1, nan, 2)),
    ),
    "Risks",
    names=2,
)


def test_a_terminal_stacks_means_errors_and_predictions():
    assert lines(MEASURED) == [
        ["Risks"],
        ["n", "N", "weak", "PGR"],
        ["×9", "1,000", "mean", "0.500", "–"],
        ["±", "0.010", "–"],
        ["pred.", "0.250", "–"],
        ["80", "1,000", "mean", "2.00", "-0.500"],
        ["±", "–", "0.10"],
    ]


def test_html_writes_a_cell_into_one_and_the_names_of_a_row_too():
    html = MEASURED.html()
    assert "<caption>Risks</caption>" in html
    assert ">n, N</th><th>weak teacher</th><th>PGR</th>" in html
    assert ">9, 1,000<br><small>× inflated: weak</small></td>" in html
    assert "<td>0.500 ± 0.010<br><small>predicted 0.250</small></td><td>–</td>" in html
    assert "<td>2.00</td><td>−0.50 ± 0.10</td>" in html
    assert "caption" not in MEASURED.titled("").html()


def test_without_errors_a_row_is_one_line():
    means = MEASURED.means().pick("PGR", "n")
    assert means.rows == (("–", Marked("9", "inflated: weak")), ("−0.50", "80"))
    assert lines(means)[1:] == [["PGR", "n"], ["–", "×9"], ["−0.50", "80"]]
    assert "<td>9<br><small>× inflated: weak</small></td>" in means.html()


def test_words_of_a_user_are_shown_as_they_are():
    table = Table((Column("teacher", words=True),), (("[red]a <b>",),), "[bold]t", "[dim]note &")
    assert lines(table) == [["[bold]t"], ["teacher"], ["[red]a", "<b>"], ["[dim]note", "&"]]
    html = table.html()
    assert "[red]a &lt;b&gt;" in html
    assert "[dim]note &amp;" in html


def test_tables_are_made_without_the_terminal():
    code = "import sys, w2slens._core.table; assert 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def sweep():
    pair = Planted.with_correlations(6, 4, [1, 0.5], noise=1.0)
    settings = {"trials": 2, "ridge_weak": [0, 0.1], "ridge_strong": 0, "jobs": 1}
    return simulate(pair, n=[8, 30], N=60, **settings)


def tables_of_values():
    problem = Problem.gaussian(6, 4, 2, 1.0)
    x = np.random.default_rng(0).standard_normal((300, 20))
    y = x[:80, 0] + np.random.default_rng(1).standard_normal(80)
    teachers = {"near": x[:, :8], "far": x[:, 4:12]}
    return [
        predict(problem, n=[20, 30], N=[40, 50]).table(),
        plan(problem, cost_label=1.0, cost_pseudo=0.01, budget=100).table(),
        rank_teachers(teachers, x[:, 2:], y, ridge_weak=0.1, ridge_strong=0.1).table(),
    ]


def test_a_terminal_and_a_notebook_show_the_same_cells(sweep):
    for table in [*sweep.dimensions.tables(), *tables_of_values()]:
        text, html = printed(table), table.html()
        for cell in map(str, chain(*table.rows)):
            assert cell in text
            assert cell in html
        assert all(len(row) == len(table.head) for row in table.rows)
        assert max(map(len, printed(table, 80).splitlines())) <= 80


def test_tables_of_a_run_come_from_its_document(sweep):
    curve = sweep.curves()[0]
    document = curve.to_dict()
    table = risks_table(document, "; all of it")
    assert table.title == "Excess risks (squared error), PGR and OPR; all of it"
    assert table.rows[0][:2] == (Marked("8", "inflated: weak"), "60")
    cell = document["cells"][1]
    means = [number.mean for number in table.rows[1][2:6]]
    assert means == [cell["risk"][name]["mean"] for name in ("weak", "w2s", "strong", "ceiling")]
    assert table.rows[1][6].predicted == cell["predicted"]["pgr"]
    for cell in document["cells"]:
        del cell["predicted"]
    assert "predicted" not in risks_table(document).html()
    assert score_tables(document) == []


def test_curves_are_named_and_compared_by_what_differs(sweep):
    table = curves_table(sweep)
    assert [row[0] for row in table.rows] == ["λ_w 0", "λ_w 0.1"]
    assert [plots.curve_name(sweep, place) for place in (0, 1)] == ["λ_w 0", "λ_w 0.1"]
    assert plots.curve_name(sweep.curves()[0], 0) == sweep.settings[0].teacher


def test_a_map_is_of_one_curve(sweep):
    with pytest.raises(InputError, match="hold 2 curves; choose one"):
        plots.plot_map(sweep, Figure().subplots())
