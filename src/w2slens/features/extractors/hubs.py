"""Networks that hubs serve, loaded by the library that knows them."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from w2slens._core.errors import InputError, MissingExtraError, first_line, needing
from w2slens.features.extractors.networks import (
    ImageNetwork,
    SentenceNetwork,
    TextNetwork,
    device_of,
)

CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""What CLIP expects."""


@contextmanager
def loading(name: str) -> Iterator[None]:
    """Say in one line why a library could not load a model, whatever it raised."""
    try:
        yield
    except Exception as error:
        raise InputError(
            "model",
            f"{name!r} cannot be loaded ({first_line(error)}); look whether there is such a "
            "folder, or such a model on a hub that can be reached from here",
        ) from None


@contextmanager
def without_bars(transformers: Any) -> Iterator[None]:
    """Load weights of transformers without a bar for each, which takes no time."""
    told = transformers.utils.logging
    shown = told.is_progress_bar_enabled()
    told.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            told.enable_progress_bar()


def timm_network(name: str, size: int | None = None, device: str = "auto") -> ImageNetwork:
    """Load any model of timm, pooled before its classifier, with its own size and colours."""
    timm = _library("timm", "timm", f"timm:{name}")
    if not timm.is_model(name.split("/")[-1]):
        near = ", ".join(timm.list_models(f"*{name}*")[:5]) or "none like it"
        raise InputError("model", f"timm has no {name!r}; it has {near}")
    resized = {"pretrained_cfg_overlay": {"input_size": (3, size, size)}} if size else {}
    with loading(f"timm:{name}"):
        network = timm.create_model(name, pretrained=True, num_classes=0, **resized)
    expected = timm.data.resolve_model_data_config(network)
    edge = size or int(expected["input_size"][-1])
    colours = expected["mean"], expected["std"]
    return ImageNetwork(network, f"timm:{name}", edge, *colours, device=device)


def clip_network(name: str, size: int | None = None, device: str = "auto") -> ImageNetwork:
    """Load the image tower of a model of open_clip, by ``MODEL/PRETRAINED``."""
    model, _, pretrained = name.partition("/")
    open_clip = _library("open_clip", "open_clip_torch", f"open_clip:{name}")
    _require_pretrained(open_clip, name)
    # The weights decide the activation: by default open_clip takes the model's, and only warns.
    activation = open_clip.get_pretrained_cfg(model, pretrained).get("quick_gelu", False)
    with loading(f"open_clip:{name}"):
        network, _, _ = open_clip.create_model_and_transforms(
            model, pretrained=pretrained, force_quick_gelu=activation, force_image_size=size
        )
    network.eval().to(device_of(device))
    visual = network.visual
    own = visual.image_size
    edge = size or int(own if isinstance(own, int) else own[0])
    colours = visual.image_mean or CLIP[0], visual.image_std or CLIP[1]
    return ImageNetwork(network.encode_image, f"open_clip:{name}", edge, *colours, device=device)


def _library(module: str, package: str, model: str) -> Any:
    """Import what knows a model, or say what to install and why the import failed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(package, "features", f"the model {model!r} ({error})") from None


def _require_pretrained(open_clip: Any, name: str) -> None:
    """Refuse weights that open_clip does not list, naming what is near."""
    model, _, pretrained = name.partition("/")
    listed = open_clip.list_pretrained()
    if (model, pretrained) not in listed:
        models = sorted({other for other, _ in listed})
        near = ", ".join(difflib.get_close_matches(model, models, 5, cutoff=0.0))
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none"
        raise InputError(
            "model", f"open_clip has no {name!r}; weights of {model!r}: {tags}; models: {near}"
        )


def transformer(
    name: str,
    layer: int = -1,
    pooling: str = "mean",
    tokens: int = 128,
    device: str = "auto",
    *,
    path: str | None = None,
) -> TextNetwork:
    """Load any encoder or decoder that `transformers` loads, by its hub name or a folder.

    Of a network that has both, the encoder is taken.
    """
    with needing("transformers", f"the model {name!r}"):
        transformers = import_module("transformers")
    with loading(name), without_bars(transformers):
        tokenizer = transformers.AutoTokenizer.from_pretrained(path or name)
        network = transformers.AutoModel.from_pretrained(path or name)
    if network.config.is_encoder_decoder:
        network = network.get_encoder()
    layers = network.config.num_hidden_layers
    if not -layers - 1 <= layer <= layers:
        raise InputError("layer", f"is {layer}; {name} has layers 0 (embeddings) to {layers}")
    return TextNetwork(tokenizer, network, name, layer, pooling, tokens, device)


def sentence_network(name: str, device: str = "auto") -> SentenceNetwork:
    """Load any sentence encoder that `sentence_transformers` loads, by its hub name or a folder."""
    with needing("sentence-transformers", f"the model 'sentence-transformers:{name}'"):
        library = import_module("sentence_transformers")
    with loading(name):
        encoder = library.SentenceTransformer(name, device="cpu")
    return SentenceNetwork(encoder, f"sentence-transformers:{name}", device)
