"""Gradients of every example's logits by parameters of a network, without a sum over the batch."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, grad, vmap

from w2slens._core.errors import InputError
from w2slens.features.extractors.extractor import Differentiable

HEAD = "head"
"""What the weights from features to logits are called among the parameters."""

TOGETHER = 2**26
"""Numbers in the gradients of examples that are differentiated together: 256 MiB."""

Blocks = dict[str, torch.Tensor]
"""Gradients (examples, coordinates) by name of the parameter."""


class Headed(nn.Module):
    """What is differentiated of a network's features, as a module of exchangeable parameters."""

    def __init__(self, network: Differentiable, head: torch.Tensor, outputs: str) -> None:
        super().__init__()
        self.module = network.module
        self.head = nn.Parameter(head)
        self.inputs = network.inputs
        self.count = 1 if outputs == "margin" else head.shape[1]
        self._features = network.features

    def forward(self, inputs: Any) -> torch.Tensor:
        """Map what the network takes to (batch, logits), or to the (batch, 1) margin of two."""
        features = self._features(inputs)
        logits: torch.Tensor = features @ self.head.to(features.dtype)
        return logits if logits.shape[1] == self.count else logits[:, 1:] - logits[:, :1]


def shown(name: str) -> str:
    """Name a parameter of `Headed` as the user's network does."""
    return name.removeprefix("module.")


def names_of(module: nn.Module) -> list[str]:
    """Name what can be differentiated by, as `Headed` does."""
    own = [f"module.{name}" for name, p in module.named_parameters() if p.is_floating_point()]
    return [*own, HEAD]


def matching(module: nn.Module, pattern: str) -> list[str]:
    """Find the parameters whose name has the parts of a pattern, or fits its wildcards."""
    names = names_of(module)
    found = [
        name
        for name in names
        if f".{pattern}." in f".{shown(name)}." or fnmatchcase(shown(name), pattern)
    ]
    if not found:
        listed = ", ".join(map(shown, names))
        raise InputError("parameters", f"{pattern!r} matches none of {listed}")
    return found


def numbers(headed: Headed, chosen: Sequence[str]) -> int:
    """Count the coordinates of a gradient by the chosen parameters."""
    return sum(p.numel() for name, p in headed.named_parameters() if name in chosen)


def gradients_of(
    headed: Headed, chosen: Sequence[str], examples: Sequence[Any], method: str
) -> Iterator[list[Blocks]]:
    """Differentiate by the chosen parameters, some examples at a time; blocks of each output.

    Where the network cannot do it under `vmap`, as where it looks at the numbers in a mask, one
    example comes after the other.
    """
    step = max(1, TOGETHER // numbers(headed, chosen))
    for start in range(0, len(examples), step):
        some = examples[start : start + step]
        if method == "vmap":
            try:
                found = together(headed, chosen, some)
            except (RuntimeError, TypeError, ValueError) as error:
                if "out of memory" in str(error):
                    raise
                method = "loop"
            else:
                yield found
                continue
        yield from (alone(headed, chosen, example) for example in some)


def alone(headed: Headed, chosen: Sequence[str], example: Any) -> list[Blocks]:
    """Differentiate each output of one example, which needs no padding."""
    moving = {*chosen, HEAD}
    leaves = {
        name: p.detach().requires_grad_(name in moving) for name, p in headed.named_parameters()
    }
    outputs = functional_call(headed, leaves, (headed.inputs([example]),))[0]
    wanted = [leaves[name] for name in chosen]
    found = [
        torch.autograd.grad(
            output, wanted, retain_graph=i < len(outputs), allow_unused=True, materialize_grads=True
        )
        for i, output in enumerate(outputs, 1)
    ]
    return [{name: g.reshape(1, -1) for name, g in zip(chosen, one, strict=True)} for one in found]


def together(headed: Headed, chosen: Sequence[str], examples: Sequence[Any]) -> list[Blocks]:
    """Differentiate each output of several examples at once."""
    rest = {name: p.detach() for name, p in headed.named_parameters()}
    wanted = {name: rest.pop(name) for name in chosen}
    inputs = headed.inputs(examples)

    def output(wanted: Blocks, one: Any, i: int) -> torch.Tensor:
        batch = {k: v[None] for k, v in one.items()} if isinstance(one, Mapping) else one[None]
        value: torch.Tensor = functional_call(headed, {**rest, **wanted}, (batch,))[0, i]
        return value

    taken = vmap(grad(output), in_dims=(None, 0, None))
    found = (taken(wanted, inputs, i) for i in range(headed.count))
    return [{name: g.flatten(1) for name, g in one.items()} for one in found]
