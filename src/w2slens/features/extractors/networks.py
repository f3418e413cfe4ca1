"""Features out of pre-trained networks: pooled images, and pooled tokens of a layer.

Needs torch. A network runs in evaluation mode and without gradients, on the GPU where there is one
(in mixed precision), and does not see which examples share its batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from w2slens._core import check
from w2slens._core.errors import InputError


def device_of(name: str) -> torch.device:
    """Resolve ``"auto"``: the GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise InputError("device", f"is {name!r}; torch finds {check.plural(count, 'GPU')} here")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise InputError("device", f"is {name!r}; torch finds none here")
    return device


def ready(network: torch.nn.Module, device: torch.device) -> None:
    """Put a network to work: no dropout, on its device, and on a CPU in single precision.

    Half precision would see its batch there, and is slower.
    """
    network.eval().to(device)
    if device.type == "cpu":
        network.float()


def mixed_precision(device: torch.device) -> torch.autocast:
    """Compute in half precision where that is fast and does no harm: on a GPU."""
    return torch.autocast(device.type, enabled=device.type == "cuda")


@dataclass(eq=False)
class ImageNetwork:
    """Pooled features of a network on images.

    The network maps (batch, 3, size, size) to (batch, channels), or to (batch, channels, h, w),
    whose mean over space is taken.
    """

    network: Callable[[torch.Tensor], torch.Tensor]
    name: str  # what the manifest calls it
    size: int  # edge to which images are scaled
    mean: tuple[float, float, float]  # taken off pixels in [0, 1], a value a channel
    std: tuple[float, float, float]  # divided by, a value a channel
    device: str = "auto"  # ``"auto"``, ``"cpu"``, ``"cuda"``
    kind: str = field(default="image", init=False)

    def __post_init__(self) -> None:
        self._device = device_of(self.device)
        if isinstance(self.network, torch.nn.Module):
            self.network.eval().to(self._device)
        colours = torch.tensor((self.mean, self.std), device=self._device)
        self._mean, self._std = colours.reshape(2, 1, 3, 1, 1)

    @torch.inference_mode()
    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map images to pooled features."""
        with mixed_precision(self._device):
            features = self.features(self.inputs(examples))
        return np.asarray(features.float().cpu().numpy())

    @property
    def module(self) -> torch.nn.Module:
        """What holds the parameters: the network, or what it is a method of."""
        module: torch.nn.Module = getattr(self.network, "__self__", self.network)
        return module

    def inputs(self, examples: Sequence[Any]) -> torch.Tensor:
        """Scale images and their colours as the network expects: (batch, 3, size, size)."""
        return (self.scaled(examples) - self._mean) / self._std

    def features(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pool what the network makes of inputs: (batch, channels), with gradients."""
        features = self.network(inputs)
        return features.mean(dim=(2, 3)) if features.ndim == 4 else features

    def scaled(self, examples: Sequence[Any]) -> torch.Tensor:
        """Stack images as (batch, 3, size, size) in [0, 1]; equal sizes are scaled together."""
        shapes = {image.shape for image in examples}
        if len(shapes) > 1:
            return torch.cat([self.scaled([image]) for image in examples])
        batch = torch.from_numpy(np.stack(examples)).to(self._device)
        pixels = batch.permute(0, 3, 1, 2).float() / 255
        if pixels.shape[2:] == (self.size, self.size):
            return pixels
        shrinks = min(pixels.shape[2:]) > self.size
        return functional.interpolate(
            pixels, (self.size, self.size), mode="bilinear", antialias=shrinks
        )

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        colours = {"mean": list(self.mean), "std": list(self.std)}
        how = {"scaling": "bilinear", "pooling": "mean"}
        return {"model": self.name, "size": self.size, **colours, **how}


@dataclass(eq=False)
class TextNetwork:
    """Pooled tokens of one layer of a transformer."""

    tokenizer: Any
    network: Any
    name: str  # what the manifest calls them
    layer: int = -1  # 0 is the embeddings, −1 the last layer
    pooling: str = "mean"  # one of `catalogue.POOLINGS`
    tokens: int = 128  # longest text; the rest is cut off
    device: str = "auto"  # ``"auto"``, ``"cpu"``, ``"cuda"``
    kind: str = field(default="text", init=False)

    def __post_init__(self) -> None:
        self._device = device_of(self.device)
        ready(self.network, self._device)
        self._pad()

    def _pad(self) -> None:
        """Pad on the right, where no token that counts sees it; decoders often name no token."""
        known = self.tokenizer
        if known.pad_token is None:
            known.pad_token = known.eos_token or known.unk_token
        if known.pad_token is None:
            raise InputError("model", f"{self.name!r} has no token to pad with; name its pad_token")
        known.padding_side = "right"

    @torch.inference_mode()
    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map texts to pooled features."""
        with mixed_precision(self._device):
            features = self.features(self.inputs(examples))
        return np.asarray(features.cpu().numpy())

    @property
    def module(self) -> torch.nn.Module:
        """What holds the parameters."""
        module: torch.nn.Module = self.network
        return module

    def inputs(self, examples: Sequence[Any]) -> dict[str, torch.Tensor]:
        """Cut texts to tokens, padded to the longest of them: (batch, tokens) each."""
        words = self.tokenizer(
            list(examples),
            padding=True,
            truncation=True,
            max_length=self.tokens,
            return_tensors="pt",
        )
        return dict(words.to(self._device))

    def features(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Pool the layer's states over the tokens: (batch, width), with gradients."""
        states = self.network(**inputs, output_hidden_states=True).hidden_states[self.layer]
        return self.pooled(states.float(), inputs["attention_mask"])

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool (batch, tokens, width) by the attention mask (batch, tokens)."""
        if self.pooling == "cls":
            return states[:, 0]
        if self.pooling == "last":
            return states[torch.arange(len(states)), mask.sum(dim=1) - 1]
        weights = mask[:, :, None].to(states.dtype)
        return (states * weights).sum(dim=1) / weights.sum(dim=1)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        settings = {"layer": self.layer, "pooling": self.pooling, "tokens": self.tokens}
        return {"model": self.name, **settings}


@dataclass(eq=False)
class SentenceNetwork:
    """Embeddings of a SentenceTransformer, whose pooling is its own."""

    encoder: Any  # as `sentence_transformers` loads it
    name: str  # what the manifest calls it
    device: str = "auto"  # ``"auto"``, ``"cpu"``, ``"cuda"``
    kind: str = field(default="text", init=False)

    def __post_init__(self) -> None:
        self._device = device_of(self.device)
        ready(self.encoder, self._device)

    def __call__(self, examples: Sequence[Any]) -> NDArray[np.float32]:
        """Map texts to embeddings."""
        with mixed_precision(self._device):
            embeddings = self.encoder.encode(
                list(examples), batch_size=len(examples), show_progress_bar=False
            )
        return np.asarray(embeddings, np.float32)

    def describe(self) -> dict[str, Any]:
        """Return the settings."""
        return {"model": self.name, "tokens": self.encoder.max_seq_length}
