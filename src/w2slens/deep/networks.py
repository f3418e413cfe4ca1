"""Networks to fine-tune: a body that makes features, a head that makes outputs of them."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import torch
from torch import nn

from w2slens._core.errors import InputError


class Network(nn.Module):
    """A body and a linear head on its features.

    Attributes
    ----------
    body
        What holds the parameters that make features.
    head
        Linear; features (batch, width) → outputs (batch, k).
    inputs
        Examples → what `forward` takes, on the network's device.
    """

    def __init__(
        self,
        body: nn.Module,
        head: nn.Linear,
        inputs: Callable[[Sequence[Any]], Any],
        features: Callable[[Any], torch.Tensor],
    ) -> None:
        super().__init__()
        self.body, self.head = body, head
        self.inputs, self._features = inputs, features

    def features(self, inputs: Any) -> torch.Tensor:
        """Map inputs to what the head sees: (batch, width)."""
        return self._features(inputs)

    def forward(self, inputs: Any) -> torch.Tensor:
        """Map inputs to outputs: (batch, k) logits, or numbers."""
        outputs: torch.Tensor = self.head(self.features(inputs))
        return outputs

    def train(self, mode: bool = True) -> Self:
        """Set the mode; frozen parts stay as they are evaluated, batch norms with their means."""
        super().train(mode)
        for part in self.body.modules():
            own = list(part.parameters())
            if own and not any(parameter.requires_grad for parameter in own):
                part.eval()
        return self

    @property
    def device(self) -> torch.device:
        """Where its parameters are."""
        return self.head.weight.device


class Classifier(Network):
    """A network whose library made its head: a sequence classifier of `transformers`."""

    def __init__(
        self, body: nn.Module, outputs: int, inputs: Callable[[Sequence[Any]], Any], name: str
    ) -> None:
        heads = [
            m for m in body.modules() if isinstance(m, nn.Linear) and m.out_features == outputs
        ]
        if not heads:
            raise InputError("model", f"{name!r} has no linear head of {outputs} outputs")
        super().__init__(body, heads[-1], inputs, self._seen)

    def forward(self, inputs: Any) -> torch.Tensor:
        """Map inputs to logits."""
        logits: torch.Tensor = self.body(**inputs).logits
        return logits

    def _seen(self, inputs: Any) -> torch.Tensor:
        """Look at what reaches the head; of a head at every token, at the last one's."""
        kept: list[torch.Tensor] = []
        hook = self.head.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
        try:
            self.body(**inputs)
        finally:
            hook.remove()
        states = kept[-1]
        if states.ndim == 2:
            return states
        last = inputs["attention_mask"].sum(dim=1) - 1
        return states[torch.arange(len(states)), last]
