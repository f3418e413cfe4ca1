"""Which network is meant, as a recipe says it, and a fresh copy of it to train."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import nn

from w2slens._core import check
from w2slens._core.errors import InputError, first_line, needing
from w2slens.deep.networks import Classifier, Network
from w2slens.deep.small import SMALL
from w2slens.experiments.network_settings import ADAPTATIONS, check_rates
from w2slens.features.extractors import Differentiable, check_model, load_extractor
from w2slens.features.extractors.catalogue import POOLINGS
from w2slens.features.extractors.extractor import Learner
from w2slens.features.extractors.hubs import loading, without_bars
from w2slens.features.extractors.networks import TextNetwork, device_of, ready
from w2slens.features.extractors.pretrained import MINILM, package

OWN_MAP = "own"
"""What a user's own feature map is called in place of a model's name."""

CLASSIFIER = "classifier:"
"""Prefix of the sequence classifiers of `transformers`, with a head of their own."""

EXAMPLES = {"text": "a", "image": np.zeros((32, 32, 3), np.uint8)}
"""Kind → an example of it."""

OWN = ("model", "adapt", "layers", "config", "through", "rates")
"""Keys of a model that are about its training; all others are the feature map's."""


@dataclass(frozen=True)
class Spec:
    """A network as a recipe names it, checked and not yet loaded."""

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    adapt: str | None = None  # None: as the run says
    layers: int | None = None  # of a transformer, the first so many
    config: Mapping[str, Any] | None = None  # of a transformer that starts from scratch
    through: "tuple[Spec, ...]" = ()  # models between a teacher and the student
    rates: tuple[float, ...] | None = None  # learning rates; None: as the run says
    made: Any = None  # a feature map of the user's own, of which copies are trained

    @classmethod
    def of(cls, given: Any, argument: str) -> "Spec":
        """Read a name or a differentiable feature map, alone or with settings."""
        told = given if isinstance(given, dict) else {"model": given}
        if isinstance(told.get("model"), Differentiable):
            told = {**told, "model": OWN_MAP, "made": told["model"]}
        elif not isinstance(told.get("model"), str):
            raise InputError(argument, f"is {given!r}; a model's name, or 'model: name', is needed")
        own, made = {key: told[key] for key in OWN if key in told}, told.get("made")
        settings = {key: value for key, value in told.items() if key not in (*OWN, "made")}
        if own.get("adapt") is not None:
            check.choice(own["adapt"], f"{argument}.adapt", ADAPTATIONS)
        if own.get("layers") is not None:
            check.whole(own["layers"], f"{argument}.layers")
        config = own.get("config")
        if config is not None and not isinstance(config, dict):
            raise InputError(f"{argument}.config", f"is {config!r}; names and values are needed")
        between = own.get("through", [])
        listed = between if isinstance(between, list) else [between]
        through = tuple(cls.of(one, f"{argument}.through") for one in listed)
        if made is not None:
            if settings:
                unknown = ", ".join(map(repr, settings))
                raise InputError(
                    argument, f"sets {unknown}; a map of your own takes {', '.join(OWN)}"
                )
            settings = made.describe()
        else:
            settings = _checked(own["model"], settings, argument)
        rates = own.get("rates")
        if rates is not None:
            rates = check_rates(rates, f"{argument}.rates")
        shape = own.get("layers"), config
        return cls(own["model"], settings, own.get("adapt"), *shape, through, rates, made)

    @property
    def scratch(self) -> bool:
        """Whether no part of the body was trained before."""
        return self.model in SMALL or self.config is not None

    @property
    def state(self) -> dict[str, Any]:
        """Return what decides the network before it is trained, as JSON types."""
        shape = {"layers": self.layers, "config": self.config}
        known = {key: value for key, value in shape.items() if value is not None}
        return {"model": self.model, **self.settings, **known}

    def describe(self) -> dict[str, Any]:
        """Return everything that decides the trained network, as JSON types."""
        found = self.state
        if self.adapt is not None:
            found["adapt"] = self.adapt
        if self.rates is not None:
            found["rates"] = list(self.rates)
        if self.through:
            found["through"] = [one.describe() for one in self.through]
        return found


def _checked(model: str, settings: dict[str, Any], argument: str) -> dict[str, Any]:
    if model in SMALL:
        for key, value in settings.items():
            check.choice(key, argument, SMALL[model][1])
            check.whole(value, f"{argument}.{key}")
        return settings
    if model.startswith(CLASSIFIER):
        for key in settings:
            check.choice(key, argument, ("tokens",))
        return settings
    try:
        return check_model(model, settings)
    except InputError as error:
        more = f"; besides, {', '.join([*SMALL, CLASSIFIER + 'NAME'])} can be trained"
        problem = error.problem + (more if error.argument == "model" else "")
        raise InputError(f"{argument}.{error.argument}", problem) from None


def fresh(spec: Spec, outputs: int, seed: int, kind: str, example: Any = None) -> Network:
    """Load a network for examples of a kind, its head drawn by a seed, in evaluation mode.

    Parameters
    ----------
    spec
        Which one.
    outputs
        k, the outputs of its head.
    seed
        Of everything that is not pre-trained.
    kind
        ``"image"`` or ``"text"``, as the examples are.
    example
        One of them, to see how many features a network makes; default a small one.

    Raises
    ------
    InputError
        If it cannot be loaded, or takes other examples.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = _loaded(spec, outputs, kind, EXAMPLES[kind] if example is None else example)
    device = device_of(spec.settings.get("device", "auto"))
    network.float().eval().to(device)
    return network


def _loaded(spec: Spec, outputs: int, kind: str, example: Any) -> Network:
    if spec.model.startswith(CLASSIFIER):
        _require_kind("text", kind, spec.model)
        return _classifier(spec, outputs)
    if spec.made is not None:
        extractor: Any = deepcopy(spec.made)
    elif spec.model in SMALL:
        extractor = SMALL[spec.model][0](**spec.settings)
    else:
        extractor = load_extractor(spec.model, spec.settings)
    _require_kind(extractor.kind, kind, spec.model)
    if isinstance(extractor, Learner):
        raise InputError("model", f"{spec.model!r} learns from all texts; name another model")
    if isinstance(extractor, TextNetwork):
        _shape(extractor, spec)
    if not isinstance(extractor, Differentiable):
        return _on_fixed(extractor, outputs, example)
    with torch.no_grad():
        width = int(extractor.features(extractor.inputs([example])).shape[1])
    head = nn.Linear(width, outputs)
    return Network(extractor.module, head, extractor.inputs, extractor.features)


def _require_kind(takes: str, kind: str, model: str) -> None:
    if takes != kind:
        raise InputError("model", f"{model!r} takes {takes}s; the examples are {kind}s")


def _on_fixed(extractor: Any, outputs: int, example: Any) -> Network:
    """Put a head on a map that has no parameters."""

    def inputs(examples: Sequence[Any]) -> torch.Tensor:
        return torch.from_numpy(np.asarray(extractor(examples), np.float32))

    head = nn.Linear(inputs([example]).shape[1], outputs)
    return Network(nn.Identity(), head, inputs, lambda given: given)


def _shape(extractor: TextNetwork, spec: Spec) -> None:
    """Draw a transformer anew in another shape, or cut its layers, where that is asked for."""
    network, transformers = extractor.network, import_module("transformers")
    if spec.config is not None:
        config = network.config.__class__.from_dict({**network.config.to_dict(), **spec.config})
        with loading(spec.model):
            network = transformers.AutoModel.from_config(config)
    if spec.layers is not None:
        _cut(network, spec.layers, spec.model)
    extractor.network = network
    ready(network, device_of(extractor.device))


def _cut(network: nn.Module, layers: int, name: str) -> None:
    """Keep the first layers of a transformer."""
    config: Any = network.config
    for module in network.modules():
        for place, child in module.named_children():
            if isinstance(child, nn.ModuleList) and len(child) == config.num_hidden_layers:
                if layers > len(child):
                    raise InputError("layers", f"is {layers}; {name!r} has {len(child)}")
                setattr(module, place, child[:layers])
                config.num_hidden_layers = layers
                return
    raise InputError("layers", f"of {name!r} are in no list that can be cut")


def _classifier(spec: Spec, outputs: int) -> Classifier:
    """Load a sequence classifier of `transformers`, by its hub name or a folder."""
    name = spec.model.removeprefix(CLASSIFIER)
    path = str(package(MINILM, "the model 'minilm'") / "model") if name == "minilm" else name
    with needing("transformers", f"the model {spec.model!r}"):
        transformers = import_module("transformers")
    with loading(spec.model):
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    try:
        with without_bars(transformers):
            body = transformers.AutoModelForSequenceClassification.from_pretrained(
                path, num_labels=outputs, **(spec.config or {})
            )
    except ValueError as error:
        raise InputError(
            "model", f"{name!r} has no classification head in transformers ({first_line(error)})"
        ) from None
    if spec.layers is not None:
        _cut(body, spec.layers, name)
    words = TextNetwork(tokenizer, body, name, -1, POOLINGS[0], spec.settings.get("tokens", 128))
    body.config.pad_token_id = tokenizer.pad_token_id
    return Classifier(body, outputs, words.inputs, name)
