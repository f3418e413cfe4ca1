"""An outline of a population says all that its spectra and moments say of risks."""

import tracemalloc

import numpy as np
import pytest

from w2slens import Problem
from w2slens.theory import outline
from w2slens.theory.outline import Outline, unexpressed, white


def population(seed, d_w=14, d_s=9, outputs=3, shared=5, least=1e-4):
    """Correlated features of steep spectra, and an f* that both sides express in part."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((400, d_w + d_s))
    weak = z[:, :d_w] * np.geomspace(1, least, d_w)
    strong = z[:, d_w - shared : d_w - shared + d_s] * np.geomspace(3, 1e-3, d_s)
    return Problem.from_data(weak, strong, z @ rng.standard_normal((d_w + d_s, outputs)))


@pytest.mark.parametrize(("seed", "least"), [(0, 1e-4), (1, 1e-4), (2, 1e-6)])
@pytest.mark.parametrize("κ_w", [0.0, 1e-9, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize("κ_s", [0.0, 1e-7, 0.3, 1e3])
def test_sums_over_directions_are_those_of_the_tables(seed, least, κ_w, κ_s):
    problem = population(seed, least=least)
    found = Outline.of(problem)
    C, b_w, b_s = white(problem)
    h = problem.weak.spectrum.values / (problem.weak.spectrum.values + κ_w)
    g = problem.strong.spectrum.values / (problem.strong.spectrum.values + κ_s)
    m = C @ (h[:, None] * b_w)
    s, linear, v = np.sum(m**2, axis=1), np.sum(m * b_s, axis=1), C**2 @ h**2
    q = found.mean_filters @ h
    i, j = np.triu_indices(len(q))
    tables = {
        "s": ((q[i] * q[j]) @ found.squares, s),
        "ℓ": (q @ found.linear, linear),
        "v": ((found.spread_filters @ h**2) @ found.spreads, v),
    }
    for name, (table, values) in tables.items():
        for filtered in (g, g**2):
            wanted = values @ filtered
            size = np.abs(values) @ filtered
            got = table @ (found.student_filters @ filtered)
            assert abs(got - wanted) < 1e-9 * size, name


def test_long_tables_are_made_in_pieces(monkeypatch):
    whole = Outline.of(population(0))
    monkeypatch.setattr(outline, "HEARD", 1)
    pieces = Outline.of(population(0))
    for name in ("squares", "linear", "spreads"):
        np.testing.assert_allclose(getattr(pieces, name), getattr(whole, name), atol=1e-12)


def test_what_neither_side_expresses_is_the_residual_on_both():
    rng = np.random.default_rng(1)
    z, noise = rng.standard_normal((500, 12)), rng.standard_normal(500)
    weak, strong = z[:, :6], z[:, 4:10] @ rng.standard_normal((6, 6))
    y = z[:, :10] @ rng.standard_normal(10) + noise
    both = np.column_stack([z[:, :10], np.ones(500)])
    residual = y - both @ np.linalg.lstsq(both, y, rcond=None)[0]
    assert unexpressed(Problem.from_data(weak, strong, y)) == pytest.approx(np.mean(residual**2))


def test_an_f_that_is_zero_has_an_outline():
    found = Outline.of(Problem.gaussian(d_w=3, d_s=4, d_sw=1, noise=1.0, signal=0.0))
    assert found.mean_filters.shape == (0, 3)
    assert found.squares.shape[0] == found.linear.shape[0] == 0
    assert found.to_dict()["weak"]["error"] == 0


@pytest.mark.parametrize("least", [1e-2, 1e-4, 1e-6])
def test_filters_of_any_ridge_lie_in_the_few(least):
    problem = population(0, least=least)
    found, values = Outline.of(problem), problem.weak.spectrum.values
    length = np.sqrt(found.weak.energies)
    for κ in np.geomspace(1e-4 * values[-1], 1e7 * values[0], 97):
        h = values / (values + κ)
        for rows, filters in (
            (h * length, found.mean_filters / length),
            (h**2, found.spread_filters),
        ):
            missed = rows - (filters @ rows) @ filters
            assert np.linalg.norm(missed) < 1e-10 * np.linalg.norm(rows)


def test_one_direction_has_an_outline_too():
    found = Outline.of(Problem.gaussian(d_w=1, d_s=1, d_sw=1, noise=1.0, signal=2.0))
    assert len(found.mean_filters) == len(found.student_filters) == 1


def test_the_memory_of_a_table_is_bounded(monkeypatch):
    monkeypatch.setattr(outline, "HEARD", 1000)
    rng = np.random.default_rng(0)
    C, means, unit, b_s = (
        rng.standard_normal(s) for s in ((600, 50), (10, 50), (50, 20), (600, 20))
    )
    tracemalloc.start()
    outline._heard(C, means, unit, b_s, rng.standard_normal((3, 600)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600 * 10 * 20 * 8 / 4  # a quarter of the whole product
