"""Recipes of `w2slens.experiments.recipe`, under a short name."""

from w2slens.experiments.recipe import load_recipe

__all__ = ["load_recipe"]
