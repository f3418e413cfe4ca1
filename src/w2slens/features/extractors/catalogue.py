"""Feature maps by name, each with the settings that it takes."""

import difflib
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from w2slens._core.errors import InputError, needing
from w2slens.features.extractors.extractor import Extractor
from w2slens.features.extractors.glove import GloveMean
from w2slens.features.extractors.packages import available
from w2slens.features.extractors.pixels import Pixels, RandomConvolutions
from w2slens.features.extractors.settings import checked
from w2slens.features.extractors.tfidf import TfidfSvd

PLAIN: dict[str, tuple[Callable[..., Extractor], tuple[str, ...]]] = {
    "pixels": (Pixels, ("size",)),
    "random-convolutions": (RandomConvolutions, ("filters", "patch", "size", "seed")),
    "glove": (GloveMean.from_package, ()),
    "tfidf": (TfidfSvd, ("dimensions", "ngrams", "least", "seed")),
}
"""Maps that need no network: name → (how to make it, settings)."""

IMAGE, TEXT = ("size", "device"), ("layer", "pooling", "tokens", "device")

NETWORKS: dict[str, tuple[str, ...]] = {
    "efficientnet-lite0": IMAGE,
    "efficientnet-lite1": IMAGE,
    "efficientnet-lite2": IMAGE,
    "mobilenet-v2": IMAGE,
    "minilm": TEXT,
}
"""Pre-trained networks of Python packages: name → settings."""

HUBS: dict[str, tuple[str, ...]] = {
    "timm:": IMAGE,
    "open_clip:": IMAGE,
    "transformers:": TEXT,
    "sentence-transformers:": ("device",),
    "python:": ("arguments",),
}
"""Prefixes of names that a library looks up by itself, or of a function of the user's own."""

FORMS = {
    "timm:": "NAME",
    "open_clip:": "MODEL/PRETRAINED",
    "transformers:": "NAME",
    "sentence-transformers:": "NAME",
    "python:": "package.module:function",
}
"""What follows a prefix; a part on each side of its separator."""


def load_extractor(model: str, settings: Mapping[str, Any] | None = None) -> Extractor:
    """Load a feature map by name.

    Parameters
    ----------
    model
        A name of `PLAIN` or `NETWORKS`, or a prefix of `HUBS` and what `FORMS` says.
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
    with needing("torch", f"the model {model!r}"):
        pretrained = import_module("w2slens.features.extractors.pretrained")
    network: Extractor = pretrained.network(model, settings)
    return network


def check_model(model: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Refuse an unknown model or setting without loading anything; return the settings."""
    settings = dict(settings or {})
    valid = _settings_of(model)
    for key in settings:
        if key not in valid:
            listed = ", ".join(valid) or "none"
            raise InputError(key, f"is no setting of {model!r}; it takes {listed}")
    return checked(settings)


def _settings_of(model: Any) -> tuple[str, ...]:
    """Name the settings that a model takes."""
    if isinstance(model, str):
        if model in PLAIN:
            return PLAIN[model][1]
        if model in NETWORKS:
            return NETWORKS[model]
        for prefix, settings in HUBS.items():
            if model.startswith(prefix):
                _complete(model, prefix)
                return settings
    shown = {name: name + FORMS.get(name, "") for name in (*PLAIN, *NETWORKS, *HUBS)}
    near = difflib.get_close_matches(str(model), shown.values(), 1, cutoff=0.0)[0]
    raise InputError("model", f"{model!r} is not known; did you mean {near}? {available(shown)}")


def _complete(model: str, prefix: str) -> None:
    """Refuse a prefix with nothing, or with half a name, after it."""
    separator = next((mark for mark in "/:" if mark in FORMS[prefix]), None)
    parts = model.removeprefix(prefix).split(separator, 1)
    if len(parts) < (1 if separator is None else 2) or not all(part.strip() for part in parts):
        raise InputError("model", f"{model!r} is incomplete; write {prefix}{FORMS[prefix]}")
