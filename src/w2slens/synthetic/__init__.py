"""Synthetic problems: rows to draw whose population, hence every risk, is known."""

from w2slens.synthetic.planted import Planted
from w2slens.synthetic.sample import Sample

__all__ = ["Planted", "Sample"]
