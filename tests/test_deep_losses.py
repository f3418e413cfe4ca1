"""Losses of students: definitions, limits, gradients, and what extreme numbers do to them."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.laws import close  # noqa: E402
from w2slens import InputError  # noqa: E402
from w2slens.deep.confidence import balanced  # noqa: E402
from w2slens.deep.losses import LOSSES, SMOOTHING, loss  # noqa: E402
from w2slens.models.students import LOSSES as WORDS  # noqa: E402

CLASSES = [name for name in LOSSES if name != "squared"]
FRACTIONS = (0.0, 0.05, 0.1, 0.15, 0.2, 1.0)


def batch(m=7, k=3, seed=0, dtype=torch.float64, scale=2.0):
    rng = np.random.default_rng(seed)
    logits = torch.tensor(scale * rng.standard_normal((m, k)), dtype=dtype, requires_grad=True)
    return logits, torch.tensor(rng.dirichlet(np.ones(k), m), dtype=dtype)


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def one(name, z, y):
    """A loss of one example, from its docstring; without targets that look at a batch."""
    p, k, s = softmax(z), len(z), (1 - SMOOTHING) * y + SMOOTHING / len(z)
    forward = -sum(y[j] * np.log(p[j]) for j in range(k))
    reverse = -sum(p[j] * np.log(s[j]) for j in range(k))
    return {
        "cross-entropy": forward,
        "product": -sum(p[j] * y[j] / (p @ y) * np.log(p[j]) for j in range(k)),
        "kl": sum(y[j] * np.log(y[j] / p[j]) for j in range(k)),
        "reverse-kl": sum(p[j] * np.log(p[j] / s[j]) for j in range(k)),
        "reverse-cross-entropy": reverse,
        "symmetric-cross-entropy": forward + 0.1 * reverse,
        "gce": sum(y[j] * (1 - p[j] ** 0.7) / 0.7 for j in range(k)),
        "adaptive": forward if max(y) - 1 / k >= 0.1 else reverse,
        "entropy": forward - 0.1 * sum(p[j] * np.log(p[j]) for j in range(k)),
        "squared": sum((z[j] - y[j]) ** 2 for j in range(k)),
    }[name]


def mixed(logits, labels, hard, c):
    """Cross-entropy of a mixture of labels and hardened predictions."""
    logs = np.log([softmax(z) for z in logits])
    return np.mean([-((1 - c) * y + c * h) @ p for p, y, h in zip(logs, labels, hard, strict=True)])


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def test_every_loss_of_the_settings_is_here_and_none_else():
    assert list(LOSSES) == list(WORDS)
    with pytest.raises(TypeError):
        LOSSES["mine"] = None


@pytest.mark.parametrize("name", [n for n in LOSSES if not n.startswith("logconf")])
@pytest.mark.parametrize("k", [2, 3])
def test_loss_is_its_definition(name, k):
    logits, labels = batch(k=k, m=12)
    expected = np.mean([one(name, z, y) for z, y in zip(*arrays(logits, labels), strict=True)])
    for fraction in FRACTIONS:
        close(loss(name)(logits, labels, fraction).detach(), expected, 1e-12)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(
    ("fraction", "c"), [(0.0, 0.0), (0.05, 0.125), (0.1, 0.25), (0.2, 0.5), (0.7, 0.5), (1.0, 0.5)]
)
def test_own_predictions_of_logconf_warm_up_linearly(fraction, c, k):
    logits, labels = batch(m=9, k=k)
    hard = balanced(logits, labels)
    found = loss("logconf")(logits, labels, fraction).detach()
    close(found, mixed(*arrays(logits, labels, hard), c), 1e-12)


@pytest.mark.parametrize(
    ("fraction", "c"), [(0.0, 0.0), (0.05, 0.025), (0.1, 0.05), (0.1001, 0.5), (1.0, 0.5)]
)
def test_weight_of_the_shipped_logconf_jumps(fraction, c):
    logits, labels = batch(m=9, k=2)
    z, y = arrays(logits, labels)
    first = np.array([softmax(row)[0] for row in z])
    own = first >= np.quantile(first, y[:, 1].mean())
    hard = np.column_stack([own, ~own]).astype(float)
    close(loss("logconf-jump")(logits, labels, fraction).detach(), mixed(z, y, hard, c), 1e-12)


def test_without_a_warm_up_own_predictions_weigh_fully_at_once():
    logits, labels = batch()
    now = loss("logconf", warmup=0.0)(logits, labels, 0.0)
    assert now == loss("logconf")(logits, labels, 1.0)


@pytest.mark.parametrize("k", [2, 3])
def test_balanced_predictions_are_the_likeliest_of_their_counts(k):
    for seed in range(5):
        logits, labels = batch(m=6, k=k, seed=seed)
        hard = balanced(logits, labels)
        assert not hard.requires_grad
        counts = hard.sum(0)
        assert (counts - 6 * labels.mean(0)).abs().max() < 1
        z, h = arrays(torch.log_softmax(logits, 1), hard)
        ways = [
            sum(z[i, c] for i, c in enumerate(way))
            for way in itertools.product(range(k), repeat=6)
            if [way.count(c) for c in range(k)] == counts.tolist()
        ]
        close((z * h).sum(), max(ways), 1e-12)


def test_balancing_two_classes_is_a_threshold():
    logits, labels = batch(m=20, k=2)
    hard, gap = balanced(logits, labels), (logits[:, 0] - logits[:, 1]).detach()
    assert int(hard[:, 0].sum()) == round(20 * float(labels[:, 0].mean()))
    assert gap[hard[:, 0] == 1].min() > gap[hard[:, 1] == 1].max()


def test_balance_holds_where_the_student_would_name_one_class_only():
    logits = torch.tensor([[9.0, 0.0], [8.0, 0.0], [7.0, 0.0], [6.0, 0.0]])
    labels = torch.tensor([[0.5, 0.5]]).expand(4, 2)
    assert balanced(logits, labels)[:, 0].tolist() == [1, 1, 0, 0]
    assert balanced(logits[:1], labels[:1]).tolist() == [[1, 0]]  # equal remainders: the first


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_gradients_are_those_of_the_value(name, k):
    logits, labels = batch(m=5, k=k)
    parameters = {"beta": 0.0} if name == "product" else {}  # else its target moves: see below
    made = loss(name, **parameters)
    for fraction in (0.0, 0.15, 1.0):
        assert torch.autograd.gradcheck(lambda z, s=fraction: made(z, labels, s), (logits,))


@pytest.mark.parametrize("name", ["logconf", "logconf-jump", "product"])
def test_no_gradient_flows_through_targets(name):
    logits, labels = batch(k=2)
    p = torch.softmax(logits, 1).detach()
    if name == "product":
        target = p * labels / (p * labels).sum(1, keepdim=True)
    else:
        target = 0.5 * labels + 0.5 * balanced(logits, labels)
    loss(name)(logits, labels, 1.0).backward()
    if name != "logconf-jump":
        close(logits.grad, (p - target) / len(p), 1e-12)
    assert float(logits.grad.sum(1).abs().max()) < 1e-15


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("kind", ["soft", "one-hot"])
def test_extreme_logits_give_finite_values_and_gradients(name, k, kind):
    rng = np.random.default_rng(1)
    corners = rng.choice([-1e4, 0.0, 1e4], (24, k))
    logits = torch.tensor(corners, dtype=torch.float32, requires_grad=True)
    soft = rng.dirichlet(np.ones(k), 24)
    labels = torch.tensor(np.eye(k)[soft.argmax(1)] if kind == "one-hot" else soft).float()
    zeros = [{}, {"smoothing": 0.0}, {"q": 0.0}, {"q": 1e-300}, {"alpha": 0.0, "beta": 0.0}]
    for parameters in zeros:
        try:
            made = loss(name, **parameters)
        except InputError:
            continue
        for fraction in (0.0, 0.05, 1.0):
            value = made(logits, labels, fraction)
            (slope,) = torch.autograd.grad(value, logits)
            assert value.dtype == torch.float32
            assert value.shape == ()
            assert torch.isfinite(value)
            assert torch.isfinite(slope).all()
            if k == 1:
                assert abs(float(value.detach())) < 1e-6


@pytest.mark.parametrize("name", LOSSES)
def test_logits_that_are_not_finite_give_a_loss_that_is_not(name):
    logits, labels = batch(k=2)
    broken = logits.detach().clone()
    broken[0, 0] = float("nan")
    assert torch.isnan(loss(name)(broken, labels, 0.5))


def test_limits_of_generalised_cross_entropy():
    logits, labels = batch()
    forward = loss("cross-entropy")(logits, labels, 0.0).detach()
    for q in (1e-13, 1e-9, 1e-6):
        close(loss("gce", q=q)(logits, labels, 0.0).detach(), forward, 10 * q + 1e-12)
    assert loss("gce", q=0.0)(logits, labels, 0.0) == forward
    hard = torch.eye(3, dtype=torch.float64)[labels.argmax(1)]
    absolute = (torch.softmax(logits, 1) - hard).abs().sum(1).mean() / 2
    close(loss("gce", q=1.0)(logits, hard, 0.0).detach(), absolute.detach(), 1e-12)


@pytest.mark.parametrize(
    "name", ["reverse-kl", "reverse-cross-entropy", "symmetric-cross-entropy", "adaptive"]
)
def test_smoothing_goes_to_its_limit(name):
    logits, labels = batch()
    hard = torch.eye(3, dtype=torch.float64)[labels.argmax(1)]
    for given in (labels, hard):
        limit = loss(name, smoothing=0.0)(logits, given, 0.0).detach()
        close(loss(name, smoothing=1e-14)(logits, given, 0.0).detach(), limit, 1e-11)


def test_losses_that_are_others_at_the_ends_of_their_parameters():
    logits, labels = batch()

    def of(name, **parameters):
        return float(loss(name, **parameters)(logits, labels, 1.0).detach())

    forward, reverse = of("cross-entropy"), of("reverse-cross-entropy")
    assert of("adaptive", threshold=0.0) == forward
    assert of("adaptive", threshold=1.0) == reverse
    assert of("symmetric-cross-entropy", alpha=0.0, beta=1.0) == reverse
    assert of("symmetric-cross-entropy", alpha=1.0, beta=0.0) == forward
    assert of("entropy", weight=0.0) == forward
    assert of("logconf", aux=0.0) == of("logconf-jump", aux=0.0) == forward
    assert of("product", alpha=1.0, beta=0.0) == pytest.approx(forward, rel=1e-12)


def test_divergences_vanish_where_student_and_teacher_agree():
    labels = batch()[1]
    assert float(loss("kl")(labels.log(), labels, 0.0)) == pytest.approx(0, abs=1e-15)
    exact = loss("reverse-kl", smoothing=0.0)
    assert float(exact(labels.log(), labels, 0.0)) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("logcomf", {}, "did you mean logconf"),
        ("mine", {}, "there are cross-entropy, logconf"),
        (["gce"], {}, "is not known"),
        ("gce", {"p": 1}, "'gce' has no parameter 'p'; it takes q"),
        ("kl", {"q": 1}, "takes none"),
        ("product", {"warmup": 0.1}, "takes alpha, beta"),
        ("gce", {"q": 1.5}, "from 0 to 1"),
        ("gce", {"q": -0.1}, "at least 0"),
        ("entropy", {"weight": "much"}, "finite number"),
        ("logconf", {"fraction": 0.1}, "takes aux, warmup"),
    ],
)
def test_what_cannot_be_is_refused(name, parameters, words):
    with pytest.raises(InputError, match=words):
        loss(name, **parameters)
