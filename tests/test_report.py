import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from w2slens import transfer
from w2slens._format import measured, number
from w2slens.plots import plot_canonical, plot_ratios, plot_risks, plot_spectra
from w2slens.report import render

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
    assert page.count("<svg") == 9
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
