"""Feature maps: from batches of images or texts to rows of numbers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from w2slens.features.extractors.catalogue import check_model, load_extractor
from w2slens.features.extractors.extractor import Differentiable, Extractor, Learner

if TYPE_CHECKING:
    from w2slens.features.extractors.gradients import GradientFeatures
    from w2slens.features.extractors.module import ModuleFeatures

__all__ = [
    "Differentiable",
    "Extractor",
    "GradientFeatures",
    "Learner",
    "ModuleFeatures",
    "check_model",
    "load_extractor",
]

LATE = {"GradientFeatures": "gradients", "ModuleFeatures": "module"}
"""What needs torch, and the module where it is."""


def __getattr__(name: str) -> Any:
    """Load a class that needs torch when it is first asked for."""
    if name in LATE:
        return getattr(import_module(f"w2slens.features.extractors.{LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
