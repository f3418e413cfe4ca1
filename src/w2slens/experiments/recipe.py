"""Recipes: an experiment written down as YAML, checked key by key, made a `Study`."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Id
from w2slens._core.yaml import complete, known_keys, located, read_recipe, within
from w2slens.experiments.settings import DRAWN, OPTIONS, Settings
from w2slens.experiments.study import Study
from w2slens.features.readers import names_file
from w2slens.synthetic import Planted

KINDS: dict[str, Callable[..., Planted]] = {
    "coordinates": Planted.coordinates,
    "correlations": Planted.with_correlations,
}
"""Synthetic problems by the name that a recipe gives them."""

SYNTHETIC, PATHS, TITLE = "synthetic", ("weak", "strong", "labels", "target", "groups"), "title"

HEADER, ID = "header", "id"
"""Whether a first line of a table that may be either names its columns; by what rows are joined."""

RANGE = ("start", "stop", "num")
"""A list of sizes may be written as so many equal steps between two ends."""


def load_recipe(path: str | Path) -> Study:
    """Read a recipe, whose paths are relative to its folder, and check all of it.

    Parameters
    ----------
    path
        A YAML file.

    Raises
    ------
    InputError
        If the file cannot be read, has an unknown key (the nearest valid one is named) or a value
        that its experiment cannot have.
    """
    path = Path(path)
    text, recipe = read_recipe(path)
    title = recipe.get(TITLE, path.stem)
    if not isinstance(title, str):
        raise InputError(TITLE, f"is {title!r}; a line of text is needed")
    words = {"title": title, "recipe": text}
    if SYNTHETIC in recipe:
        return _on_draws(recipe, words)
    return _on_rows(recipe, path.parent, words)


def _on_draws(recipe: dict[str, Any], words: dict[str, str]) -> Study:
    for key in (*PATHS, HEADER, ID, *OPTIONS):
        if key in recipe and key not in DRAWN:
            raise InputError(key, f"goes with data, not with {SYNTHETIC}: its rows are drawn")
    known_keys(recipe, [SYNTHETIC, TITLE, *DRAWN], "")
    return Study.of_population(_planted(recipe[SYNTHETIC]), _settings(recipe), words)


def _planted(given: Any) -> Planted:
    if not isinstance(given, dict):
        raise InputError(SYNTHETIC, f"is {given!r}; 'kind:' and its settings are needed")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{SYNTHETIC}.kind", f"is {kind!r}; one of {', '.join(KINDS)} is needed")
    build = KINDS[kind]
    parameters = inspect.signature(build).parameters
    known_keys(given, ["kind", *parameters], f"{SYNTHETIC}.")
    needed = [name for name, one in parameters.items() if one.default is one.empty]
    complete(given, needed, f"{SYNTHETIC}.")
    settings = {key: value for key, value in given.items() if key != "kind"}
    if isinstance(settings.get("canonical"), dict):
        settings["canonical"] = _counted(settings["canonical"])
    with within(SYNTHETIC):
        return build(**settings)


def _counted(canonical: Mapping[Any, Any]) -> list[float]:
    """Read ``{correlation: how many}``."""
    values: list[float] = []
    for value, count in canonical.items():
        times = check.dimension(count, f"{SYNTHETIC}.canonical", least=0)
        values += [check.non_negative(value, f"{SYNTHETIC}.canonical")] * times
    return values


def _on_rows(recipe: dict[str, Any], base: Path, words: dict[str, str]) -> Study:
    known_keys(recipe, [TITLE, SYNTHETIC, HEADER, ID, *PATHS, *OPTIONS], "")
    complete(recipe, ("weak", "strong", "labels"), "")
    weak, strong, labels, target, groups = (located(recipe.get(key), key, base) for key in PATHS)
    header = recipe.get(HEADER)
    if header is not None and not isinstance(header, bool):
        raise InputError(HEADER, f"is {header!r}; yes or no is needed")
    settings, more = _settings(recipe), {"target": target, "groups": groups}
    more |= {"header": header, "id": _ids(recipe.get(ID), base)}
    try:
        return Study.of_rows(weak, strong, labels, settings, words=words, **more)
    except InputError as error:
        key = "labels" if error.argument == "y" else error.argument
        raise InputError(key, error.problem) from None


def _ids(given: Any, base: Path) -> Id:
    """Read a column of ids, or {input: its column, or a file relative to the recipe's folder}."""
    if given is None:
        return None
    named = {"*": given} if isinstance(given, str) else given
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise InputError(ID, f"is {given!r}; a column, or {{input: column or file}}, is needed")
    return {name: located(one, ID, base) if names_file(one) else one for name, one in named.items()}


def _settings(recipe: dict[str, Any]) -> Settings:
    """Take the settings out of a recipe; ranges of n and N are spelt out."""
    complete(recipe, ("n", "N"), "")
    given = {key: value for key, value in recipe.items() if key in OPTIONS}
    for key in ("n", "N"):
        if isinstance(given[key], dict):
            known_keys(given[key], RANGE, f"{key}.")
            complete(given[key], RANGE, f"{key}.")
            start, stop, num = (given[key][end] for end in RANGE)
            given[key] = check.spaced(start, stop, num, key)
    return Settings(**given)
