"""What moments and dimensions must do to rows of any kind."""

from functools import reduce as fold
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.drawn import SCALES, SEEDS, cuts, features, orthogonal, parts
from w2slens import Moments, dimensions
from w2slens.moments import reduce

ROUNDING = 1e-13


def alike(found, expected, raw=None):
    """Equal up to rounding, beside the sums of squares that the scatter was taken from."""
    raw = expected.scatter.diagonal() + expected.count * expected.mean**2 if raw is None else raw
    size = np.sqrt(raw) + 1e-300
    assert found.count == expected.count
    assert found.blocks == expected.blocks
    count = max(expected.count, 1)
    assert (np.abs(found.mean - expected.mean) <= ROUNDING * size * count**0.5).all()
    assert (np.abs(found.scatter - expected.scatter) <= ROUNDING * np.outer(size, size)).all()


def of(x):
    none = Moments.zero((("weak", x.shape[1]),))
    return Moments.from_rows(weak=x) if len(x) else none


@given(st.data())
def test_rows_may_be_cut_and_merged_in_any_order(data):
    x = data.draw(features())
    whole, some = of(x), [of(part) for part in parts(x, data.draw(cuts(len(x))))]
    shuffled = data.draw(st.permutations(some))
    for pieces in (some, shuffled):
        alike(fold(lambda a, b: a + b, pieces), whole)
        alike(fold(lambda a, b: b + a, pieces), whole)
    alike(sum(some), whole)
    alike(of(np.random.default_rng(0).permutation(x)), whole)


@given(st.data())
def test_chunks_of_any_size_sum_to_the_rows(data):
    x = data.draw(features())
    chunks = [{"weak": part} for part in parts(x, data.draw(cuts(len(x)))) if len(part)]
    alike(reduce(iter(chunks)), of(x))


@given(st.data())
def test_what_was_merged_can_be_removed(data):
    x = data.draw(features())
    cut = data.draw(st.integers(0, len(x)))
    whole, first, last = of(x), of(x[:cut]), of(x[cut:])
    raw = whole.raw("weak")
    alike(whole - last, first, raw)
    alike(whole - first, last, raw)


@given(st.data())
def test_moving_and_scaling_rows_moves_and_scales_their_moments(data):
    x = data.draw(features())
    p, rng = x.shape[1], np.random.default_rng(data.draw(SEEDS))
    scale = rng.standard_normal(p)
    offset = rng.standard_normal(p) * np.abs(x * scale).max()
    before, after = of(x), of(x * scale + offset)
    assert after.mean == pytest.approx(before.mean * scale + offset, rel=1e-9, abs=0)
    size = np.sqrt(after.raw("weak")) + 1e-300
    expected = before.scatter * np.outer(scale, scale)
    assert (np.abs(after.scatter - expected) <= 10 * ROUNDING * np.outer(size, size)).all()


@given(st.data())
def test_a_linear_map_of_the_rows_is_pushed_through(data):
    x = data.draw(features())
    rng = np.random.default_rng(data.draw(SEEDS))
    T = rng.standard_normal((data.draw(st.integers(1, 6)), x.shape[1]))
    found, expected = of(x).push({"weak": T}), of(x @ T.T)
    raw = np.full(len(T), (np.abs(T) ** 2).sum() * (x**2).sum())
    alike(found, expected, raw)


@given(st.data())
def test_nothing_of_a_spectrum_depends_on_the_axes(data):
    x = data.draw(features())
    Q = orthogonal(np.random.default_rng(data.draw(SEEDS)), x.shape[1])
    before, after = of(x).spectrum("weak"), of(x @ Q).spectrum("weak")
    assert (
        after.rank
        == before.rank
        == np.linalg.matrix_rank(
            x - x.mean(axis=0), tol=None if len(x) == 1 else 1e-10 * np.abs(x).max() * len(x)
        )
    )
    size = (x**2).sum()
    assert np.abs(after.values - before.values).max(initial=0) <= 1e-12 * size


def vary(x):
    return np.ptp(x, axis=0).max() > 1e-9


@st.composite
def pairs(draw):
    """Features of the same rows, which share from none to all of their directions."""
    rows = draw(st.integers(20, 60))
    weak = draw(features(rows=rows, columns=5, scale=1.0))
    own = draw(features(rows=rows, columns=5, scale=1.0))
    shared = draw(st.integers(0, weak.shape[1]))
    rng = np.random.default_rng(draw(SEEDS))
    strong = np.hstack([weak[:, :shared] @ orthogonal(rng, shared), own])
    assume(vary(weak) and vary(strong))
    return draw(SCALES) * weak, draw(SCALES) * strong


def measured(weak, strong):
    return dimensions(weak, strong, interval=False)


@given(pairs())
def test_dimensions_stand_in_their_order(pair):
    weak, strong = pair
    found = dimensions(weak, strong)
    for side in (found.weak, found.strong):
        top = float(side.spectrum[0])
        ladder = (1, side.stable_rank, side.participation_ratio, side.rank, side.coordinates)
        assert all(a <= b * (1 + 1e-12) for a, b in pairwise(ladder))
        assert 1 <= side.energy_rank <= side.rank
        assert side.df2(top) <= side.df1(top) <= side.df1(top / 2) <= side.df1(0.0) == side.rank
        assert side.df1(top) == pytest.approx(
            side.df2(top) + np.sum(top * side.spectrum / (side.spectrum + top) ** 2)
        )
    both, overlap = min(found.d_w, found.d_s), found.correlation
    assert 0 <= found.d_sw <= both
    assert 0 <= overlap.plug_in <= both
    assert overlap.plug_in == pytest.approx(float(np.sum(overlap.canonical**2)), rel=1e-12)
    assert overlap.chance == found.d_w * found.d_s / len(weak)
    low, high = overlap.interval
    assert 0 <= low <= found.d_sw <= high <= both
    assert found.not_copied == pytest.approx(found.d_w - found.d_sw, abs=1e-6)
    assert found.learnable_by_strong_only == pytest.approx(found.d_s - found.d_sw, abs=1e-6)


@given(pairs(), SEEDS)
def test_overlap_has_no_sides_axes_units_or_order(pair, seed):
    weak, strong = pair
    rng, before = np.random.default_rng(seed), measured(*pair)
    Q, P = orthogonal(rng, weak.shape[1]), orthogonal(rng, strong.shape[1])
    order = rng.permutation(len(weak))
    for sides in ((3 * weak @ Q, strong @ P / 7), (weak[order], strong[order]), (strong, weak)):
        after = measured(*sides)
        assert sorted((after.d_w, after.d_s)) == sorted((before.d_w, before.d_s))
        assert after.d_sw == pytest.approx(before.d_sw, abs=1e-7)


@given(features(least=20, most=40, columns=8))
def test_a_map_overlaps_itself_in_every_direction(x):
    assume(vary(x / np.abs(x).max()))
    rng = np.random.default_rng(len(x))
    found = measured(x, x @ rng.standard_normal((x.shape[1], x.shape[1])))
    assert found.d_sw == pytest.approx(found.d_w, abs=1e-9)
    assert found.d_s == found.d_w
    assert found.correlation.canonical == pytest.approx(np.ones(found.d_w), abs=1e-9)


@given(pairs(), st.data())
def test_a_stream_measures_what_arrays_do(pair, data):
    weak, strong = pair
    ends = data.draw(cuts(len(weak)))
    blocks = zip(parts(weak, ends), parts(strong, ends), strict=True)
    found = dimensions((w, s) for w, s in blocks if len(w))
    expected = dimensions(weak, strong)
    assert (found.d_w, found.d_s) == (expected.d_w, expected.d_s)
    assert found.d_sw == pytest.approx(expected.d_sw, abs=1e-7)
    assert found.correlation.interval == pytest.approx(expected.correlation.interval, abs=1e-6)
