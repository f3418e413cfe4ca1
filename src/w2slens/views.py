"""The demo data of `w2slens.features.digits`, under a short name."""

from w2slens.features.digits import digits, pixel_differences, random_convolutions

__all__ = ["digits", "pixel_differences", "random_convolutions"]
