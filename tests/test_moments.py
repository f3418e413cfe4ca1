import pickle
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from tests.laws import close
from w2slens import InputError, Moments
from w2slens.moments import reduce
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator
from w2slens.moments.components import Axes
from w2slens.moments.grouped import GroupedMoments
from w2slens.moments.solve import cholesky_solver, doubtful, psd_solver
from w2slens.moments.spectrum import EPS64, entry_rounding, singular, singular_dual
from w2slens.moments.stream import beside, total


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    weak, strong = rng.standard_normal((700, 4)) + 3.0, rng.standard_normal((700, 3))
    return {"weak": weak, "strong": strong, "label": weak[:, :1] - strong[:, :1]}


def part(rows, index):
    return Moments.from_rows(**{name: block[index] for name, block in rows.items()})


def same(left, right, relative=1e-12):
    assert left.count == right.count
    assert left.blocks == right.blocks
    close(left.mean, right.mean, relative)
    close(left.scatter, right.scatter, relative)


def test_equals_numpy(rows):
    z = np.concatenate(list(rows.values()), axis=1)
    found = Moments.from_rows(**rows)
    close(found.mean, z.mean(axis=0), 1e-14)
    close(found.scatter / len(z), np.cov(z.T, bias=True), 1e-13)


def test_merging_is_commutative_associative_and_has_a_zero(rows):
    a, b, c = (part(rows, slice(i, None, 3)) for i in range(3))
    whole = Moments.from_rows(**rows)
    same(a + b + c, whole)
    same(a + (b + c), (a + b) + c)
    same(a + b, b + a)
    zero = Moments.zero(whole.blocks)
    same(whole + zero, whole)
    same(zero + whole, whole)
    same(zero + zero, zero)


def test_removing_undoes_merging(rows):
    a, b = part(rows, slice(0, 500)), part(rows, slice(500, None))
    same((a + b) - b, a)
    same((a + b) - (a + b), Moments.zero(a.blocks))
    with pytest.raises(InputError, match="cannot remove"):
        _ = b - a


def test_push_is_what_a_linear_map_of_the_rows_gives(rows):
    rng = np.random.default_rng(1)
    T, S = rng.standard_normal((2, 4)), rng.standard_normal((5, 3))
    mapped = {**rows, "weak": rows["weak"] @ T.T, "strong": rows["strong"] @ S.T}
    pushed = Moments.from_rows(**rows).push({"weak": T, "strong": S})
    same(pushed, Moments.from_rows(**mapped))
    a, b = part(rows, slice(0, 200)), part(rows, slice(200, None))
    same(a.push({"weak": T}) + b.push({"weak": T}), (a + b).push({"weak": T}))
    with pytest.raises(InputError, match="blocks are"):
        a.push({"weak": S})


def test_a_changed_copy_makes_its_own_spectra_and_solvers(rows):
    moments = Moments.from_rows(**rows)
    right = moments.cross("weak", "label")
    old = moments.spectrum("weak").values, moments.solver("weak", 0.1)(right)
    changed = replace(moments, scatter=2 * moments.scatter, count=2 * moments.count)
    close(changed.spectrum("weak").values, 2 * old[0], 1e-12)
    close(changed.solver("weak", 0.1)(right), old[1] / 2, 1e-12)
    renamed = replace(moments, blocks=(("a", 4), ("b", 3), ("c", 1)))
    assert list(renamed.slices) == ["a", "b", "c"]


def test_select_reorders_blocks(rows):
    found = Moments.from_rows(**rows).select("label", "weak")
    same(found, Moments.from_rows(label=rows["label"], weak=rows["weak"]))


@pytest.mark.parametrize("size", [1, 7, 256, 700])
@pytest.mark.parametrize("threads", [1, 3])
def test_streaming_equals_batch(rows, size, threads):
    chunks = (
        {name: block[start : start + size] for name, block in rows.items()}
        for start in range(0, 700, size)
    )
    same(reduce(chunks, threads=threads), Moments.from_rows(**rows))


def test_panels_join_seamlessly():
    z = np.random.default_rng(2).standard_normal((2 * PANEL_ROWS + 5, 3))
    close(Moments.from_rows(z=z).scatter / len(z), np.cov(z.T, bias=True), 1e-12)


def test_a_large_mean_does_not_spoil_the_covariance():
    z = np.random.default_rng(3).standard_normal((5000, 4)) + 1e4
    exact = np.cov((z - 1e4).T, bias=True)
    found = total([Moments.from_rows(z=z[i::7]) for i in range(7)])
    assert np.abs(found.covariance("z") - exact).max() < 1e-11


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, bool])
def test_any_real_type_is_summed_in_float64(dtype):
    z = (np.random.default_rng(4).standard_normal((300, 5)) * 4).astype(dtype)
    found = Moments.from_rows(z=z)
    close(found.covariance("z"), np.cov(z.astype(float).T, bias=True), 1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shift", [0.0, 30.0])
def test_rank_is_right_for_every_type(dtype, shift):
    rng = np.random.default_rng(5)
    z = (rng.standard_normal((2000, 20)) @ rng.standard_normal((20, 60)) + shift).astype(dtype)
    assert Moments.from_rows(z=z).spectrum("z").rank == 20


def test_a_huge_constant_column_adds_no_rank():
    z = np.random.default_rng(6).standard_normal((500, 4))
    z[:, 2] = 1.1e10
    assert Moments.from_rows(z=z).spectrum("z").rank == 3


@pytest.mark.parametrize("kind", ["spread", "mean"])
def test_one_large_column_hides_no_other(kind):
    z = np.random.default_rng(7).standard_normal((2000, 40))
    z[:, 0] = z[:, 0] * 800 if kind == "spread" else z[:, 0] + 800
    assert Moments.from_rows(z=z.astype(np.float16)).spectrum("z").rank == 40


@pytest.mark.parametrize("count", [50, 700])
def test_nan_is_refused_with_its_place(rows, count):
    rows["strong"][11, 2] = np.nan
    with pytest.raises(InputError, match=r"strong: holds 1 value .* row 11, column 2"):
        Moments.from_rows(**{name: some[:count] for name, some in rows.items()})


def test_blocks_must_agree(rows):
    with pytest.raises(InputError, match="blocks differ"):
        _ = Moments.from_rows(**rows) + Moments.from_rows(weak=rows["weak"])
    for width in (2, 4):
        running = Accumulator()
        running.add({"strong": rows["strong"]})
        with pytest.raises(InputError, match="the first chunk had"):
            running.add({"strong": np.ones((5, width))})


def test_saved_moments_come_back_whole(rows, tmp_path):
    found = Moments.from_rows(**{k: v.astype(np.float32) for k, v in rows.items()})
    found.save(tmp_path / "m.npz")
    again = Moments.load(tmp_path / "m.npz")
    same(found, again, 0)
    assert again.precision == found.precision
    with pytest.raises(InputError, match="exists"):
        found.save(tmp_path / "m.npz")
    found.save(tmp_path / "m.npz", overwrite=True)
    assert [f.name for f in tmp_path.iterdir()] == ["m.npz"]


def test_foreign_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Moments.load(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="not a file that w2slens wrote"):
        Moments.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"weak": np.eye(4), "strong": np.ones((1, 2))}, "strong: the numbers of rows differ"),
        ({"weak": np.eye(4) * 1j}, "weak: holds numbers that are not real"),
        ({"weak": np.full((4, 2), "1")}, "weak: holds text"),
        ({"weak": np.arange(4.0)}, "weak: has 1 dimension"),
        ({"weak": np.eye(4) * 1e200}, "weak: holds numbers so large"),
        ({"weak": np.ma.masked_equal(np.eye(4), 0)}, "weak: is a masked array"),
    ],
)
def test_bad_rows_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        Moments.from_rows(**rows)


def test_sum_starts_from_zero(rows):
    same(sum(part(rows, slice(i, None, 3)) for i in range(3)), Moments.from_rows(**rows))


def test_reduce_needs_rows_and_says_where_a_nan_is(rows):
    with pytest.raises(InputError, match="hold no rows"):
        reduce([])
    with pytest.raises(InputError, match="threads: is 0"):
        reduce([rows], threads=0)
    bad = {name: block.copy() for name, block in rows.items()}
    bad["weak"][[3, 9], 1] = np.nan
    with pytest.raises(InputError, match=r"weak: holds 2 values .* row 703, column 1"):
        reduce([rows, bad])


def test_variation_below_the_rounding_of_a_type_is_not_called_constant():
    z = (np.random.default_rng(0).standard_normal((100, 2)) + 3e7).astype(np.float32)
    with pytest.raises(InputError, match="rounding of its values"):
        Moments.from_rows(weak=z).require_variation("weak")


def test_a_block_beside_a_known_one_is_that_of_both_together():
    rng = np.random.default_rng(0)
    weak = (rng.standard_normal((1500, 4)) + 3).astype(np.float32)
    strong = rng.standard_normal((1500, 7)) @ rng.standard_normal((7, 7)) - 1
    known = Moments.from_rows(other=weak[:, :2], strong=strong)
    parts = (slice(0, 700), slice(700, 701), slice(701, None))
    chunks = ({"weak": weak[some], "strong": strong[some]} for some in parts)
    found = beside(known.select("strong"), "weak", chunks)
    same(found, Moments.from_rows(weak=weak, strong=strong))


def test_groups_of_rows_share_the_panel_that_they_work_in():
    rng, peaks = np.random.default_rng(0), []
    rows, codes = {"z": rng.standard_normal((600, 50))}, rng.integers(0, 40, 600)
    for groups in (2, 40):
        tracemalloc.start()
        GroupedMoments(groups).add(rows, codes % groups)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 38 * (2 * 50 * 50 + 50 * 20) * 8  # their sums, not panels


def test_axes_hold_the_share_of_other_rows_that_scores_do():
    rng = np.random.default_rng(6)
    z = rng.standard_normal((200, 5)) * np.geomspace(1, 0.1, 5)
    axes = Axes.of(Moments.from_rows(z=z), "z", 2, "components")
    other = rng.standard_normal((90, 5)) + np.arange(5)
    held = np.sum(axes.scores(other) ** 2) / np.sum((other - z.mean(axis=0)) ** 2)
    close(axes.share(Moments.from_rows(z=other), "z"), held, 1e-12)


def test_the_largest_entry_of_an_eigenvector_is_positive():
    for rows in (30, 4):  # of full rank, and not
        V = (
            Moments.from_rows(z=np.random.default_rng(rows).standard_normal((rows, 6)))
            .spectrum("z")
            .all_vectors
        )
        assert (V[np.argmax(np.abs(V), axis=0), range(6)] > 0).all()


def test_groups_travel_and_their_sums_merge():
    rng = np.random.default_rng(7)
    z, codes = rng.standard_normal((300, 4)) + 5, rng.integers(0, 3, 300)
    halves = [GroupedMoments(5), GroupedMoments(5)]
    for half, some in zip(halves, (slice(0, 100), slice(100, None)), strict=True):
        half.add({"z": z[some]}, codes[some])
    travelled = pickle.loads(pickle.dumps(halves[0]))
    travelled.merge(halves[1].arrays())
    travelled.merge(GroupedMoments(5).arrays())  # of no rows
    alone = GroupedMoments(5)
    alone.add({"z": z}, np.full(300, 3))
    travelled.merge(alone.arrays())
    same(travelled.union([3]), Moments.from_rows(z=z))
    for groups in ([0], [1, 2], [0, 1, 2, 4]):
        whole = Moments.from_rows(z=z[np.isin(codes, groups)])
        same(travelled.union(groups), whole, 1e-11)


def test_arrays_that_are_no_moments_are_refused():
    arrays = Moments.from_rows(z=np.eye(3)).arrays()
    wrong = {
        "mean": (np.zeros(2), np.zeros(4), np.zeros((3, 1))),
        "scatter": (np.zeros((2, 2)), np.zeros((4, 4)), np.zeros((3, 4)), np.zeros(9)),
        "count": (np.array(-1),),
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match="blocks of 3 coordinates"):
                Moments.of_arrays({**arrays, name: value})


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_entry_is_off_by_its_rounding_at_most_and_about_so_much(dtype):
    x = np.random.default_rng(8).uniform(1, 2, 10_000)
    error = np.max(np.abs(x.astype(dtype).astype(float) - x) / x)
    assert 0.9 < error / entry_rounding(float(np.finfo(dtype).eps)) <= 1


def test_chunks_are_summed_side_by_side():
    """Each chunk waits until another is being read."""
    together, rows = threading.Barrier(2, timeout=20), np.arange(6.0)[:, None]

    class Chunk:
        def __array__(self, dtype=None, copy=None):
            together.wait()
            return rows

    found = reduce(({"z": Chunk()} for _ in range(6)), threads=2)
    same(found, Moments.from_rows(z=np.tile(rows, (6, 1))))


@pytest.mark.parametrize("size", [1e-9, 1e9])
def test_what_is_doubtful_moves_with_the_unit(size):
    gram, raw = np.diag([2.0, 1.0]), np.array([3.0, 9.0])
    for precision in (EPS64, 1e-3):
        expected = size * doubtful(gram, raw, precision)
        close(doubtful(size * gram, size * raw, precision), expected, 1e-12)


@pytest.mark.filterwarnings("error")
def test_a_small_ridge_of_full_rank_is_no_cause_for_a_warning():
    gram, right = np.diag([1.0, 1e-14]), np.ones((2, 1))
    solver = psd_solver(gram, 1e-17, np.diag(gram))
    assert not solver.definite
    close(solver(right), right / (np.diag(gram) + 1e-17)[:, None], 1e-9)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_cholesky_doubts_the_smallest_eigenvalue_whatever_the_unit(size):
    gram, right = size * np.diag([1.0, 1e-3]), np.ones((2, 1))
    close(cholesky_solver(gram, 0.0, size * 5e-4)(right), right / np.diag(gram)[:, None], 1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        cholesky_solver(gram, 0.0, size * 2e-3)


def test_a_solver_knows_whether_the_rank_is_full():
    for gram, definite in ((np.diag([1.0, 0.5]), True), (np.ones((2, 2)), False)):
        assert psd_solver(gram, 0.0, np.ones(2)).definite is definite


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_wide_rows_are_factored_by_their_gram_where_it_has_the_digits(size):
    rng = np.random.default_rng(0)
    well = rng.standard_normal((5, 8))
    ill = well.copy()
    ill[4] = ill[3] + 1e-6 * ill[4]
    for rows, known in ((well, True), (ill, False)):
        rows = size * (rows - rows.mean(axis=0))
        found = singular_dual(rows, rows @ rows.T, np.sum(rows**2, axis=0), EPS64, 1e-8)
        assert (found is not None) is known
        if found is not None:
            U, s, Vt, rank = found
            assert rank == 4
            close(U * s @ Vt, rows, 1e-9)


def test_a_direction_below_the_rounding_of_a_type_is_kept_for_ridges():
    rows = np.random.default_rng(0).standard_normal((6, 2)) * [1.0, 1e-9]
    rows -= rows.mean(axis=0)
    raw = np.sum(rows**2, axis=0) + np.array([0.0, 6.0])  # small beside the mean that was taken off
    _, s, _, rank = singular(rows, raw, 1e-7)
    assert (len(s), rank) == (2, 1)


def test_a_block_beside_others_of_large_means_keeps_its_digits():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((900, 5))
    rows = {"weak": x[:, :2] + 1e8, "strong": x[:, 1:] - 1e8}
    chunks = [{name: some[i : i + 300] for name, some in rows.items()} for i in (0, 300, 600)]
    found = beside(Moments.from_rows(strong=rows["strong"]), "weak", chunks)
    close(found.cross("weak", "strong"), 900 * np.cov(x.T, bias=True)[:2, 1:], 2e-7)
