"""Filters of pseudo-labels, the curriculum, and means of weights."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from tests.laws import close  # noqa: E402
from w2slens import InputError  # noqa: E402
from w2slens.deep.averaging import averaged  # noqa: E402
from w2slens.deep.filters import (  # noqa: E402
    admitted,
    confident,
    curriculum,
    kept,
    neighbours_agree,
)


def labeled(m=40, k=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, 4)), rng.dirichlet(np.ones(k), m)


def two(first):
    return np.column_stack([first, 1 - np.asarray(first)])


def test_confident_rows_are_the_top_of_a_stable_order():
    soft = labeled()[1]
    found = confident(soft, 0.25)
    assert list(found) == sorted(sorted(range(40), key=lambda i: (-soft[i].max(), i))[:10])
    assert list(confident(soft, 1.0)) == list(range(40))
    assert list(confident(np.full((5, 2), 0.5), 0.4)) == [0, 1]
    assert len(confident(soft, 1e-9)) == 1


def test_balance_keeps_the_share_of_every_predicted_class():
    soft = two([0.99, 0.98, 0.97, 0.96, 0.4, 0.45, 0.3, 0.48])
    assert list(confident(soft, 0.5)) == [0, 1, 2, 3]
    assert list(confident(soft, 0.5, balanced=True)) == [0, 1, 4, 6]
    assert list(confident(two([0.9, 0.8, 0.7, 0.4]), 0.1, balanced=True)) == [0, 3]


@pytest.mark.parametrize("balanced", [False, True])
def test_neighbours_agree_by_their_definition(balanced):
    features, soft = labeled()
    score = []
    for i in range(40):
        others = [j for j in range(40) if j != i]
        near = sorted(others, key=lambda j: float(np.sum((features[i] - features[j]) ** 2)))[:5]
        mean = np.mean([soft[j] for j in near], axis=0)
        score.append(np.abs(soft[i] - mean).sum() / 2)
    group = soft.argmax(1) if balanced else np.zeros(40)
    expected = []
    for code in set(group):
        rows = sorted(np.flatnonzero(group == code), key=lambda i: (score[i], i))
        expected += rows[: max(int(0.5 * len(rows) + 0.5), 1)]
    assert list(neighbours_agree(features, soft, 5, 0.5, balanced=balanced)) == sorted(expected)


def test_a_wrong_label_in_a_cluster_is_dropped_and_a_row_is_no_neighbour_of_its_own():
    features = np.repeat([[0.0], [10.0]], 5, axis=0)  # all of a cluster are equally far
    soft = two([0.9, 0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1])
    assert 2 not in neighbours_agree(features, soft, 4, 0.9)
    pairs = np.array([[0.0], [0.0], [10.0], [10.0]])
    assert list(neighbours_agree(pairs, two([0.9, 0.1, 0.7, 0.7]), 1, 0.5)) == [2, 3]


def test_filters_by_name_make_features_only_where_they_look():
    features, soft = labeled()

    def never():
        raise AssertionError

    assert list(kept("confident", soft, 0.5, never)) == list(confident(soft, 0.5, balanced=True))
    found = kept("neighbours", soft, 0.5, lambda: features)
    assert list(found) == list(neighbours_agree(features, soft, 10, 0.5, balanced=True))
    assert list(kept("neighbours", soft[:1], 0.5, never)) == [0]


def test_curriculum_grows_from_the_most_confident():
    soft = two([0.6, 0.9, 0.1, 0.5, 0.8])
    order = curriculum(soft)
    assert list(order) == [1, 2, 4, 0, 3]
    assert list(admitted(order, 0.0)) == [1, 2]
    sizes = [len(admitted(order, s)) for s in np.linspace(0, 1, 11)]
    assert sizes == sorted(sizes)
    assert len(admitted(order, 0.5)) == 5
    assert len(admitted(order, 0.0, start=1.0)) == len(admitted(order, 0.0, full=0.0)) == 5
    assert len(admitted(order, 0.0, start=0.01)) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: confident(two([0.5]), 0.0), "share"),
        (lambda: confident(np.ones(3), 0.5), "soft"),
        (lambda: confident(two([np.nan]), 0.5), "NaN"),
        (lambda: neighbours_agree(np.ones((2, 1)), two([0.5, 0.5]), 2, 0.5), "1 others"),
        (lambda: neighbours_agree(np.ones((3, 1)), two([0.5, 0.5]), 1, 0.5), "rows differ"),
        (lambda: admitted(np.arange(3), 1.1), "fraction"),
        (lambda: kept("mine", two([0.5]), 0.5, lambda: np.ones((1, 1))), "confident, neighbours"),
        (lambda: averaged(nn.Linear(1, 1), "mean"), "ema, swa"),
        (lambda: averaged(nn.Linear(1, 1), "ema", 1.5), "decay"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


def walk(network, mean, steps=6):
    """States of a network that is drawn anew at every step, each taken into the mean."""
    rng, states = np.random.default_rng(0), []
    for _ in range(steps):
        with torch.no_grad():
            for value in network.parameters():
                value.copy_(torch.from_numpy(rng.standard_normal(tuple(value.shape))))
        mean.update()
        states.append(network.weight.detach().double().numpy().copy())
    return states


def test_exponential_mean_is_the_one_by_hand():
    network = nn.Linear(3, 2)
    mean = averaged(network, "ema", decay=0.8)
    states = walk(network, mean)
    expected = states[0]
    for state in states[1:]:
        expected = 0.8 * expected + 0.2 * state
    close(mean.module.weight.detach(), expected, 1e-6)
    close(network.weight.detach(), states[-1], 1e-12)


def test_equal_mean_is_the_mean_of_all_states():
    network = nn.Linear(3, 2)
    mean = averaged(network, "swa")
    states = walk(network, mean)
    close(mean.module.weight.detach(), np.mean(states, axis=0), 1e-6)


@pytest.mark.parametrize("kind", ["ema", "swa"])
def test_whole_numbers_are_not_averaged(kind):
    network = nn.Linear(1, 1)
    network.register_buffer("places", torch.arange(512))
    mean = averaged(network, kind, 0.9)
    for _ in range(50):
        mean.update()
    assert torch.equal(mean.module.places, torch.arange(512))


def test_batch_norms_of_the_final_network_are_those_of_its_own_weights():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    mean, inputs = averaged(network, "swa"), torch.randn(4, 16, 3)
    for batch in inputs:
        with torch.no_grad():
            network[0].weight.add_(torch.randn(4, 3))
        network(batch)
        mean.update()
    final = mean.final(iter(inputs))
    with torch.no_grad():
        hidden = final[0](inputs)
    close(final[1].running_mean, hidden.mean(1).mean(0), 1e-5)
    close(final[1].running_var, hidden.var(1).mean(0), 1e-5)
    assert final[1].momentum == network[1].momentum
    with pytest.raises(InputError, match="batches"):
        mean.final([])


def test_without_batch_norms_no_batch_is_looked_at():
    mean = averaged(nn.Linear(1, 1), "ema")
    assert mean.final([]) is mean.module
