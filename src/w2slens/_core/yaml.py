"""Recipes as files: YAML read strictly, keys checked, paths relative to the file."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

from w2slens._core.errors import InputError
from w2slens._core.inputs import read_text

YES_OR_NO = re.compile("yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")


class Resolver(VersionedResolver):
    """The types of YAML 1.2, and yes and no, on and off for true and false."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Name the type of a node."""
        if kind is ScalarNode and implicit[0] and YES_OR_NO.fullmatch(value):
            return Tag(suffix="tag:yaml.org,2002:bool")
        return super().resolve(kind, value, implicit)


class Constructor(SafeConstructor):
    """What YAML builds without running code; dates stay text."""

    def check_mapping_key(
        self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any
    ) -> bool:
        """Refuse a key that is given twice, in one line."""
        if key in mapping:
            raise ConstructorError(problem=f"{key} twice", problem_mark=key_node.start_mark)
        return True


Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


LARGEST_RECIPE = 2**18
"""Bytes of a recipe: a list of 50,000 sizes still fits, and is read in seconds."""

MOST_VALUES = 10**5
"""Values of a recipe with its aliases spelt out; aliases of aliases multiply."""


def read_recipe(path: Path) -> tuple[str, dict[str, Any]]:
    """Read a recipe: its text, and what it says."""
    text = read_text(path, "recipe", most=LARGEST_RECIPE)
    return text, _parsed(text, path)


def _parsed(text: str, path: Path) -> dict[str, Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver, yaml.Constructor = Resolver, Constructor
    try:
        node = yaml.compose(text)
        if spelt_out(node, {}) > MOST_VALUES:
            raise InputError("recipe", f"{path} repeats too much by its aliases; write it out")
        recipe = None if node is None else yaml.constructor.construct_document(node)
    except InputError:
        raise
    except (YAMLError, ValueError, LookupError) as error:  # the latter two from a wrong !!tag
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "not readable"
        raise InputError("recipe", f"{path} is not YAML: {problem}{where}") from None
    except RecursionError:
        raise InputError("recipe", f"{path} is not a recipe: it is nested too deep") from None
    if not isinstance(recipe, dict) or not recipe:
        raise InputError("recipe", f"{path} holds no 'key: value' lines")
    return recipe


def spelt_out(node: Any, known: dict[int, int]) -> int:
    """Count the values below a node, those of an alias every time; a loop once."""
    if not isinstance(node, CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = 1
        parts = [part for item in node.value for part in _parts(item)]
        known[id(node)] = 1 + sum(spelt_out(part, known) for part in parts)
    return known[id(node)]


def _parts(item: Any) -> tuple[Any, ...]:
    """Take an entry of a list, or key and value of a mapping."""
    return item if isinstance(item, tuple) else (item,)


def located(value: Any, key: str, base: Path) -> Any:
    """Read a path, or names of several, as relative to the recipe's folder; a URL is none."""
    if value is None:
        return None
    if isinstance(value, dict) and key == "weak":
        return {name: located(path, f"{key}.{name}", base) for name, path in value.items()}
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InputError(key, f"is {value!r}; the path of a file is needed")
    if "://" in value:
        return value
    try:
        return os.path.normpath(base / Path(value).expanduser())
    except RuntimeError:
        raise InputError(key, f"is {value!r}; there is no such user's folder") from None


@contextmanager
def within(section: str) -> Iterator[None]:
    """Name the section of a recipe in errors that come of what stands there."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{section}.{error.argument}", error.problem) from None


def known_keys(given: Mapping[Any, Any], valid: Iterable[str], prefix: str) -> None:
    """Refuse a key that means nothing, naming the nearest that does."""
    valid = list(valid)
    for key in given:
        if key not in valid:
            near = difflib.get_close_matches(str(key), valid, 1)
            meant = f"; did you mean {prefix}{near[0]}?" if near else "."
            raise InputError(
                f"{prefix}{key}",
                f"is not a key of recipes{meant} Valid keys: {', '.join(valid)}",
            )


def complete(given: Mapping[str, Any], needed: Iterable[str], prefix: str) -> None:
    """Refuse a recipe that lacks a key."""
    for key in needed:
        if given.get(key) is None:
            raise InputError(f"{prefix}{key}", "is missing from the recipe")
