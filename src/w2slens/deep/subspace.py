"""Training in a random subspace: ``θ = θ₀ + P θ_d`` for any module, whose code stays as it is.

Li, Farkhoor, Liu and Yosinski 2018 (arXiv 1804.08838) train the d coordinates θ_d alone, from
zero; Aghajanyan, Zettlemoyer and Gupta 2020 (arXiv 2012.13255) call that DID, and let in SAID m of
the d numbers scale the layers: ``θ⁽ⁱ⁾ = θ₀⁽ⁱ⁾ + λ_i (P θ_{d−m})⁽ⁱ⁾``.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens.deep.fastfood import Fastfood

KINDS = ("did", "said")
"""One projection for everything, or one scale a layer besides."""

BLOCKS = ("whole", "tensor")
"""Whether P has unit columns over all parameters together, or over each tensor."""


class Shift(nn.Module):
    """What a tensor θ₀⁽ⁱ⁾ is replaced by: ``θ₀⁽ⁱ⁾ + λ_i (P θ_d)⁽ⁱ⁾``; without scales, λ = 1."""

    def __init__(
        self,
        projection: Fastfood,
        coordinates: nn.Parameter,
        scales: nn.Parameter | None,
        layer: int,
    ) -> None:
        super().__init__()
        self.projection = projection
        self.coordinates = coordinates
        self.scales = scales
        self.layer = layer

    def forward(self, start: torch.Tensor) -> torch.Tensor:
        """Move a tensor along the subspace."""
        step = self.projection(self.coordinates)
        if self.scales is not None:
            step = step * self.scales[self.layer]
        return start + step.view(start.shape).to(start.dtype)


@dataclass(frozen=True, eq=False)
class _Tensor:
    """One tensor of the module and all places that share it."""

    parameter: nn.Parameter
    places: list[tuple[nn.Module, str]]  # who owns it, under which name
    layer: str


@dataclass(frozen=True, eq=False)
class Subspace:
    """A module while it is trained in a subspace; made by `in_subspace`.

    The module itself is used, trained, moved and copied as before. `bake` or `remove` it before the
    module is saved: until then its ``state_dict`` has the names of parametrised tensors.
    """

    module: nn.Module
    dimension: int  # d, all that is trained but the free
    size: int  # D, numbers in the tensors that are moved
    blocks: str  # one of `BLOCKS`
    coordinates: nn.Parameter  # θ_d (d,), or (d − m,)
    scales: nn.Parameter | None  # λ (m,)
    layers: tuple[str, ...]  # what the scales belong to
    free: tuple[nn.Parameter, ...]  # trained as they are, not counted in d
    _tensors: tuple[_Tensor, ...]

    def parameters(self) -> list[nn.Parameter]:
        """Return what is trained: θ_d, λ and the free."""
        scales = [] if self.scales is None else [self.scales]
        return [self.coordinates, *scales, *self.free]

    @property
    def stretch(self) -> float:
        """Norm of P's columns over all tensors together."""
        return math.sqrt(len(self._tensors)) if self.blocks == "tensor" else 1.0

    def remove(self) -> nn.Module:
        """Give the module back as it was; what has been learnt in the subspace is lost."""
        self._attached()
        for tensor in self._tensors:
            for owner, name in tensor.places:
                parametrize.remove_parametrizations(owner, name, leave_parametrized=False)
            tensor.parameter.requires_grad_(True)
        return self.module

    def bake(self) -> nn.Module:
        """Give the module back with plain tensors at θ₀ + P θ_d."""
        self._attached()
        with torch.no_grad():
            learnt = [getattr(*tensor.places[0]).clone() for tensor in self._tensors]
            self.remove()
            for tensor, value in zip(self._tensors, learnt, strict=True):
                tensor.parameter.copy_(value)
        return self.module

    def _attached(self) -> None:
        if not parametrize.is_parametrized(*self._tensors[0].places[0]):
            raise InputError("subspace", "has been removed from its module already; make a new one")


def in_subspace(
    module: nn.Module,
    dimension: int,
    *,
    kind: str = "did",
    blocks: str = "whole",
    seed: int = 0,
    free: Collection[str] = (),
    layers: Callable[[str], str] | None = None,
) -> Subspace:
    """Confine a module's training to a random subspace around where it is now.

    Every tensor that requires a gradient is moved, a new head with the rest, as in both papers;
    tensors that are frozen, and buffers, stay. At first θ_d = 0 and λ = 1: the module computes
    what it did.

    Parameters
    ----------
    module
        Changed in place: its tensors are parametrised, its own ``forward`` runs as before.
    dimension
        d, numbers that are trained: θ_d, and in SAID one scale a layer with them.
    kind
        ``"did"``, or ``"said"``.
    blocks
        ``"whole"``: the columns of P have unit norm over all tensors together, each of which has
        its share of D (Li et al.). ``"tensor"``: unit norm over each tensor (the code of Aghajanyan
        et al.), so that small tensors move as far as large ones. Rows are drawn anew for each
        tensor in both; one θ_d is shared.
    seed
        Of P.
    free
        Names of submodules or tensors, as ``("head",)``, that are trained as they are, outside of
        d; none unless named.
    layers
        Name of a tensor ↦ name of the layer whose scale it has (SAID); the module that owns it
        unless given.

    Returns
    -------
    Subspace
        What is trained (`Subspace.parameters`), and the ways back (`Subspace.bake`,
        `Subspace.remove`).

    Raises
    ------
    InputError
        If nothing requires a gradient, d > D, SAID has no dimension left for θ_d, a free name fits
        nothing, or the module holds recurrent layers of torch (which read their tensors past any
        parametrisation) or is in a subspace already.

    Examples
    --------
    >>> module = nn.Linear(20, 3)
    >>> subspace = in_subspace(module, 5)
    >>> [tuple(p.shape) for p in subspace.parameters()], subspace.size
    ([(5,)], 63)
    >>> plain = subspace.bake()
    """
    check.choice(kind, "kind", KINDS)
    check.choice(blocks, "blocks", BLOCKS)
    check.whole(seed, "seed", 0)
    tensors, untouched = _tensors(module, free, layers)
    size = sum(tensor.parameter.numel() for tensor in tensors)
    names = tuple(dict.fromkeys(tensor.layer for tensor in tensors)) if kind == "said" else ()
    projected = check.whole(dimension, "dimension", 1 + len(names), size + len(names)) - len(names)
    like = tensors[0].parameter.detach()
    coordinates = nn.Parameter(like.new_zeros(projected))
    scales = nn.Parameter(like.new_ones(len(names))) if names else None
    for i, tensor in enumerate(tensors):
        share = tensor.parameter.numel() / size if blocks == "whole" else 1.0
        own = int(np.random.SeedSequence((seed, i)).generate_state(1, np.uint64)[0] >> np.uint64(1))
        projection = Fastfood(projected, tensor.parameter.numel(), seed=own, scale=share**0.5)
        layer = names.index(tensor.layer) if names else 0
        shift = Shift(projection.to(like.device, like.dtype), coordinates, scales, layer)
        tensor.parameter.requires_grad_(False)
        for owner, name in tensor.places:
            parametrize.register_parametrization(owner, name, shift, unsafe=True)
    return Subspace(module, dimension, size, blocks, coordinates, scales, names, untouched, tensors)


def _tensors(
    module: nn.Module, free: Collection[str], layers: Callable[[str], str] | None
) -> tuple[tuple[_Tensor, ...], tuple[nn.Parameter, ...]]:
    """Find what is moved and what is free, each tensor once however many places share it."""
    _refuse_modules(module)
    kept, unmet = dict[int, nn.Parameter](), set(free)
    found: dict[int, _Tensor] = {}
    for prefix, owner in module.named_modules():
        for name, parameter in owner.named_parameters(recurse=False):
            full = f"{prefix}.{name}" if prefix else name
            fits = {word for word in free if full == word or full.startswith(f"{word}.")}
            unmet -= fits
            if fits and parameter.requires_grad:
                kept[id(parameter)] = parameter
            elif parameter.requires_grad:
                layer = prefix if layers is None else layers(full)
                tensor = found.setdefault(id(parameter), _Tensor(parameter, [], layer))
                tensor.places.append((owner, name))
    if unmet:
        raise InputError("free", f"names {sorted(unmet)[0]!r}, which the module does not have")
    moved = tuple(tensor for key, tensor in found.items() if key not in kept)
    if not moved:
        raise InputError("module", "has no tensor that requires a gradient and is not free")
    return moved, tuple(kept.values())


def _refuse_modules(module: nn.Module) -> None:
    for name, part in module.named_modules():
        if isinstance(part, Shift):
            raise InputError("module", "is in a subspace already; bake or remove that one first")
        if isinstance(part, nn.RNNBase):
            raise InputError("module", f"holds a recurrent layer ({name}), which has no subspaces")
