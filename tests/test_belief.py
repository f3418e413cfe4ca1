"""What the labels make likely, and what a forecast makes of it: against slow direct answers."""

import numpy as np
import pytest
from scipy import stats

from tests.laws import agrees, close
from w2slens import Moments
from w2slens.forecasting.combine import SCALES, _closed, _departure, _interval, _named, unbiased
from w2slens.forecasting.sample import Losses
from w2slens.models.evidence import Entry, evaluated
from w2slens.models.kernels import NOISES, Factored, Reduced, Rows
from w2slens.models.labeled import LabeledBlock
from w2slens.models.prior import CANDIDATES, DIVISIONS, Division
from w2slens.models.risks import Models
from w2slens.models.students import Pool


def labeled(n, seed=0):
    """A pool, and labels of a function that both sides see a part of."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((500, 12))
    weak, strong = z[:, :7], z[:, 4:]
    y = (z[:, 5] + 0.5 * z[:, 8] + 0.5 * rng.standard_normal(500))[:, None]
    pool = Pool(Moments.from_rows(weak=weak[n:], strong=strong[n:]))
    return pool, LabeledBlock.from_rows(weak[:n], strong[:n], y[:n])


@pytest.mark.parametrize("n", [10, 40], ids=["fewer labels than axes", "more labels"])
def test_evidence_is_the_density_of_a_wide_student_t(n):
    """With the scale of f* unknown, labels are Student's t: of no degrees of freedom."""
    pool, block = labeled(n)
    prior = pool.posterior(block).prior
    rows = prior.along(block.weak.rows, block.strong.rows)
    y = block.targets - block.targets.mean(axis=0)
    entries = [Entry(*each) for each in CANDIDATES[::5]]
    found = [one.kernel.evidence.logs for one in evaluated(Rows.of(rows, y), prior, entries)]
    Q = np.linalg.qr(np.column_stack([np.ones(n), np.eye(n)[:, 1:]]))[0][:, 1:]  # less the mean
    expected = []
    for entry in entries:
        B = prior.covariance(entry.shape, entry.division, np.eye(rows.shape[1]))
        K = Q.T @ rows @ B @ rows.T @ Q
        densities = (stats.multivariate_t(shape=K + g * np.eye(n - 1), df=1e-6) for g in NOISES)
        expected.append([density.logpdf(Q.T @ y[:, 0]) for density in densities])
    found, expected = np.array(found), np.array(expected)
    looked_at = np.isfinite(found)
    difference = (found - expected)[looked_at]
    assert looked_at.sum() > 20
    assert np.ptp(difference) < 1e-4  # all but a constant


def test_shares_of_the_energy_sum_to_one():
    for n in (12, 150):
        pool, block = labeled(n)
        shares = pool.posterior(block).shares
        assert shares["weak"] + shares["strong"] + shares["common"] == pytest.approx(1)
        assert 0 < shares["signal"] < 1
    assert all(sum(division) == pytest.approx(1) for division in DIVISIONS)


def test_departures_are_shrunk_as_the_mixture_of_scales_says():
    """The posterior mean by sums over a grid that holds nearly all of the likelihood."""
    mean, doubt = np.array([0.05, -0.02]), np.array([[4e-4, 1e-4], [1e-4, 9e-4]])
    step = 0.0008  # a sixth of the narrowest scale
    axes = [np.arange(middle - 0.2, middle + 0.2, step) for middle in mean]
    at = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    scales = [stats.multivariate_normal.pdf(at, cov=scale**2 * np.eye(2)) for scale in SCALES]
    weight = sum(scales) * stats.multivariate_normal.pdf(at, mean, doubt)
    found = _departure(mean, doubt, 1.0)
    close(found, np.einsum("xy,xyk->k", weight, at) / weight.sum(), 1e-3)
    assert np.all(np.abs(found) < np.abs(mean))


class Known:
    """Forms of risks of which only the noise is asked for."""

    def __init__(self, weak, w2s, strong, ceiling, whole):
        noises = (weak, w2s, strong, ceiling)
        self.models = Models(*(type("Form", (), {"noise": noise}) for noise in noises))
        self.whole = type("Form", (), {"noise": whole})
        self.leaning = 0.0


def test_labels_that_agree_with_theory_change_nothing():
    """Losses without noise, in the proportions that theory has."""
    weak = np.full(50, 2.0)
    forms = Known(weak=1.25, w2s=1.1, strong=1.2, ceiling=1.05, whole=1.15)
    losses = Losses(weak, weak * 1.15 / 1.25, weak * 1.2 / 1.25)
    found = unbiased(losses, forms)
    close(list(found), [2.0, 2.0 * 1.1 / 1.25, 2.0 * 1.2 / 1.25, 2.0 * 1.05 / 1.25], 1e-9)


def test_many_labels_overrule_theory():
    rng = np.random.default_rng(0)
    weak = rng.chisquare(1, 200_000) + 1
    forms = Known(weak=1.25, w2s=1.1, strong=1.2, ceiling=1.05, whole=1.1)
    losses = Losses(weak, weak * 0.5, weak * 0.7)  # far better than theory has it
    found = unbiased(losses, forms)
    assert found.weak == pytest.approx(weak.mean())
    assert found.w2s == pytest.approx(0.5 * weak.mean(), rel=0.01)
    assert found.ceiling == pytest.approx(0.7 * 1.05 / 1.2 * weak.mean(), rel=0.01)


def test_risks_have_no_negative_end_and_pgr_may():
    draws = np.linspace(0.0, 1.0, 1001)
    low, high = _interval("w2s", 0.2, draws)
    assert low == 0.0
    assert high == pytest.approx(0.2 + 0.45 + 0.02 * 0.2 + 0.5 * 0.3)
    low, high = _interval("pgr", 0.2, draws)
    assert low == pytest.approx(0.2 - 0.45 - 0.02 - 0.5 * 0.3)
    assert high == pytest.approx(0.2 + 0.45 + 0.02 + 0.5 * 0.3)


def test_ratios_are_bounded_where_the_gap_closes():
    risks = Models(*(np.array([value]) for value in (1.0, 0.9, 0.95, 1.0)))
    named = _named(risks)
    assert _closed(risks.weak, risks.ceiling).all()
    assert named["pgr"] == pytest.approx(0.1 / 1e-3)
    assert named["opr"] == pytest.approx(0.95 / 0.9)
    assert not _closed(1.0, 0.5)


@pytest.mark.parametrize(("n", "axes"), [(6, 9), (20, 9), (5, 1), (2, 3)])
def test_kernels_solve_by_either_route_what_plain_algebra_does(n, axes):
    """Of fewer rows than axes and of more, which are rotated."""
    rng = np.random.default_rng(n)
    R, y = rng.standard_normal((n, axes)), rng.standard_normal((n, 2))
    data, g = Rows.of(R, y), float(NOISES[5])
    kernel = data.rows @ data.rows.T
    room = np.empty_like(kernel, order="F")
    _, reduced = Reduced.each(data, [2 * kernel, kernel])
    routes = reduced, Factored(data, kernel, 5, room, 1e-300, -np.inf)
    assert (data.rotation is None, len(data.rows)) == (n <= axes, min(n, axes))
    inverse = np.linalg.inv(R @ R.T + g * np.eye(n))
    seen = np.eye(n) if data.rotation is None else data.rotation @ data.rotation.T
    for route in routes:
        close(route.diagonal(g), np.diag(seen @ inverse @ seen), 1e-9)
        close(data.rotated(route.dual(g)), seen @ inverse @ y, 1e-9)
    some = Factored(data, kernel, 5, room, 0.5, -np.inf).evidence.logs
    seen = np.isfinite(some)
    logs = [route.evidence.logs for route in routes]
    assert 0 < seen.sum() < len(NOISES)
    assert (some[~seen] == -np.inf).all()
    assert seen[np.argmax(logs[0])]
    close(some[seen], logs[0][seen], 1e-9)
    close(logs[0], logs[1], 1e-9)
    for one in routes:
        left = np.array([np.sum(y * np.linalg.solve(R @ R.T + g * np.eye(n), y)) for g in NOISES])
        close(one.evidence.quadratics, left, 1e-9)


def test_parts_of_a_prior_have_trace_one_and_its_kernels_are_those_of_its_covariance():
    pool, _ = labeled(40)
    prior, rng = pool.prior(40), np.random.default_rng(0)
    r = prior.axes.shape[1]
    spread = pool.moments.select("weak", "strong").scatter / pool.moments.count
    close(np.diag(prior.axes.T @ spread @ prior.axes), np.ones(r), 1e-9)
    rows = rng.standard_normal((11, r))
    for shape, division in CANDIDATES[::5]:
        P = prior.covariance(shape, division, np.eye(r))
        close(P, P.T, 1e-12)
        assert np.linalg.eigvalsh(P).min() > -1e-12
        assert np.trace(P) == pytest.approx(1)
        kernels = prior.kernels(rows, shape)
        close(sum(q * K for q, K in zip(division, kernels, strict=True)), rows @ P @ rows.T, 1e-10)
        for part in range(3):
            one = Division(*np.eye(3)[part])
            assert np.trace(prior.covariance(shape, one, np.eye(r))) == pytest.approx(1)
        draws = prior.draw(shape, division, 4000, rng)
        square = np.mean(np.sum(draws**2, axis=0))
        error = np.std(np.sum(draws**2, axis=0)) / 4000**0.5
        assert abs(square - 1) < 4 * error


def test_draws_of_a_posterior_scatter_as_its_covariance_says():
    pool, block = labeled(30)
    posterior = pool.posterior(block)
    drawn = [β for β, _ in posterior.draw(6000, np.random.default_rng(0))]
    β = np.concatenate(drawn)[:, :, 0]
    square = np.sum((β - posterior.coef[:, 0]) ** 2, axis=1)
    agrees(square, float(np.sum(posterior.spread**2)), errors=4)
    along = posterior.spread[:, -1] / np.linalg.norm(posterior.spread[:, -1])
    agrees(
        (β @ along - posterior.coef[:, 0] @ along) ** 2,
        np.sum((along @ posterior.spread) ** 2),
        errors=4,
    )


@pytest.mark.parametrize("n", [6, 12])
def test_the_scale_of_a_posterior_has_the_degrees_of_freedom_of_centred_labels(n):
    """Drawn noises of one guess are over a χ²: mean square over variance tells of how many."""
    pool, block = labeled(n)
    posterior = pool.posterior(block)
    likeliest = max(posterior._guesses, key=lambda one: one.weight)
    _, noise = posterior._drawn(likeliest, 50_000, np.random.default_rng(0))
    spread = np.var(1 / noise, ddof=1) / np.mean(1 / noise) ** 2
    assert 2 / spread == pytest.approx(n - 1, rel=0.04)
