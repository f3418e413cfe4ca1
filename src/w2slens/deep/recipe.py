"""Recipes of fine-tuning: examples, a weak and a strong network, and the settings of a run."""

from pathlib import Path
from typing import Any

from w2slens._core.errors import InputError
from w2slens._core.yaml import complete, known_keys, located, read_recipe
from w2slens.deep.study import NetworkStudy
from w2slens.experiments.network_settings import NETWORK_OPTIONS, SHARED, NetworkSettings
from w2slens.features.examples import examples_of

EXAMPLES = ("images", "texts", "coloured", "rows")
MODELS = ("weak", "strong")


def load_finetuning(path: str | Path) -> NetworkStudy:
    """Read a recipe of fine-tuning and check it.

    Parameters
    ----------
    path
        A YAML file; relative paths in it are relative to its folder.

    Returns
    -------
    NetworkStudy

    Raises
    ------
    InputError
        If a key is unknown (the nearest is named) or a value cannot be.
    """
    path = Path(path)
    text, recipe = read_recipe(path)
    known_keys(recipe, ["title", *EXAMPLES, *MODELS, *SHARED, *NETWORK_OPTIONS], "")
    complete(recipe, (*MODELS, "n", "N"), "")
    title: Any = recipe.get("title", path.stem)
    if not isinstance(title, str):
        raise InputError("title", f"is {title!r}; a line of text is needed")
    given = {key: recipe[key] for key in (*SHARED, *NETWORK_OPTIONS) if key in recipe}
    given.setdefault("task", "classification")
    corpus = examples_of({key: recipe[key] for key in EXAMPLES if key in recipe}, path.parent)
    words = {"title": title, "recipe": text}
    weak = _located(recipe["weak"], path.parent)
    return NetworkStudy(corpus, weak, recipe["strong"], NetworkSettings(**given), words)


def _located(weak: Any, base: Path) -> Any:
    """Read the paths of teachers' labels as relative to the recipe's folder."""
    if not isinstance(weak, dict):
        return weak
    if isinstance(weak.get("labels"), str):
        return {**weak, "labels": located(weak["labels"], "weak.labels", base)}
    return {name: _located(one, base) for name, one in weak.items()}
