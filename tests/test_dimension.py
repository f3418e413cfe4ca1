import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from tests import oracles
from tests.laws import agrees, close
from w2slens import InputError, dimensions
from w2slens._core.format import number
from w2slens.measure.debiased import debiased_correlations
from w2slens.measure.intrinsic import Dimensions, SideDimensions
from w2slens.measure.of_stream import of_stream
from w2slens.measure.one_pass import measure
from w2slens.measure.overlap import (
    SAMPLE,
    Correlation,
    Sample,
    _degenerate_variance,
    debias,
    plug_in_without,
    whitened_cross,
)
from w2slens.measure.published import coordinate_overlap
from w2slens.models.risks import Risks
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.moments import Moments

CASES = {
    "five of 1": (30, 20, 100, [1.0] * 5),
    "none": (30, 20, 100, []),
    "nine of 1 and eighteen of .7": (60, 40, 150, [1.0] * 9 + [0.7] * 18),
}


@pytest.mark.parametrize("case", CASES)
def test_debiased_overlap_is_unbiased_where_the_plug_in_is_not(case):
    d_s, d_w, rows, correlations = CASES[case]
    rng = np.random.default_rng(1)
    draws = [
        dimensions(*oracles.planted(rng, rows, d_w, d_s, correlations), interval=False).correlation
        for _ in range(150)
    ]
    truth = float(np.sum(np.square(correlations)))
    agrees([found.unclipped for found in draws], truth)
    assert all(found.debiased == np.clip(found.unclipped, 0, d_w) for found in draws)
    assert np.mean([found.plug_in for found in draws]) > truth + 3


@pytest.mark.parametrize("side", ["weak", "strong", "both"])
def test_overlap_is_invariant_to_invertible_maps(side):
    rng = np.random.default_rng(2)
    weak, strong = oracles.planted(rng, 600, 20, 30, [1.0, 0.9, 0.5, 0.2])
    before = dimensions(weak, strong).correlation
    if side != "strong":
        weak = weak @ oracles.invertible(rng, 20, 1e4) + 5.0
    if side != "weak":
        strong = strong @ oracles.invertible(rng, 30, 1e4)
    after = dimensions(weak, strong).correlation
    close(after.debiased, before.debiased, 1e-6)
    close(after.canonical, before.canonical, 1e-6)
    close(after.interval, before.interval, 1e-5)


def test_interval_covers():
    """180 draws: a binomial at .9 stays within .83 and .96 in all but one case of a thousand."""
    rng, correlations = np.random.default_rng(3), [1.0] * 3 + [0.7] * 6
    truth, hits = float(np.sum(np.square(correlations))), 0
    for _ in range(180):
        low, high = dimensions(
            *oracles.planted(rng, 600, 20, 30, correlations)
        ).correlation.interval
        hits += low <= truth <= high
    assert 0.83 <= hits / 180 <= 0.96


def test_canonical_correlations_equal_the_qr_definition():
    rng = np.random.default_rng(4)
    weak, strong = oracles.planted(rng, 200, 6, 9, [0.8, 0.3])
    Q_w, _ = np.linalg.qr(weak - weak.mean(axis=0))
    Q_s, _ = np.linalg.qr(strong - strong.mean(axis=0))
    found = dimensions(weak, strong).correlation
    close(found.canonical, np.linalg.svd(Q_s.T @ Q_w, compute_uv=False), 1e-10)
    close(found.plug_in, np.sum((Q_s.T @ Q_w) ** 2), 1e-10)
    assert found.chance == 6 * 9 / 200


def test_equal_subspaces_overlap_fully():
    x = np.random.default_rng(5).standard_normal((300, 8))
    found = dimensions(x, x @ oracles.invertible(np.random.default_rng(6), 8, 100.0))
    close(found.d_sw, 8.0, 1e-9)
    assert abs(found.not_copied) < 1e-7
    assert abs(found.learnable_by_strong_only) < 1e-7


def test_definitions_of_one_side():
    λ = np.array([8.0, 4.0, 2.0, 1.0])
    x = np.random.default_rng(7).standard_normal((5000, 4))
    x = np.linalg.qr(x - x.mean(axis=0))[0] * np.sqrt(5000 * λ)
    x = np.concatenate([x, np.full((5000, 1), 3.0)], axis=1)
    side = dimensions(x, x[:, :2], energy=0.9).weak
    assert (side.coordinates, side.rank, side.energy_rank) == (5, 4, 3)
    close(side.participation_ratio, 15**2 / 85)
    close(side.stable_rank, 15 / 8)
    close(side.df1(2.0), np.sum(λ / (λ + 2)))
    close(side.df2(2.0), np.sum((λ / (λ + 2)) ** 2))
    assert side.df1(0.0) == 4


def test_energy_rank_of_all_variance_is_the_rank():
    x = np.random.default_rng(8).standard_normal((100, 6))
    assert dimensions(x, x, energy=1.0).weak.energy_rank == 6


def test_overlap_without_a_row_equals_that_of_the_other_rows():
    rng = np.random.default_rng(9)
    weak, strong = oracles.planted(rng, 60, 5, 7, [0.9, 0.4])
    weak[:, 4] = 0
    weak[11, 4] = 1.0  # a coordinate that lives in one row only
    whole = Moments.from_rows(weak=weak, strong=strong)
    found = plug_in_without(whole, Sample(weak, strong), whitened_cross(whole))
    assert np.flatnonzero(np.isnan(found)).tolist() == [11]
    for i in (0, 30, 59):
        keep = np.arange(60) != i
        rest = dimensions(weak[keep], strong[keep], interval=False).correlation
        close(found[i], rest.plug_in, 1e-10)


def test_a_sample_of_the_rows_is_enough_for_the_interval(monkeypatch):
    rng = np.random.default_rng(13)
    rows = oracles.planted(rng, 3000, 6, 9, [0.9, 0.4])
    low, high = dimensions(*rows).correlation.interval
    monkeypatch.setattr("w2slens.measure.overlap.SAMPLE", 1000)
    found = dimensions(*rows).correlation.interval
    close(found[1] - found[0], high - low, 0.08)  # two standard errors of a variance of 1000


def test_too_few_rows_give_no_estimate():
    rng = np.random.default_rng(10)
    with pytest.warns(UserWarning, match="too few to debias"):
        found = dimensions(*oracles.planted(rng, 40, 20, 30, []))
    assert np.isnan(found.d_sw)
    assert np.isnan(found.correlation.interval).all()
    assert np.isnan(debias(3.0, 5, 5, 11))
    assert np.isfinite(debias(3.0, 5, 5, 12))


def test_measuring_needs_moments_and_a_sample():
    rng = np.random.default_rng(11)
    weak, strong = oracles.planted(rng, 300, 4, 5, [0.5])
    whole, direct = Moments.from_rows(weak=weak, strong=strong), dimensions(weak, strong)
    found = measure(whole, Sample(weak, strong))
    close(found.correlation.interval, direct.correlation.interval, 1e-10)
    assert np.isnan(measure(whole).correlation.interval).all()


@pytest.mark.parametrize("match", ["project", "pad"])
def test_coordinate_overlap_is_at_chance_even_for_equal_subspaces(match):
    rng = np.random.default_rng(13)
    x = rng.standard_normal((2000, 40)) * np.geomspace(1, 0.05, 40)
    ratios = []
    for _ in range(20):
        strong = x @ np.linalg.qr(rng.standard_normal((60, 60)))[0][:40]
        with pytest.warns(UserWarning, match="at chance"):
            overlap, chance = coordinate_overlap(x, strong, match=match)
        ratios.append(overlap / chance)
    agrees(ratios, 1.0)


def test_coordinate_overlap_in_one_space_is_the_rank():
    x = np.random.default_rng(14).standard_normal((500, 6))
    with pytest.warns(UserWarning, match="at chance"):
        overlap, _ = coordinate_overlap(x, x, energy=1.0)
    close(overlap, 6.0, 1e-9)


@pytest.mark.parametrize(
    ("weak", "strong", "message"),
    [
        (np.ones((5, 2)), np.eye(5), "weak: is constant"),
        (np.zeros((5, 0)), np.eye(5), "weak: is empty"),
        (np.arange(5.0), np.eye(5), r"weak: has 1 dimension .*reshape"),
        (np.eye(5), np.eye(4), "strong: the numbers of rows differ .weak 5, strong 4"),
        (np.eye(5), np.eye(5) * 1j, "strong: holds numbers that are not real"),
        (np.eye(5), np.full((5, 2), "a"), "strong: holds text"),
        (
            np.where(np.eye(5) > 0, np.inf, 1.0),
            np.eye(5),
            "weak: holds 5 values .* row 0, column 0",
        ),
    ],
)
def test_bad_features_are_refused(weak, strong, message):
    with pytest.raises(InputError, match=message):
        dimensions(weak, strong)


def test_streams_of_blocks_are_measured_as_arrays_are():
    rng = np.random.default_rng(0)
    weak, strong = rng.standard_normal((9000, 5)), rng.standard_normal((9000, 7))
    strong[:, :2] = weak[:, :2]
    read = []
    whole = dimensions(weak, strong, progress=lambda *told: read.append(told))
    assert read[-1] == (9000, 9000)
    blocks = [slice(start, start + 700) for start in range(0, 9000, 700)]
    ways = {
        "pairs": ((weak[some], strong[some]) for some in blocks),
        "names": ({"weak": weak[some], "strong": strong[some]} for some in blocks),
    }
    for way in ways.values():
        read.clear()
        found = dimensions(way, progress=lambda *told: read.append(told))
        assert (read[0], read[-1], found.rows) == ((700, 0), (9000, 0), 9000)
        assert found.d_sw == pytest.approx(whole.d_sw, rel=1e-10)
        assert found.correlation.interval == pytest.approx(whole.correlation.interval, rel=0.02)


def test_blocks_without_rows_are_passed_over():
    rows = np.random.default_rng(0).standard_normal((200, 5))
    blocks = [(rows[i : i + 50, :3], rows[i : i + 50, 2:]) for i in range(0, 250, 50)]
    assert len(blocks[-1][0]) == 0
    assert dimensions(iter(blocks)).to_dict() == dimensions(iter(blocks[:-1])).to_dict()


def test_a_loader_of_torch_is_a_stream():
    torch = pytest.importorskip("torch")
    weak = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    data = torch.utils.data.TensorDataset(weak, weak[:, :2].bfloat16())
    found = dimensions(torch.utils.data.DataLoader(data, batch_size=64))
    assert (found.d_w, found.d_s) == (3, 2)
    assert found.d_sw == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (iter([]), "weak: is a stream that holds no rows"),
        (iter([np.ones((5, 2))]), "weak: is a stream of other things"),
        (iter([{"weak": np.ones((5, 2))}]), "weak: is a stream of other things"),
        (
            iter([(np.ones((5, 2)), np.ones((5, 2))), (np.ones((5, 2)), np.ones((4, 2)))]),
            "strong: has 4 rows and weak has 5 in block 1 of the stream",
        ),
        (np.ones((5, 2)), "strong: is missing"),
        ("weak.npy", "strong: is missing"),
    ],
)
def test_what_is_no_stream_is_refused(stream, message):
    with pytest.raises(InputError, match=message):
        dimensions(stream)


def test_the_memory_of_the_interval_does_not_grow_with_its_sample():
    rng, peaks = np.random.default_rng(0), []
    weak, strong = (rng.standard_normal((6 * PANEL_ROWS, 40)) for _ in range(2))
    whole = Moments.from_rows(weak=weak, strong=strong)
    overlap = whitened_cross(whole)
    for panels in (2, 6):
        sample = Sample(weak[: panels * PANEL_ROWS], strong[: panels * PANEL_ROWS])
        tracemalloc.start()
        plug_in_without(whole, sample, overlap)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_dimensions_are_read_back_whole_and_checked():
    rng = np.random.default_rng(0)
    found = dimensions(rng.standard_normal((60, 3)), rng.standard_normal((60, 4)))
    for rows in (0, 1, 60):
        saved = replace(found, rows=rows).to_dict()
        assert Dimensions.from_dict(json.loads(json.dumps(saved))).to_dict() == saved
    for spectrum in ([], [1.0, 0.0]):
        saved = found.to_dict()
        saved["weak"]["spectrum"] = spectrum
        with pytest.raises(InputError, match="no positive eigenvalues"):
            Dimensions.from_dict(saved)
    old = found.to_dict()  # as written before constant columns were counted
    del old["weak"]["constant"]
    assert Dimensions.from_dict(old).weak.constant == 0
    saved = found.to_dict()
    saved["correlation"]["canonical"] = [0.5, 0.5, 0.5]
    assert Dimensions.from_dict(saved).correlation.canonical.tolist() == [0.5, 0.5, 0.5]
    for value, refused in ((1.0, False), (1.0 + 1e-9, True), (-1e-9, True), (0.0, False)):
        saved = found.to_dict()
        saved["correlation"]["canonical"] = [value, 0.5, 0.25]
        if refused:
            with pytest.raises(InputError, match=r"outside \[0, 1\]"):
                Dimensions.from_dict(saved)
        else:
            assert Dimensions.from_dict(saved).correlation.canonical[0] == value


@pytest.mark.parametrize("rows", [40, 100, 1000])
def test_correlations_are_shrunk_to_what_lets_the_sample_be_expected(rows):
    """A population of few correlations (Bao et al., 2019): s = r·(1−a+a/r)·(1−b+b/r)."""
    d_w, d_s, true = 3, 5, np.array([0.9, 0.6, 0.5])
    a, b = d_w / rows, d_s / rows
    sample = true * (1 - a + a / true) * (1 - b + b / true)
    found = debiased_correlations(np.sqrt(sample), d_w, d_s, rows) ** 2
    close(found.sum(), debias(float(sample.sum()), d_w, d_s, rows), 1e-9)
    assert 0 < found.sum() - true.sum() < 1  # so that each gets its share of what is over
    share = (found - true) / (sample - true)
    close(share, np.full(3, share[0]), 1e-9)


def test_the_sample_of_a_stream_is_a_reservoir():
    """Row k takes the place of a kept one by lot: Algorithm R, row by row."""
    rows, rng = 3 * SAMPLE, np.random.default_rng(0)
    kept = list(range(SAMPLE))
    for k in range(SAMPLE, rows):
        if (lot := rng.integers(0, k + 1)) < SAMPLE:
            kept[lot] = k
    index = np.arange(float(rows))[:, None]
    blocks = ((index[i : i + 700], 2 * index[i : i + 700]) for i in range(0, rows, 700))
    _, sample = of_stream(blocks, interval=True, read=lambda rows: None)
    assert (sample.weak[:, 0] == kept).all()
    assert (sample.strong == 2 * sample.weak).all()


def test_tables_say_over_which_rows():
    rng = np.random.default_rng(0)
    found = dimensions(rng.standard_normal((1200, 3)), rng.standard_normal((1200, 4)))
    assert found.tables()[0].title == "Intrinsic dimensions over 1,200 rows"
    assert "\n weak    " in found.tables()[0].text()
    assert replace(found, rows=0).tables()[0].title == "Intrinsic dimensions of the population"


def test_warnings_name_the_line_that_asked():
    rng = np.random.default_rng(0)
    few = rng.standard_normal((9, 5)), rng.standard_normal((9, 6))
    flat = Risks((1,), (1,), *np.ones((4, 1, 1)))
    for ask in (lambda: dimensions(*few), lambda: coordinate_overlap(*few), lambda: flat.pgr):
        with pytest.warns(UserWarning, match="too few|no relation|undefined") as caught:
            ask()
        assert (caught[0].filename, caught[0].lineno) == (__file__, ask.__code__.co_firstlineno)


def test_chance_correlations_vary_as_their_formula_says():
    """Of independent sides all variance of the estimate is the degenerate one."""
    d_w, d_s, rows, draws = 6, 8, 400, 1500
    rng = np.random.default_rng(3)
    K = [
        np.linalg.qr(rng.standard_normal((rows, d_w)))[0].T
        @ np.linalg.qr(rng.standard_normal((rows, d_s)))[0]
        for _ in range(draws)
    ]
    found = debias(np.sum(np.square(K), axis=(1, 2)), d_w, d_s, rows + 1)
    spread = found.var(ddof=1)
    formula = _degenerate_variance(np.zeros(d_w), d_w, d_s, rows)
    assert abs(spread - formula) < 4 * spread * (3 / draws) ** 0.5  # its own variance: heavy tails


def test_a_population_has_no_chance_level():
    found = Correlation.exact(np.array([1.0 + 1e-15, 0.5]))
    assert (found.plug_in, found.debiased, found.unclipped) == (1.25, 1.25, 1.25)
    assert (found.chance, found.interval) == (0.0, (1.25, 1.25))
    assert found.canonical.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("match", ["pad", "project"])
@pytest.mark.filterwarnings("ignore:coordinate_overlap compares")
def test_the_published_overlap_is_of_centred_rows(match):
    rng = np.random.default_rng(0)
    weak, strong = rng.standard_normal((300, 6)), rng.standard_normal((300, 9))
    found = coordinate_overlap(weak, strong, match=match)
    close(coordinate_overlap(weak + 100, strong - 50, match=match), found, 1e-9)


def test_correlations_above_the_bulk_of_chance_are_known_from_there_on():
    """A square r shows itself above √(ab/((1−a)(1−b))), where its sample leaves the bulk."""
    d_w, d_s, rows = 3, 5, 100
    a, b = d_w / rows, d_s / rows
    least = (a * b / ((1 - a) * (1 - b))) ** 0.5
    for r, short in ((1.15 * least, 0.0), (least, 1e-4)):
        true = np.array([0.9, 0.6, r])
        sample = true * (1 - a + a / true) * (1 - b + b / true) - [0, 0, short]
        found = debiased_correlations(np.sqrt(sample), d_w, d_s, rows) ** 2
        alone = true * [1, 1, not short]
        share = (found - alone) / (sample - alone)
        close(share, np.full(3, share[0]), 1e-6)


def test_one_row_tells_no_interval():
    rng = np.random.default_rng(0)
    weak, strong = rng.standard_normal((60, 3)), rng.standard_normal((60, 4))
    found = measure(Moments.from_rows(weak=weak, strong=strong), Sample(weak[:1], strong[:1]))
    assert np.isnan(found.correlation.interval).all()
    assert np.isfinite(found.d_sw)


def test_energy_is_99_percent_unless_told():
    assert SideDimensions(2, np.array([99.5, 0.5])).energy_rank == 1
    assert SideDimensions(2, np.array([98.5, 1.5])).energy_rank == 2


@pytest.mark.parametrize(("d_w", "d_s"), [(3, 5), (4, 2), (3, 3)])
def test_the_variance_of_chance_is_a_sum_over_pairs_of_directions(d_w, d_s):
    """Directions without a partner correlate with nothing."""
    canonical = np.linspace(0.9, 0.2, min(d_w, d_s))
    strong, weak = (np.r_[canonical, np.zeros(d - len(canonical))] for d in (d_s, d_w))
    free = 50 - 1 - d_s - d_w + np.sum(canonical**2)
    pairs = sum((1 - a**2) ** 2 * (1 - b**2) ** 2 for a in strong for b in weak)
    close(_degenerate_variance(canonical, d_w, d_s, 50), 2 * pairs / free**2, 1e-12)


@pytest.mark.parametrize("match", ["pad", "project"])
@pytest.mark.filterwarnings("ignore:coordinate_overlap compares")
def test_the_published_overlap_equals_its_formula(match):
    rng = np.random.default_rng(0)
    weak = rng.standard_normal((300, 6)) * np.geomspace(9, 0.1, 6)
    strong = rng.standard_normal((300, 9)) * np.geomspace(5, 0.2, 9)
    draws, sides, D = np.random.default_rng(4), [], 6 if match == "project" else 9
    for side in (weak, strong):
        if side.shape[1] > D:
            side = side @ draws.standard_normal((side.shape[1], D)) / D**0.5
        side = np.hstack([side, np.zeros((300, D - side.shape[1]))])
        _, s, Vt = np.linalg.svd(side - side.mean(axis=0))
        held = np.cumsum(s**2) / np.sum(s**2)
        sides.append(Vt[: np.searchsorted(held, 0.9) + 1])
    overlap, chance = coordinate_overlap(weak, strong, match=match, energy=0.9, seed=4)
    close(overlap, np.sum((sides[0] @ sides[1].T) ** 2), 1e-9)
    close(chance, len(sides[0]) * len(sides[1]) / D, 1e-12)


def test_a_notebook_shows_an_interval_where_there_is_one():
    rng = np.random.default_rng(0)
    weak, strong = rng.standard_normal((60, 3)), rng.standard_normal((60, 4))
    low, high = map(number, dimensions(weak, strong).correlation.interval)
    assert f"90% interval {low} to {high}</caption>" in dimensions(weak, strong)._repr_html_()
    assert "interval nan" not in dimensions(weak, strong, interval=False)._repr_html_()


def test_the_interval_is_a_jackknife_less_what_it_counts_twice():
    """Every row left out by itself, from the rows."""
    rng = np.random.default_rng(2)
    weak, strong = oracles.planted(rng, 40, 3, 4, [0.8])
    rest = [dimensions(*(np.delete(x, i, axis=0) for x in (weak, strong))) for i in range(40)]
    spread = 39 * np.var([one.correlation.unclipped for one in rest], ddof=1)
    found = dimensions(weak, strong).correlation
    spread -= min(_degenerate_variance(found.canonical, 3, 4, 40), spread / 2)
    low, high = found.unclipped + 1.6448536269514722 * spread**0.5 * np.array([-1, 1])
    close(found.interval, [max(low, 0.0), min(high, 3.0)], 1e-6)  # products are float32
