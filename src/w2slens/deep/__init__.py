"""Weak-to-strong generalization by fine-tuning networks; needs torch (extra ``deep``)."""

from importlib import import_module
from typing import Any

PUBLIC = {
    "LOSSES": "losses",
    "NetworkSettings": "",
    "NetworkStudy": "study",
    "Spec": "loading",
    "load_finetuning": "recipe",
    "loss": "losses",
}
"""Public names → the modules that have them."""

__all__ = list(PUBLIC)


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    own = f"w2slens.deep.{PUBLIC[name]}"
    return getattr(import_module(own if PUBLIC[name] else SETTINGS), name)


SETTINGS = "w2slens.experiments.network_settings"
"""Where the settings are, which need no torch."""
