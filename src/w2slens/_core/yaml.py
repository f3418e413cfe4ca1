"""Recipes as files: YAML read strictly, keys checked, paths relative to the file."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from w2slens._core.errors import InputError


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


def read_recipe(path: Path) -> tuple[str, dict[str, Any]]:
    """Read a recipe: its text, and what it says."""
    text = _text(path)
    return text, _parsed(text, path)


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


def located(value: Any, key: str, base: Path) -> Any:
    """Read a path, or names of several, as relative to the recipe's folder."""
    if value is None:
        return None
    if isinstance(value, dict) and key == "weak":
        return {name: located(path, f"{key}.{name}", base) for name, path in value.items()}
    if not isinstance(value, str) or not value.strip():
        raise InputError(key, f"is {value!r}; the path of a file is needed")
    try:
        return os.path.normpath(base / Path(value).expanduser())
    except RuntimeError:
        raise InputError(key, f"is {value!r}; there is no such user's folder") from None


def known_keys(given: Mapping[Any, Any], valid: Iterable[str], prefix: str) -> None:
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


def complete(given: Mapping[str, Any], needed: Iterable[str], prefix: str) -> None:
    """Refuse a recipe that lacks a key."""
    for key in needed:
        if given.get(key) is None:
            raise InputError(f"{prefix}{key}", "is missing from the recipe")
