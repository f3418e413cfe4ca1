"""Any `torch.nn.Module`, with a callable that makes its input out of examples."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError, first_line
from w2slens.features.corpora.corpus import KINDS, Kind
from w2slens.features.extractors.networks import device_of, mixed_precision


@dataclass(eq=False)
class ModuleFeatures:
    """Features of a module of the user's own.

    Attributes
    ----------
    module
        Its output is taken as it is if (batch, coordinates), averaged over tokens if (batch,
        tokens, coordinates), over space if (batch, channels, height, width).
    collate
        Examples (uint8 images, height × width × 3, or strings) → the module's input: a tensor, or
        a dict of tensors (what a tokenizer returns, too) that are passed by name.
    name
        What the manifest calls it: whoever changes the module must change the name.
    kind
        ``"image"`` or ``"text"``.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> network = torch.nn.Flatten()
    >>> features = ModuleFeatures(
    ...     network, lambda images: torch.from_numpy(np.stack(images)).float(), "flat", "image"
    ... )
    >>> features([np.zeros((2, 2, 3), np.uint8)]).shape
    (1, 12)
    """

    module: torch.nn.Module
    collate: Callable[[Sequence[Any]], Any]
    name: str
    kind: Kind
    device: str = "auto"
    _device: torch.device = field(init=False)

    def __post_init__(self) -> None:
        check.choice(self.kind, "kind", KINDS)
        self._device = device_of(self.device)
        self.module.eval().to(self._device)

    @torch.inference_mode()
    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map examples to features."""
        with mixed_precision(self._device):
            features = self.features(self.inputs(examples))
        return np.asarray(features.float().cpu().numpy())

    def inputs(self, examples: Sequence[Any]) -> Any:
        """Make the module's input: a tensor, or tensors by name."""
        batch = self.collate(examples)
        if isinstance(batch, Mapping):
            return {name: tensor.to(self._device) for name, tensor in batch.items()}
        return batch.to(self._device)

    def features(self, inputs: Any) -> torch.Tensor:
        """Average what the module makes of inputs: (batch, coordinates), with gradients."""
        output = self.module(**inputs) if isinstance(inputs, Mapping) else self.module(inputs)
        return averaged(output, self.name)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": self.name}


def averaged(output: Any, name: str) -> torch.Tensor:
    """Average (batch, tokens, coordinates) over tokens, (batch, channels, h, w) over space."""
    if not isinstance(output, torch.Tensor) or output.ndim not in (2, 3, 4):
        shape = tuple(getattr(output, "shape", ()))
        raise InputError(
            "model",
            f"{name!r} gives {type(output).__name__} {shape}; a tensor of 2, 3 or 4 dimensions, "
            "the batch first, is needed",
        )
    over: dict[int, tuple[int, ...]] = {3: (1,), 4: (2, 3)}
    return output if output.ndim == 2 else output.mean(dim=over[output.ndim])


def own_network(name: str, arguments: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Call a function of the user's own, named by ``package.module:function``."""
    module, _, function = name.partition(":")
    try:
        build = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            "model",
            f"'python:{name}' cannot be imported ({error}); is the folder of {module!r} on "
            "PYTHONPATH?",
        ) from None
    if not callable(build):
        raise InputError("model", f"'python:{name}' is {type(build).__name__}, no function")
    try:
        with suppress(ValueError):  # what is written in C may not say what it takes
            inspect.signature(build).bind(**arguments)
    except TypeError as error:
        raise InputError("arguments", f"do not fit 'python:{name}' ({error})") from None
    try:
        extractor = build(**arguments)
    except (InputError, ImportError):
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {first_line(error)}"
        raise InputError("model", f"'python:{name}' fails ({said})") from error
    if not all(hasattr(extractor, part) for part in ("kind", "describe", "__call__")):
        raise InputError(
            "model",
            f"'python:{name}' returns {type(extractor).__name__}; a ModuleFeatures or another "
            "extractor is needed",
        )
    return extractor
