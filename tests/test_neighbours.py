"""Neighbours of rows as another teacher: coordinates, their evidence, and the student of them."""

import numpy as np
import pytest
from scipy import linalg

from tests.laws import close
from w2slens import InputError, Settings, load_student, train, transfer
from w2slens.models import neighbours
from w2slens.models.kernels import NOISES
from w2slens.models.labeled import LabeledBlock
from w2slens.models.neighbours import MOST_ROWS, neighbour_coordinates
from w2slens.models.prior import CANDIDATES
from w2slens.models.students import STUDENTS, Pool
from w2slens.models.students.neighbours import acquainted
from w2slens.moments import Moments
from w2slens.views import digits

WEAK, STRONG, WRITTEN = (np.asarray(each, dtype=float) for each in digits())


def dealt(rows, seed=0):
    """Some digits, which cluster by their classes."""
    some = np.random.default_rng(seed).permutation(len(WRITTEN))[:rows]
    return WEAK[some], STRONG[some], WRITTEN[some].astype(int)


def planted(rows, n, seed=0):
    """Gaussian rows, which do not cluster."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((rows, 5))
    weak = np.hstack([shared, rng.standard_normal((rows, 8))])
    strong = np.hstack([shared, rng.standard_normal((rows, 12))])
    return weak, strong, shared[:n].sum(axis=1) + rng.standard_normal(n)


def seen(rows):
    """What a fit sees of coordinates: inner products of centred rows."""
    centred = rows - rows.mean(axis=0)
    return centred @ centred.T


def test_rows_of_one_cluster_share_their_coordinates():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 6)) + 9 * np.repeat(np.eye(3, 6), 100, axis=0)
    found = seen(neighbour_coordinates(rows)).reshape(3, 100, 3, 100).mean(axis=(1, 3))
    close(found / found[0, 0], 1.5 * np.eye(3) - 0.5, 0.05)  # corners of a triangle


def test_coordinates_move_with_the_rows_and_heed_no_unit():
    rows = dealt(450)[1]
    order = np.random.default_rng(1).permutation(len(rows))
    found = seen(neighbour_coordinates(rows))
    scaled = rows[order] * np.geomspace(1, 1000, rows.shape[1]) + 3
    close(seen(neighbour_coordinates(scaled)), found[np.ix_(order, order)], 1e-4)


def test_some_eigenpairs_are_those_of_all(monkeypatch):
    rows = dealt(450)[1]
    few = seen(neighbour_coordinates(rows))
    monkeypatch.setattr(neighbours, "DENSE", 1000)
    close(few, seen(neighbour_coordinates(rows)), 1e-6)


@pytest.mark.parametrize("rows", [12, 45, 500])
def test_few_wide_or_equal_rows_have_coordinates_too(rows):
    rng = np.random.default_rng(0)
    for features in (rng.standard_normal((rows, 200)), rng.integers(2, size=(rows, 3)) * 1.0):
        found = neighbour_coordinates(features.astype(np.float32))
        assert len(found) == rows
        assert np.isfinite(found).all()


def test_the_evidence_is_that_of_the_labels_under_the_prior():
    weak, strong, y = planted(300, 14)
    Y = np.stack([y, y**2], axis=1)
    pool = Pool(Moments.from_rows(weak=weak[14:], strong=strong[14:]))
    posterior = pool.posterior(LabeledBlock.from_rows(weak[:14], strong[:14], Y))
    prior = posterior.prior
    Q = linalg.null_space(np.ones((1, 14)))  # without the mean
    R = Q.T @ np.hstack([weak[:14], strong[:14]]) @ prior.axes
    logs = []
    for shape, division in CANDIDATES:
        K = R @ prior.covariance(shape, division, np.eye(R.shape[1])) @ R.T
        for g in NOISES:
            C = K + g * np.eye(13)
            left = np.trace(Y.T @ Q @ np.linalg.solve(C, Q.T @ Y))
            logs.append(-np.linalg.slogdet(C)[1] - 13 * np.log(left))  # two outputs, halved
    close(posterior.evidence, np.logaddexp.reduce(logs), 1e-3)  # the unlikely are left out


def test_leave_one_out_equals_refits():
    """With the graph, which needs no label, held fixed, as are the hyperparameters."""
    weak, strong, y = dealt(400)
    n, Y = 60, np.eye(10)[y]
    rows = weak[n:], strong[n:]
    pool = Pool(Moments.from_rows(weak=rows[0], strong=rows[1]), rows=lambda: rows)
    block = LabeledBlock.from_rows(weak[:n], strong[:n], Y[:n])
    known = acquainted(pool, block)
    found = STUDENTS["neighbours"].learn(pool, block, 0.1, 0.05)
    beside = np.hstack([weak, known.coordinates])
    posterior = known.pool.posterior(known.block)
    Z, axes = np.hstack([beside, strong]), posterior.prior.axes
    for i in (0, 7, n - 1):
        k = np.arange(n) != i
        mean, centre, coef = Z[:n][k].mean(axis=0), Y[:n][k].mean(axis=0), 0.0
        R = (Z[:n][k] - mean) @ axes
        for shape, division, noise, weight in posterior.combinations:
            P = posterior.prior.covariance(shape, division, np.eye(R.shape[1]))
            dual = np.linalg.solve(R @ P @ R.T + noise * np.eye(len(R)), Y[:n][k] - centre)
            coef = coef + weight * axes @ P @ R.T @ dual
        scores = centre + (Z[n:] - mean) @ coef
        S = strong[n:] - strong[n:].mean(axis=0)
        fit = np.linalg.solve(S.T @ S + len(S) * 0.05 * np.eye(S.shape[1]), S.T @ scores)
        expected = scores.mean(axis=0) + (strong[i] - strong[n:].mean(axis=0)) @ fit
        close(found.held_out[i], expected, 1e-9)


def test_where_classes_cluster_the_student_of_neighbours_is_taken_and_errs_less(tmp_path):
    weak, strong, y = dealt(1500)
    best, plain = (
        train(weak[:900], strong[:900], y[:60], task="classification", student=student)
        for student in ("auto", "posterior")
    )
    assert best.name == "neighbours"
    truth = np.eye(10)[y[900:]]
    errors = [
        np.mean(np.sum((student.predict(strong[900:]) - truth) ** 2, axis=1))
        for student in (best, plain)
    ]
    assert errors[0] < 0.9 * errors[1]
    assert best.interval[0] < errors[0] < best.interval[1]
    best.save(tmp_path / "model")
    close(load_student(tmp_path / "model").predict(strong[900:]), best.predict(strong[900:]), 0)
    told = train(weak[:900], strong[:900], y[:60], task="classification", buy=5)
    assert all(60 <= row < 900 for row in told.buy)


def test_where_they_do_not_nothing_changes():
    weak, strong, y = planted(700, 60)
    best, plain, asked = (
        train(weak, strong, y, student=student) for student in ("auto", "posterior", "neighbours")
    )
    assert best.name == "posterior"
    close(best.predict(strong), plain.predict(strong), 0)
    close(asked.predict(strong), plain.predict(strong), 0)


def test_runs_have_it_beside_the_others():
    settings = {"n": 60, "N": 500, "trials": 3, "task": "classification"}
    found = transfer(*dealt(900), students=["neighbours", "posterior"], **settings)
    assert (
        found.table["neighbours"] < found.table[["w2s", "strong", "posterior"]].min(axis=1)
    ).all()


def test_large_pools_are_left_to_the_posterior_student():
    with pytest.raises(InputError, match="'neighbours', which looks at 10,000 labels and pseudo-"):
        Settings(n=10, N=MOST_ROWS, test=5, students="neighbours").check_rows(10**6)
    weak, strong, y = planted(MOST_ROWS + 1, 40)
    with pytest.raises(InputError, match="student: is 'neighbours'; it looks at 10,000 rows"):
        train(weak, strong, y, student="neighbours")
    found = train(weak, strong, y)
    assert found.name == "posterior"
    assert "neighbours" not in found.students


def test_few_rows_are_all_neighbours():
    rows = dealt(7)[1]
    found = neighbour_coordinates(rows)
    assert found.shape == (7, 6)
    assert np.isfinite(found).all()
