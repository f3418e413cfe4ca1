"""The settings of a run as options of a command line, and back."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from functools import wraps
from typing import Any

import click

from w2slens import Settings
from w2slens.cli._help import Option
from w2slens.cli._options import SIZES, Parsed, flag, ridge
from w2slens.experiments.settings import OPTIONS


def _listed(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read values separated by commas; a single one is no list."""

    def values(text: str) -> Any:
        found = [read(part) for part in text.split(",")]
        return found if len(found) > 1 else found[0]

    return values


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


KINDS: Mapping[str, Any] = {
    "sizes": SIZES,
    "whole": int,
    "ridges": Parsed("number|auto", _listed(ridge), "a number of at least 0 or auto is needed"),
    "numbers": Parsed("list", _listed(float), "numbers separated by commas are needed"),
    "words": Parsed("list", _listed(str), "words separated by commas are needed"),
    "rows or share": Parsed("rows|share", _number, "a number of rows or a share is needed"),
    "components": Parsed("number|share", _number, "a number of components or a share is needed"),
}
"""How a command line types what `w2slens.Settings` declares; choices stand for themselves."""


ALSO = {"students": ("--student",)}
"""Other spellings of an option."""

OFTEN = ("n", "N", "trials", "ridge_weak", "ridge_strong", "task", "students", "seed")
"""Settings that short help shows."""


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option a setting; the command gets `Settings`, the task as the labels say."""

    @wraps(command)
    def told(**given: Any) -> Any:
        settings = Settings(**{name: given.pop(name) for name in OPTIONS})
        return command(settings=settings, **given)

    for name, one in reversed(list(OPTIONS.items())):
        kind, words = one.metadata["kind"], one.metadata["words"]
        needed = one.default is MISSING
        default = one.default[0] if isinstance(one.default, tuple) else one.default
        known = {} if needed or name == "task" else {"default": default}
        told = click.option(
            *ALSO.get(name, ()),
            flag(name),
            name,
            cls=Option,
            rare=name not in OFTEN,
            type=click.Choice(kind) if isinstance(kind, tuple) else KINDS[kind],
            required=needed,
            show_default=True,
            help=f"{words[0].upper()}{words[1:]}.",
            **known,
        )(told)
    return told


def command_line(name: str, options: Sequence[tuple[str, Any]]) -> str:
    """Write the command that replays a run; options without a value are left out."""
    words = ["w2slens", name]
    for option, value in options:
        if value is not None:
            text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            words += [option, text]
    return shlex.join(words)


def replaying(settings: Settings) -> list[tuple[str, Any]]:
    """Write settings as options."""
    return [(flag(name), value) for name, value in settings.to_dict().items()]
