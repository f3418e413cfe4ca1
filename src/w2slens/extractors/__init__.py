"""Feature maps: from batches of images or texts to rows of numbers."""

from w2slens.extractors.catalogue import load_extractor
from w2slens.extractors.extractor import Extractor

__all__ = ["Extractor", "load_extractor"]
