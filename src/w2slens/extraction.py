"""Feature extraction of `w2slens.features.extract`, under a short name."""

from w2slens.features.extract import extract

__all__ = ["extract"]
