"""Recipes: an experiment written down as YAML, checked key by key, made a `Campaign`."""

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from w2slens import _check
from w2slens._errors import InputError
from w2slens.campaign import Campaign
from w2slens.sources import read_array
from w2slens.sweeps import prepare, prepare_planted
from w2slens.synthetic import Planted

KINDS: dict[str, Callable[..., Planted]] = {
    "coordinates": Planted.coordinates,
    "correlations": Planted.with_correlations,
}
"""Synthetic problems by the name that a recipe gives them."""

SYNTHETIC, PATHS, TITLE = "synthetic", ("weak", "strong", "labels", "target"), "title"

RANGE = ("start", "stop", "num")
"""A list of sizes may be written as so many equal steps between two ends."""


class Loader(yaml.SafeLoader):
    """YAML's safe subset: 1e-6 is a number, 010 is ten, dates are text, no key comes twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is given twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = node.value[place][0].start_mark
                raise yaml.constructor.ConstructorError(problem=f"{key} twice", problem_mark=mark)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    letter: [(tag, form) for tag, form in forms if not tag.endswith((":timestamp", ":int"))]
    for letter, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9][0-9_]*$"), list("-+0123456789")
)
Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def load_recipe(path: str | Path) -> Campaign:
    """Read a recipe and check everything about it without running it.

    Parameters
    ----------
    path
        A YAML file; relative paths in it are relative to its folder.

    Returns
    -------
    Campaign

    Raises
    ------
    InputError
        If the file cannot be read, has an unknown key (the nearest valid one is named) or a value
        that its experiment cannot have.
    """
    path = Path(path)
    text = _text(path)
    recipe = _parsed(text, path)
    campaign = _on_draws(recipe) if SYNTHETIC in recipe else _on_rows(recipe, path.parent)
    title = recipe.get(TITLE, path.stem)
    if not isinstance(title, str):
        raise InputError(TITLE, f"is {title!r}; a line of text is needed")
    return replace(campaign, config={**campaign.config, "title": title, "recipe": text})


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("recipe", f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError("recipe", f"{path} is not a text file") from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        recipe = yaml.load(text, Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "not readable"
        raise InputError("recipe", f"{path} is not YAML: {problem}{where}") from None
    except RecursionError:
        raise InputError("recipe", f"{path} is not a recipe: it is nested too deep") from None
    if not isinstance(recipe, dict) or not recipe:
        raise InputError("recipe", f"{path} holds no 'key: value' lines")
    return recipe


def _on_draws(recipe: dict[str, Any]) -> Campaign:
    for key in (*PATHS, *_keywords(prepare)):
        if key in recipe and key not in _keywords(prepare_planted):
            raise InputError(key, f"goes with data, not with {SYNTHETIC}: its rows are drawn")
    _known_keys(recipe, [SYNTHETIC, TITLE, *_keywords(prepare_planted)], "")
    settings = {key: value for key, value in recipe.items() if key not in (SYNTHETIC, TITLE)}
    return prepare_planted(_planted(recipe[SYNTHETIC]), **_sizes(settings))


def _planted(given: Any) -> Planted:
    if not isinstance(given, dict):
        raise InputError(SYNTHETIC, f"is {given!r}; 'kind:' and its settings are needed")
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"{SYNTHETIC}.kind", f"is {kind!r}; one of {', '.join(KINDS)} is needed")
    build = KINDS[kind]
    parameters = inspect.signature(build).parameters
    _known_keys(given, ["kind", *parameters], f"{SYNTHETIC}.")
    needed = [name for name, one in parameters.items() if one.default is one.empty]
    _complete(given, needed, f"{SYNTHETIC}.")
    settings = {key: value for key, value in given.items() if key != "kind"}
    if isinstance(settings.get("canonical"), dict):
        settings["canonical"] = _counted(settings["canonical"])
    try:
        return build(**settings)
    except InputError as error:
        raise InputError(f"{SYNTHETIC}.{error.argument}", error.problem) from None


def _counted(canonical: Mapping[Any, Any]) -> list[float]:
    """Read ``{correlation: how many}``."""
    values: list[float] = []
    for value, count in canonical.items():
        times = _check.whole(count, f"{SYNTHETIC}.canonical", least=0)
        values += [_check.non_negative(value, f"{SYNTHETIC}.canonical")] * times
    return values


def _on_rows(recipe: dict[str, Any], base: Path) -> Campaign:
    keywords = [key for key in _keywords(prepare) if key != "target"]
    _known_keys(recipe, [TITLE, SYNTHETIC, *PATHS, *keywords], "")
    _complete(recipe, ("weak", "strong", "labels"), "")
    weak, strong, labels, target = (_located(recipe.get(key), key, base) for key in PATHS)
    settings = {key: value for key, value in recipe.items() if key in keywords}
    y = read_array(labels, "labels")
    if "task" not in settings:
        settings["task"] = _check.task_of(y)
    return prepare(weak, strong, y, target=target, **_sizes(settings))


def _located(value: Any, key: str, base: Path) -> Any:
    """Read a path, or names of several, as relative to the recipe's folder."""
    if value is None:
        return None
    if isinstance(value, dict) and key == "weak":
        return {name: _located(path, f"{key}.{name}", base) for name, path in value.items()}
    if not isinstance(value, str) or not value.strip():
        raise InputError(key, f"is {value!r}; the path of a file is needed")
    try:
        return str(base / Path(value).expanduser())
    except RuntimeError:
        raise InputError(key, f"is {value!r}; there is no such user's folder") from None


def _keywords(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]


def _known_keys(given: Mapping[Any, Any], valid: Iterable[str], prefix: str) -> None:
    """Refuse a key that means nothing, naming the nearest that does."""
    valid = list(valid)
    for key in given:
        if key not in valid:
            near = difflib.get_close_matches(str(key), valid, 1, cutoff=0.0)
            raise InputError(
                f"{prefix}{key}",
                f"is not a key of recipes; did you mean {prefix}{near[0]}? "
                f"Valid keys: {', '.join(valid)}",
            )


def _complete(given: Mapping[str, Any], needed: Iterable[str], prefix: str) -> None:
    for key in needed:
        if given.get(key) is None:
            raise InputError(f"{prefix}{key}", "is missing from the recipe")


def _sizes(settings: dict[str, Any]) -> dict[str, Any]:
    """Spell out ranges of n and N."""
    _complete(settings, ("n", "N"), "")
    return {
        key: _spelt_out(value, key) if key in ("n", "N") and isinstance(value, dict) else value
        for key, value in settings.items()
    }


def _spelt_out(value: dict[str, Any], key: str) -> list[int]:
    _known_keys(value, RANGE, f"{key}.")
    _complete(value, RANGE, f"{key}.")
    start, stop, num = (_check.whole(value[end], f"{key}.{end}") for end in RANGE)
    if num > abs(stop - start) + 1:
        raise InputError(f"{key}.num", f"is {num:,}; there are no so many sizes between the ends")
    return [int(size) for size in np.round(np.linspace(start, stop, num))]
