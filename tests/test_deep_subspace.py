"""Random subspaces: the Fastfood transform, training in them, and intrinsic dimensions."""

import copy
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import parametrize  # noqa: E402

from w2slens._core.errors import InputError  # noqa: E402
from w2slens.deep import intrinsic  # noqa: E402
from w2slens.deep.fastfood import Fastfood, walsh_hadamard  # noqa: E402
from w2slens.deep.intrinsic import intrinsic_dimension  # noqa: E402
from w2slens.deep.subspace import in_subspace  # noqa: E402
from w2slens.deep.subspace_training import SubspaceTraining, r_squared  # noqa: E402

SIZES = [(1, 50), (2, 51), (7, 1000), (64, 640), (100, 3000), (40, 40), (60, 8)]


def written_out(transform):
    """P as a matrix (D, d)."""
    like = transform.normal.dtype
    columns = [transform(column) for column in torch.eye(transform.dimension, dtype=like)]
    return torch.stack(columns, dim=1)


def fastfood(d, size, seed=0):
    return Fastfood(d, size, seed=seed).double()


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


def rows(n=20, width=6, seed=1):
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("length", [1, 2, 16, 32, 64, 512])
def test_the_walsh_hadamard_transform_is_its_matrix(length):
    matrix = torch.ones(1, 1, dtype=torch.float64)
    while len(matrix) < length:
        matrix = torch.kron(torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64), matrix)
    x = torch.randn(3, length, dtype=torch.float64)
    before = x.clone()
    torch.testing.assert_close(walsh_hadamard(x), x @ matrix)
    torch.testing.assert_close(walsh_hadamard(walsh_hadamard(x)), length * x)
    assert torch.equal(x, before)


def test_the_walsh_hadamard_transform_is_its_own_derivative():
    x = torch.randn(2, 64, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(walsh_hadamard, x)
    assert torch.autograd.gradgradcheck(lambda x: walsh_hadamard(x) ** 2, x)


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (4, 6)])
def test_a_length_that_is_no_power_of_two_is_refused(shape):
    with pytest.raises(InputError, match=r"x: has shape .*; a power of two is needed"):
        walsh_hadamard(torch.zeros(shape))


@pytest.mark.parametrize(("d", "size"), SIZES)
def test_fastfood_is_linear_and_its_gradient_is_the_adjoint(d, size):
    transform = fastfood(d, size)
    a, b = torch.randn(2, d, dtype=torch.float64)
    u = torch.randn(size, dtype=torch.float64)
    torch.testing.assert_close(transform(2 * a - b), 2 * transform(a) - transform(b))
    theta = a.clone().requires_grad_()
    transform(theta).dot(u).backward()
    torch.testing.assert_close(theta.grad, written_out(transform).T @ u)
    if size <= 60:
        assert torch.autograd.gradcheck(transform, theta)


@pytest.mark.parametrize(("d", "size"), SIZES[:5])
def test_columns_are_about_orthonormal(d, size):
    """Norms are exact but for the cut block; products of unit columns are near N(0, 1 / D)."""
    exact = size % fastfood(d, size).length == 0
    products = []
    for seed in range(6):
        matrix = written_out(fastfood(d, size, seed))
        torch.testing.assert_close(
            matrix.norm(dim=0), torch.ones(d).double(), atol=1e-6 if exact else 0.15, rtol=0
        )
        products.append((matrix.T @ matrix)[np.triu_indices(d, 1)])
    products = torch.cat(products)
    if d > 2:  # the kurtosis of g widens them: E g⁴ / (E g²)² = 3 of the diagonal's share
        assert products.abs().max() < 8 / math.sqrt(size)
        assert products.std() < 1.8 / math.sqrt(size)


@pytest.mark.parametrize(("d", "size"), [(3, 50), (30, 77), (60, 8)])
def test_the_squared_norm_is_kept_on_average(d, size):
    theta = torch.randn(d, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    draws = 600
    ratios = np.array(
        [float((fastfood(d, size, s)(theta) ** 2).sum() / theta.dot(theta)) for s in range(draws)]
    )
    assert abs(ratios.mean() - 1) < 4 * ratios.std() / math.sqrt(draws)


def test_seeds_repeat_and_subspaces_of_a_length_are_nested():
    theta = torch.randn(20)
    assert torch.equal(Fastfood(20, 99, seed=3)(theta), Fastfood(20, 99, seed=3)(theta))
    assert not torch.equal(Fastfood(20, 99, seed=3)(theta), Fastfood(20, 99, seed=4)(theta))
    wide = Fastfood(30, 99, seed=3)(nn.functional.pad(theta, (0, 10)))
    torch.testing.assert_close(wide, Fastfood(20, 99, seed=3)(theta))


@pytest.mark.parametrize("kind", ["did", "said"])
@pytest.mark.parametrize("blocks", ["whole", "tensor"])
def test_a_subspace_starts_at_the_module_and_gives_it_back(kind, blocks):
    module, x = network().eval(), rows()
    before, state = module(x), copy.deepcopy(module.state_dict())
    forward, classes = module.forward, [type(part) for part in module.modules()]
    subspace = in_subspace(module, 9, kind=kind, blocks=blocks)
    assert torch.equal(module(x), before)
    assert module.forward == forward
    assert subspace.size == sum(value.numel() for value in network().parameters())
    trained = [p for p in module.parameters() if p.requires_grad]
    assert {id(p) for p in trained} == {id(p) for p in subspace.parameters()}
    assert sum(p.numel() for p in trained) == 9
    with torch.no_grad():
        subspace.coordinates.add_(1)
    assert not torch.allclose(module(x), before)
    assert subspace.remove() is module
    assert [type(part) for part in module.modules()] == classes
    assert all(p.requires_grad for p in module.parameters())
    assert state.keys() == module.state_dict().keys()
    for name, value in module.state_dict().items():
        assert torch.equal(value, state[name])


@pytest.mark.parametrize("kind", ["did", "said"])
def test_baking_keeps_what_was_learnt(kind):
    module, x = network().eval(), rows()
    buffers = {name: value.clone() for name, value in module.named_buffers()}
    subspace = in_subspace(module, 12, kind=kind)
    optimiser = torch.optim.SGD(subspace.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        (module(x) ** 2).sum().backward()
        optimiser.step()
    learnt = module(x)
    assert torch.equal(subspace.bake()(x), learnt)
    assert not parametrize.is_parametrized(module)
    for name, value in module.named_buffers():
        assert torch.equal(value, buffers[name])
    with pytest.raises(InputError, match="subspace: has been removed"):
        subspace.bake()


def test_tensors_move_by_their_projections():
    """θ = θ₀ + λ_i P θ_d with the formula written out, and the norms of both scalings."""
    module = nn.Sequential(nn.Linear(40, 50), nn.Linear(50, 4)).double()
    start = [p.detach().clone() for p in module.parameters()]
    subspace = in_subspace(module, 12, kind="said", seed=3)
    assert subspace.layers == ("0", "1")
    with torch.no_grad():
        subspace.coordinates.copy_(torch.arange(10.0))
        subspace.scales.copy_(torch.tensor([2.0, -1.0]))
    seeds = [
        int(np.random.SeedSequence((3, i)).generate_state(1, np.uint64)[0] >> np.uint64(1))
        for i in range(4)
    ]
    shares = [math.sqrt(p.numel() / subspace.size) for p in start]
    learnt = list(subspace.bake().parameters())
    for i, scale in enumerate((2.0, 2.0, -1.0, -1.0)):
        own = Fastfood(10, start[i].numel(), seed=seeds[i], scale=shares[i]).double()
        step = scale * own(torch.arange(10.0).double()).view(start[i].shape)
        torch.testing.assert_close(learnt[i].detach() - start[i], step)


@pytest.mark.parametrize(("blocks", "stretch"), [("whole", 1.0), ("tensor", 2.0)])
def test_the_norm_of_the_step_is_that_of_the_coordinates(blocks, stretch):
    found = []
    for seed in range(60):
        module = nn.Sequential(nn.Linear(12, 20), nn.Linear(20, 4)).double()
        start = nn.utils.parameters_to_vector(module.parameters()).detach()
        subspace = in_subspace(module, 6, blocks=blocks, seed=seed)
        assert subspace.stretch == stretch
        with torch.no_grad():
            subspace.coordinates.copy_(torch.ones(6) / math.sqrt(6))
        end = nn.utils.parameters_to_vector(subspace.bake().parameters())
        found.append(float(((end - start) ** 2).sum().detach()))
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - stretch**2) < 4 * error


def test_a_free_head_and_frozen_tensors_stay_outside():
    module = network()
    module[0].bias.requires_grad_(False)
    subspace = in_subspace(module, 5, free=("3",))
    assert {id(p) for p in subspace.free} == {id(p) for p in module[3].parameters()}
    assert not parametrize.is_parametrized(module[3])
    assert not parametrize.is_parametrized(module[0], "bias")
    assert subspace.size == 6 * 16 + 2 * 16
    subspace.remove()
    assert not module[0].bias.requires_grad


def test_tied_tensors_stay_tied():
    module = nn.Sequential(nn.Linear(5, 5, bias=False), nn.Linear(5, 5, bias=False))
    module[1].weight = module[0].weight
    subspace = in_subspace(module, 3)
    assert subspace.size == 25
    with torch.no_grad():
        subspace.coordinates.add_(1)
    moved = module[0].weight.clone()
    assert torch.equal(moved, module[1].weight)
    subspace.bake()
    assert module[1].weight is module[0].weight
    assert torch.equal(module[0].weight, moved)


def test_a_copy_trains_by_itself():
    module = network()
    subspace = in_subspace(module, 4)
    twin = copy.deepcopy(module)
    with torch.no_grad():
        subspace.coordinates.add_(1)
    free = [p for p in twin.parameters() if p.requires_grad]
    assert len(free) == 1
    assert not free[0].any()


@pytest.mark.parametrize(
    ("make", "dimension", "told", "message"),
    [
        (network, 0, {}, "dimension: is 0; at least 1 is needed"),
        (network, 196, {}, "dimension: is 196; at most 195 is possible"),
        (network, 3, {"kind": "said"}, "dimension: is 3; at least 4 is needed"),
        (network, 3, {"kind": "dad"}, "kind: is 'dad'; one of did, said"),
        (network, 3, {"blocks": "all"}, "blocks: is 'all'; one of whole, tensor"),
        (network, 3, {"seed": -1}, "seed: is -1"),
        (network, 3, {"free": ("haed",)}, "free: names 'haed', which the module does not have"),
        (network, 3, {"free": ("0", "1", "3")}, "module: has no tensor that requires"),
        (nn.ReLU, 3, {}, "module: has no tensor that requires"),
        (lambda: nn.LSTM(3, 3), 3, {}, "module: holds a recurrent layer"),
        (lambda: in_subspace(network(), 3).module, 3, {}, "module: is in a subspace already"),
    ],
)
def test_what_is_refused(make, dimension, told, message):
    with pytest.raises(InputError, match=message):
        in_subspace(make(), dimension, **told)


def subspace_of(size, d, seed):
    """A basis (size, d) of the subspace that a linear model is trained in."""
    module = nn.Linear(size, 1, bias=False).double()
    own = in_subspace(module, d, seed=seed)
    projection = module.parametrizations.weight[0].projection
    assert projection.dimension == own.coordinates.numel()
    basis = written_out(projection)
    return basis.numpy()


def explained(spectrum, signal, d, seed):
    """Closed form of the projected least squares: the share of f that a subspace explains."""
    root = np.sqrt(spectrum)
    basis = root[:, None] * subspace_of(len(spectrum), d, seed)
    target = root * signal
    left, kept, _ = np.linalg.svd(basis, full_matrices=False)
    left = left[:, kept > 1e-10 * kept[0]]
    return float(((left.T @ target) ** 2).sum() / (target @ target))


def planted(spectrum, seed=0):
    return np.random.default_rng(seed).standard_normal(len(spectrum))


def expected_d90(spectrum, signal, draws=60):
    """Least d by Monte Carlo with dense Gaussian projections, at each d by itself."""
    rng, root = np.random.default_rng(7), np.sqrt(spectrum)
    target = root * signal
    for d in range(1, len(spectrum) + 1):
        share = 0.0
        for _ in range(draws):
            q = np.linalg.qr(root[:, None] * rng.standard_normal((len(spectrum), d)))[0]
            share += float(((q.T @ target) ** 2).sum() / (target @ target)) / draws
        if share >= 0.9:
            return d
    return len(spectrum)


DECAYS = {
    "isotropic": (np.ones(80), 72.0),  # E = d / D
    "a third of the directions": (np.r_[np.ones(30), np.zeros(60)], 27.0),  # E = min(d / d*, 1)
    "1 / i": (1 / np.arange(1, 61), None),
    "1 / i²": (1 / np.arange(1, 81) ** 2, None),
}


@pytest.mark.parametrize("name", DECAYS)
def test_planted_dimensions_are_found(name):
    spectrum, known = DECAYS[name]
    signal = planted(spectrum)
    truth = expected_d90(spectrum, signal) if known is None else known
    found = [
        intrinsic_dimension(
            lambda d, seed: explained(spectrum, signal, d, seed),
            1.0,
            len(spectrum),
            seeds=range(first, first + 8),
        )
        for first in (0, 100)
    ]
    for one in found:
        assert abs(one.d90 / truth - 1) < 0.15
        assert one.interval[0] <= one.d90 <= one.interval[1]
    assert abs(found[0].d90 / found[1].d90 - 1) < 0.15


@pytest.mark.parametrize("kind", ["did", "said"])
def test_training_finds_the_planted_dimension(kind):
    """The same with a network's training loop instead of the closed form; SAID has one scale."""
    size = 40
    beta = torch.from_numpy(planted(np.ones(size), 3))
    x = 20 * torch.linalg.qr(rows(400, size).double())[0]  # white: xᵀx / 400 = 1

    def factory(seed):
        module = nn.Linear(size, 1, bias=False).double()
        nn.init.zeros_(module.weight)
        return module

    data = (x, (x @ beta)[:, None])
    training = SubspaceTraining(
        factory, data, data, nn.functional.mse_loss, r_squared, "lbfgs", 150, kind=kind
    )
    state = torch.random.get_rng_state()
    full = training.full(0)
    assert full == pytest.approx(1, abs=1e-6)
    seeds = range(4)
    least = 1 + (kind == "said")
    found = intrinsic_dimension(training.score, full, size, smallest=least, seeds=seeds)
    extra = kind == "said"  # one number goes to the scale
    assert abs((found.d90 - extra) / 36 - 1) < 0.15
    assert training.score(10, 1) == training.score(10, 1)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_adam_learns_in_batches_with_a_free_head():
    x = rows(200)
    data = (x, (x[:, 0] > 0).long())
    told = {"steps": 60, "rate": 0.02, "batch": 50, "free": ("3",), "blocks": "tensor"}
    training = SubspaceTraining(network, data, data, **told)
    assert training.full(0) > 0.9
    assert training.score(30, 0) > 0.8
    assert training.score(30, 0) == training.score(30, 0)


def test_a_way_of_training_that_is_not_known_is_refused():
    data = (rows(20), torch.zeros(20).long())
    with pytest.raises(InputError, match="method: is 'sgd'; one of adam, lbfgs"):
        SubspaceTraining(network, data, data, method="sgd")
    with pytest.raises(InputError, match="the numbers of rows differ"):
        SubspaceTraining(network, (rows(20), torch.zeros(9).long()), data)


def noisy(noise):
    def score(d, seed):
        return d / (d + 20) + noise * np.random.default_rng((d, seed)).standard_normal()

    return score


def test_noise_is_averaged_and_its_interval_covers():
    """d / (d + 20) reaches .9 · .8 at 51.4; 90% intervals hold it in most of 40 searches."""
    truth, hits, found = 20 * 0.72 / 0.28, 0, []
    for repeat in range(40):
        seeds = range(10 * repeat, 10 * repeat + 6)
        one = intrinsic_dimension(noisy(0.03), 0.8, 4096, seeds=seeds)
        found.append(one.d90)
        hits += one.interval[0] <= truth <= one.interval[1]
    assert abs(np.median(found) / truth - 1) < 0.05
    assert hits >= 32
    assert (np.diff(one.curve.fitted) >= 0).all()
    assert one.curve.scores.shape == (len(one.curve.dimensions), 6)


def test_the_last_digit_of_a_score_moves_nothing():
    """Equal scores and scores that fall by a rounding error are one plateau."""
    told = {"full": 1.0, "largest": 128, "seeds": (0, 1)}
    level = intrinsic_dimension(lambda d, seed: min(d / 50, 1), **told)
    for tiny in (-1e-15, 1e-15):
        found = intrinsic_dimension(lambda d, seed, by=tiny: min(d / 50, 1) + by * d / 100, **told)
        assert found.d90 == pytest.approx(level.d90, rel=1e-9)
        assert found.interval == pytest.approx(level.interval, rel=1e-9)
    assert level.curve.dimensions[level.curve.fitted == 1][0] >= level.d90


def test_full_scores_of_several_seeds_widen_the_interval():
    one = intrinsic_dimension(noisy(0.01), 0.8, 4096)
    several = intrinsic_dimension(noisy(0.01), [0.7, 0.75, 0.8, 0.85, 0.9], 4096)
    assert several.threshold == pytest.approx(one.threshold)
    assert np.ptp(np.log(several.interval)) > 1.5 * np.ptp(np.log(one.interval))


def test_the_threshold_may_count_from_chance():
    found = intrinsic_dimension(noisy(0), 0.8, 4096, relative_to=0.5)
    assert found.threshold == pytest.approx(0.77)
    assert found.d90 == pytest.approx(20 * 0.77 / 0.23, rel=0.02)


def test_what_is_never_or_always_reached():
    asked = []

    def score(d, seed):
        asked.append((d, seed))
        return 0.5

    never = intrinsic_dimension(score, 0.8, 64)
    assert never.d90 == math.inf
    assert never.interval == (math.inf, math.inf)
    always = intrinsic_dimension(score, 0.5, 64, smallest=3)
    assert always.d90 == 3
    assert always.interval == (3, 3)
    asked.clear()
    intrinsic_dimension(lambda d, s: asked.append((d, s)) or d / 64, 1.0, 64)
    assert len(set(asked)) == len(asked)


def test_a_bracket_that_scouts_misplaced_is_moved():
    """The scouts are lucky at every d; all seeds together say that ten times as much is needed."""
    lucky = range(intrinsic.SCOUTS)
    found = intrinsic_dimension(
        lambda d, seed: min(d / (20 if seed in lucky else 200), 1), 1.0, 1024, seeds=range(8)
    )
    assert found.d90 == pytest.approx(200 * 0.65 / 0.75, rel=0.03)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"largest": 0}, "largest: is 0"),
        ({"smallest": 20}, "largest: is 10; at least 20"),
        ({"seeds": (1,)}, "seeds: is one seed; at least two"),
        ({"seeds": (1, 1)}, "seeds: lists 1 twice"),
        ({"full": math.nan}, "full: is nan; one finite score"),
        ({"full": []}, "full: is"),
        ({"full": -0.3}, "full: has mean -0.3; a mean score above relative_to = 0"),
        ({"full": 0.5, "relative_to": 0.5}, "full: has mean 0.5"),
        ({"relative_to": math.inf}, "relative_to: is inf"),
        ({"score": lambda d, seed: math.nan}, "score: gave nan at d = 1, seed 0"),
    ],
)
def test_searches_that_are_refused(told, message):
    with pytest.raises(InputError, match=message):
        intrinsic_dimension(**({"score": noisy(0), "full": 0.8, "largest": 10} | told))
