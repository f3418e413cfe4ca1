"""Gradients of a network's logit by its parameters as features: the empirical tangent kernel.

Fine-tuning that moves a network little fits a linear model in the features ``∇_θ f(x; θ₀)`` (Jacot
et al., "Neural tangent kernel", arXiv 1806.07572), so what the theory says of linear students holds
of fine-tuning with these features. They have as many coordinates as there are parameters, of
which a random projection is kept (`w2slens.features.extractors.sketch`), as in Park et al.'s TRAK
(arXiv 2303.14186).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.features.extractors.gradient_settings import Method, Outputs, check_gradients
from w2slens.features.extractors.per_example import (
    Blocks,
    Headed,
    gradients_of,
    matching,
    names_of,
    numbers,
    shown,
)
from w2slens.features.extractors.sketch import Sketch

ALL = "*"
"""The pattern of all parameters."""

PARTS = ("module", "inputs", "features", "kind", "describe")
"""What a network must have: it is an `Extractor` and `Differentiable`."""

MOST_EXACT = 2**17
"""Coordinates of gradients that are kept whole, without a projection, at most."""


@dataclass(eq=False)
class GradientFeatures:
    """Gradients of an example's logit by the parameters of a network and of its head.

    The network runs in evaluation mode (no dropout, batch norms with running statistics) and in
    single precision at least; the gradient of an example never sees the other examples.

    Attributes
    ----------
    network
        An extractor that is `Differentiable`, as `load_extractor` and `ModuleFeatures` give; its
        weights are made single where they are in half precision.
    head
        Weights from features to logits, (d,) or (d, outputs): those of a fitted probe or of a
        fine-tuned classifier, without the intercept, whose gradient is the same for all examples.
        Or ``"random"``: one output, Gaussian of variance 1/d. The gradient by the weights of one
        output is the features themselves.
    parameters
        One or several patterns. A pattern is some consecutive parts of a dotted name
        (``encoder.layer.5``, ``query``, ``head``), or a whole name with ``*``.
    dimensions
        Coordinates of the random projection; None: the gradients themselves, `MOST_EXACT`
        coordinates at most, in the order of the network's parameters, the head last.
    outputs
        ``"margin"``: the logit of one output, or that of class 1 less that of class 0 of two.
        ``"each"``: every logit has a gradient of its own, and the gradients of all are one long
        row (before the projection), whose inner products are ``Σ_c ⟨∇f_c(x), ∇f_c(y)⟩``.
    seed
        Of the projection and of the random head.
    method
        ``"loop"``: one example after the other. ``"vmap"``: some together, for GPUs; hardly faster
        on a CPU, and one after the other where the network cannot. They agree to rounding.

    Raises
    ------
    InputError
        If a setting is none or a pattern matches nothing; when first called, if the head does not
        fit, there are fewer coordinates than `dimensions`, or all gradients of a pattern are zero;
        and if one is not finite.

    Notes
    -----
    Memory: the network, one gradient by all chosen parameters (of 256 MiB together with ``vmap``),
    and a byte a parameter for the projection.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from w2slens.features.extractors import ModuleFeatures
    >>> flat = ModuleFeatures(
    ...     torch.nn.Flatten(), lambda x: torch.from_numpy(np.stack(x)).float(), "flat", "image"
    ... )
    >>> GradientFeatures(flat, np.ones(3), dimensions=None)([np.full((1, 1, 3), 7, np.uint8)])
    array([[7., 7., 7.]], dtype=float32)
    """

    network: Any  # an Extractor that is Differentiable
    head: Any = "random"
    _: KW_ONLY
    parameters: str | Sequence[str] = ALL
    dimensions: int | None = 1024
    outputs: Outputs = "margin"
    seed: int = 0
    method: Method = "loop"
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        for key in ("parameters", "dimensions", "outputs", "seed", "method"):
            setattr(self, key, check_gradients(key, getattr(self, key)))
        module = _module(self.network)
        self.kind = self.network.kind
        self._weights = _weights(self.head, self.outputs)
        self._groups = {pattern: matching(module, pattern) for pattern in self.parameters}
        self._silent = set(self._groups)  # patterns whose gradients were all zero up to now
        self._chosen = [
            name
            for name in names_of(module)
            if any(name in group for group in self._groups.values())
        ]
        self._headed: Headed | None = None
        self._sketch = None if self.dimensions is None else Sketch(self.dimensions, self.seed)

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map examples to (len(examples), coordinates) gradient features."""
        with torch.enable_grad():
            headed = self._with_head(examples)
            parts = gradients_of(headed, self._chosen, examples, self.method)
            rows = [self._rows(outputs) for outputs in parts]
        if self._silent:
            first = check.plural(len(examples), "example")
            raise InputError(
                "parameters",
                f"the gradients by {', '.join(sorted(self._silent))} are all zero for the first "
                f"{first}; name parameters that the features depend on",
            )
        return np.concatenate(rows)

    def describe(self) -> dict[str, Any]:
        """Return the settings of the network and of the gradients."""
        weights = self._weights
        gradients = {
            "head": "random" if weights is None else hashlib.sha256(weights.tobytes()).hexdigest(),
            "parameters": sorted(self._groups),
            "dimensions": self.dimensions,
            "outputs": self.outputs,
            "seed": self.seed,
            "projection": None if self.dimensions is None else "count sketch",
        }
        return {**self.network.describe(), "gradients": gradients}

    def _with_head(self, examples: Sequence[Any]) -> Headed:
        """Put a head on features, of the width that they turn out to have."""
        if self._headed is not None:
            return self._headed
        with torch.no_grad():
            features = self.network.features(self.network.inputs(examples[:1]))
        width, weights = features.shape[1], self._weights
        if weights is None:
            normal = np.random.default_rng(self.seed).standard_normal((width, 1))
            weights = np.asarray(normal / np.sqrt(width), np.float32)
        if len(weights) != width:
            raise InputError("head", f"has {len(weights)} rows; the network has {width} features")
        headed = Headed(self.network, torch.from_numpy(weights).to(features.device), self.outputs)
        self._require_dimensions(headed)
        self._headed = headed
        return headed

    def _require_dimensions(self, headed: Headed) -> None:
        """Refuse a projection on more coordinates than there are, and too many without one."""
        count = numbers(headed, self._chosen) * headed.count
        if self.dimensions is None and count > MOST_EXACT:
            raise InputError(
                "dimensions",
                f"is none, of gradients by {count:,} parameters; {MOST_EXACT:,} can be kept whole, "
                "else name the dimensions of a projection",
            )
        if self.dimensions is not None and self.dimensions > count:
            raise InputError(
                "dimensions",
                f"is {self.dimensions:,}, of gradients by {count:,} parameters; name fewer, or "
                "null for the gradients themselves",
            )

    def _rows(self, outputs: list[Blocks]) -> NDArray[np.float32]:
        """Project the gradients of some examples, output by output."""
        self._silent -= {
            pattern
            for pattern in self._silent
            if any(bool(blocks[name].any()) for blocks in outputs for name in self._groups[pattern])
        }
        blocks = {f"{name} {i}": g for i, one in enumerate(outputs) for name, g in one.items()}
        if self._sketch is None:
            rows = torch.cat(list(blocks.values()), dim=1)
        else:
            rows = self._sketch(blocks)
        if not rows.isfinite().all():
            bad = (name for name, g in blocks.items() if not g.isfinite().all())
            name = shown(next(bad, "all together").rpartition(" ")[0])
            raise InputError("parameters", f"the gradients by {name} are not finite")
        return np.asarray(rows.float().cpu().numpy())


def _module(network: Any) -> torch.nn.Module:
    """Take a network's module, put to evaluation and out of half precision."""
    complete = all(hasattr(network, part) for part in PARTS)
    if not complete or not isinstance(network.module, torch.nn.Module):
        raise InputError(
            "network",
            f"{type(network).__name__} has no gradients; a map with {', '.join(PARTS)} is needed, "
            "as ModuleFeatures",
        )
    module: torch.nn.Module = network.module.eval()
    if any(p.is_floating_point() and p.itemsize < 4 for p in module.parameters()):
        module.float()
    return module


def _weights(head: Any, outputs: str) -> NDArray[np.float32] | None:
    """Validate the weights of a head as (d, outputs); None: they are to be drawn."""
    if isinstance(head, str):
        check_gradients("head", head)
        return None
    weights = check.numeric(head, "head")
    weights = weights[:, None] if weights.ndim == 1 else weights
    check.matrix_shape(weights.shape, "head")
    check.finite(weights, "head")
    if outputs == "margin" and weights.shape[1] > 2:
        raise InputError("outputs", f"is 'margin', of {weights.shape[1]} outputs; 'each' is needed")
    return np.array(weights, np.float32)
