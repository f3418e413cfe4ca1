"""Which parameters of a network are trained: all, its head alone, or low-rank additions."""

from collections.abc import Sequence
from importlib import import_module

from torch import nn

from w2slens._core.errors import InputError, needing
from w2slens.deep.networks import Network
from w2slens.experiments.network_settings import NetworkSettings

LINEAR = (nn.Linear, nn.Conv2d)
"""Modules that LoRA can add to."""

QUERIES = ("query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "qkv")
"""Where LoRA goes unless told: the queries and values of attention, where there are any."""


def adapt(network: Network, how: str, settings: NetworkSettings) -> Network:
    """Freeze what is not to be trained, in place.

    Raises
    ------
    InputError
        If LoRA is to go to modules that are not there; those that there are, are listed.
    """
    if how == "full":
        return network
    for parameter in network.body.parameters():
        parameter.requires_grad_(False)
    if how == "lora":
        _add_lora(network, settings)
    for parameter in network.head.parameters():
        parameter.requires_grad_(True)
    return network


def _add_lora(network: Network, settings: NetworkSettings) -> None:
    """Add low-rank matrices (Hu et al., arXiv 2106.09685), by peft."""
    with needing("peft", "LoRA", extra="deep"):
        peft = import_module("peft")
    targets = lora_targets(network, settings.lora_targets)
    rank = settings.lora_rank
    config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets)
    peft.inject_adapter_in_model(config, network.body)


def lora_targets(network: Network, asked: str | Sequence[str] | None) -> list[str]:
    """Find the modules of the body whose names end as asked, by their whole names."""
    heads = {id(network.head)}
    names = [
        name
        for name, module in network.body.named_modules()
        if isinstance(module, LINEAR) and id(module) not in heads and name
    ]
    endings = [asked] if isinstance(asked, str) else list(asked or QUERIES)
    found = [name for name in names if any(f".{name}".endswith(f".{end}") for end in endings)]
    if not found and asked is None:
        found = [name for name in names if _plain(network, name)]
    if not found:
        there = ", ".join(dict.fromkeys(name.rsplit(".", 1)[-1] for name in names)) or "none"
        raise InputError("lora_targets", f"match no module; there are {there}")
    return found


def _plain(network: Network, name: str) -> bool:
    """Whether a module is no convolution in groups, to which nothing can be added."""
    return getattr(network.body.get_submodule(name), "groups", 1) == 1
