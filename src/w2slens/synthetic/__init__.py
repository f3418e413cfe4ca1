"""Synthetic problems: rows to draw whose population, hence every risk, is known."""

from w2slens.synthetic.planted import Planted, Sample

__all__ = ["Planted", "Sample"]
