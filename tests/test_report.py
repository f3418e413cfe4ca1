import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from w2slens import InputError, Planted, Problem, predict, simulate, transfer
from w2slens._core.format import measured, number
from w2slens.report import render
from w2slens.report.plots import (
    plot_canonical,
    plot_comparison,
    plot_inheritance,
    plot_map,
    plot_ratios,
    plot_risks,
    plot_spectra,
)

pytestmark = pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning")


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 12))
    y = x[:, 0] + rng.standard_normal(400)
    settings = {"trials": 4, "ridge_weak": 0.0, "ridge_strong": 0.0}
    return transfer(x[:, :8], x[:, 5:], y, n=[9, 40, 80], N=[100, 200], **settings)


def test_page_is_self_contained_and_complete(run):
    page = render(run, title="A <run>", command="w2slens run --n 9")
    assert "A &lt;run&gt;" in page
    assert run.verdict.action in page
    assert "w2slens run --n 9" in page
    links = re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", page)
    assert all(link.startswith("data:image/png") for link in links)
    assert "@import" not in page
    assert page.count("<svg") == 11
    for word in ("PGR", "OPR", "oracle", "inflated: weak, strong", "shed"):
        assert word in page


def test_page_is_the_same_every_time(run):
    assert render(run) == render(run)


@pytest.mark.parametrize("plot", [plot_risks, plot_ratios])
def test_plots_of_a_run_draw_on_the_axes_given(run, plot):
    ax = Figure().subplots()
    assert plot(run, ax, N=100) is ax
    assert ax.get_lines()


def test_plots_of_dimensions_draw_on_the_axes_given(run):
    ax, other = Figure().subplots(2)
    assert plot_spectra(run.dimensions, other) is other
    assert plot_canonical(run.dimensions, ax) is ax
    assert ax.collections


def test_numbers_are_written_plainly():
    assert number(float("nan")) == number(None) == "–"
    assert (number(0.5), number(12.345), number(123.4), number(12345.6)) == (
        "0.500",
        "12.3",
        "123",
        "12,346",
    )
    assert measured({"mean": 0.5, "se": float("nan")}) == "0.500"
    assert measured({"mean": float("nan"), "se": 1.0}) == "–"


@pytest.fixture(scope="module")
def planted():
    pair = Planted.with_correlations(6, 4, [1, 0.5], noise=1.0)
    settings = {"trials": 3, "ridge_weak": 0, "ridge_strong": 0, "jobs": 1}
    return simulate(pair, n=[20, 30, 40], N=[30, 60], **settings)


def test_simulation_exact_theory_and_bounds_are_in_one_figure(planted):
    ax = plot_risks(planted, Figure().subplots(), n=30)
    styles = [line.get_linestyle() for line in ax.get_lines() if len(line.get_xdata()) == 2]
    assert (styles.count("--"), styles.count(":")) == (4, 4)
    labels = ax.get_legend_handles_labels()[1]
    assert {"predicted", "authors' bounds", "W2S student"} <= set(labels)
    weak = next(line for line in ax.get_lines() if line.get_linestyle() == "--")
    np.testing.assert_array_equal(weak.get_ydata(), planted.predicted.weak[1])


def test_map_shows_every_cell_and_marks_peaks(run, planted):
    ax = plot_map(planted, Figure().subplots(), ratio="pgr")
    (mesh,) = ax.collections
    table = planted.summary.pivot(index="n", columns="N", values="pgr")
    np.testing.assert_array_equal(np.asarray(mesh.get_array()), table.to_numpy())
    marked = plot_map(run, Figure().subplots())
    assert [text.get_text() for text in marked.texts].count("×") == 2


def test_inherited_and_shed_variance_add_up(planted):
    ax = plot_inheritance(planted.dimensions, Figure().subplots(), N=[30, 60, 4])
    shared, copied, shed = ([bar.get_width() for bar in bars] for bars in ax.containers)
    np.testing.assert_allclose(np.add(np.add(shared, copied), shed), 1)
    assert shared == pytest.approx([1.25 / 6] * 2)
    assert copied == pytest.approx([4 / 25 * 4.75 / 6, 4 / 55 * 4.75 / 6])


def test_one_line_is_drawn_at_a_time(planted):
    with pytest.raises(InputError, match="N: and n are both given"):
        plot_risks(planted, Figure().subplots(), n=20, N=30)
    with pytest.raises(InputError, match="n: is 21; the grid has 20, 30, 40"):
        plot_ratios(planted, Figure().subplots(), n=21)


def test_figures_follow_the_page_and_are_described(planted):
    page = render(planted)
    figures = page[page.index("<body>") :]
    assert figures.count('role="img" aria-label="') == page.count("<svg")
    for color in ("#d55e00", "#0072b2", "#009e73", "#010203"):
        assert color not in figures
    assert "var(--w2s)" in figures
    assert "currentColor" in figures
    assert "population" in page


def test_a_page_of_several_curves_compares_them(planted):
    pair = Planted.with_correlations(6, 4, [1, 0.5], noise=1.0)
    settings = {"trials": 2, "ridge_weak": [0, 0.1, "auto"], "ridge_strong": 0, "jobs": 1}
    page = render(simulate(pair, n=[20, 30], N=60, **settings))
    for words in ("of 3 curves", "λ_w 0.1", "λ_w auto", "Curve by curve"):
        assert words in page
    ax = plot_comparison(simulate(pair, n=[20], N=60, **settings), Figure().subplots())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["λ_w 0", "λ_w 0.1", "λ_w auto"]


def test_notebooks_show_tables(planted, run):
    shown = planted.dimensions._repr_html_()
    assert "the population" in shown
    assert "d_sw = 1.25" in shown
    assert "90% interval" in run.dimensions._repr_html_()
    assert planted.predicted._repr_html_().count("<tr>") == 7
    assert "&lt;" not in run._repr_html_()
    assert run.verdict.action in run._repr_html_()
    large = predict(Problem.gaussian(6, 4, 2, 1.0), n=range(20, 30), N=range(20, 30))
    assert "4 of 100 cells" in large._repr_html_()
