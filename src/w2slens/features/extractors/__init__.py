"""Feature maps: from batches of images or texts to rows of numbers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from w2slens.features.extractors.catalogue import check_model, load_extractor
from w2slens.features.extractors.extractor import Differentiable, Extractor, Learner

if TYPE_CHECKING:
    from w2slens.features.extractors.module import ModuleFeatures

__all__ = ["Differentiable", "Extractor", "Learner", "ModuleFeatures", "check_model", "load_extractor"]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name == "ModuleFeatures":
        return import_module("w2slens.features.extractors.module").ModuleFeatures
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
