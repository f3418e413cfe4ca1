"""Options and parameter types that several commands share."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING
from functools import wraps
from pathlib import Path
from typing import Any

import click

from w2slens import InputError, Problem, Settings
from w2slens._core.types import Ridge
from w2slens.experiments.settings import OPTIONS

OUTPUT_ARGUMENTS = ("out", "overwrite", "jobs")
"""Arguments that a command line gives beside a recipe."""


@contextmanager
def recipe_errors(recipe: str) -> Iterator[None]:
    """Name the recipe and its key in errors that come of what it says."""
    try:
        yield
    except InputError as error:
        if error.argument in OUTPUT_ARGUMENTS:
            raise
        key = {"y": "labels", "recipe": ""}.get(error.argument, error.argument)
        where = f"{Path(recipe).name}: {key}: " if key else ""
        raise click.ClickException(f"{where}{error.problem}") from None


class Parsed(click.ParamType[Any]):
    """A value that `read` makes of a text, or else says what is `needed`."""

    def __init__(self, name: str, read: Callable[[str], Any], needed: str) -> None:
        self.name, self._read, self._needed = name, read, needed

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Read a text; values of a default are what they are."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError:
            self.fail(f"is {value!r}; {self._needed}", param, ctx)


def _listed(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read values separated by commas; a single one is no list."""

    def values(text: str) -> Any:
        found = [read(part) for part in text.split(",")]
        return found if len(found) > 1 else found[0]

    return values


def _whole(text: str) -> int:
    return int(text.replace("_", ""))


def _ridge(text: str) -> Ridge:
    return "auto" if text == "auto" else float(text)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


SIZES = Parsed("list", _listed(_whole), "whole numbers separated by commas are needed")
RIDGE = Parsed("number|auto", _ridge, "a number of at least 0 or auto is needed")

KINDS: Mapping[str, Any] = {
    "sizes": SIZES,
    "whole": int,
    "ridges": Parsed("number|auto", _listed(_ridge), "a number of at least 0 or auto is needed"),
    "numbers": Parsed("list", _listed(float), "numbers separated by commas are needed"),
    "words": Parsed("list", _listed(str), "words separated by commas are needed"),
    "rows or share": Parsed("rows|share", _number, "a number of rows or a share is needed"),
    "components": Parsed("number|share", _number, "a number of components or a share is needed"),
}
"""How a command line types what `w2slens.Settings` declares; choices stand for themselves."""


def flag(name: str) -> str:
    """Write the option of an argument."""
    return f"--{name.replace('_', '-')}"


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option a setting; the command gets `Settings`, the task as the labels say."""

    @wraps(command)
    def told(**given: Any) -> Any:
        settings = Settings(**{name: given.pop(name) for name in OPTIONS})
        return command(settings=settings, **given)

    for name, one in reversed(list(OPTIONS.items())):
        kind, words = one.metadata["kind"], one.metadata["words"]
        needed = one.default is MISSING
        default = None if needed or name == "task" else one.default
        told = click.option(
            flag(name),
            name,
            type=click.Choice(kind) if isinstance(kind, tuple) else KINDS[kind],
            required=needed,
            default=default[0] if isinstance(default, tuple) else default,
            show_default=True,
            help=f"{words[0].upper()}{words[1:]}.",
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


DIMENSIONS: Mapping[str, Mapping[str, Any]] = {
    "d_w": {"type": int, "help": "Intrinsic dimension of the teacher."},
    "d_s": {"type": int, "help": "Intrinsic dimension of the student."},
    "d_sw": {"type": float, "help": "Correlation dimension."},
    "noise": {"type": float, "help": "Variance of the label noise."},
    "rho_w": {"type": float, "help": "Approximation error of the teacher [default: 0]."},
    "rho_s": {"type": float, "help": "Approximation error of the student [default: 0]."},
    "signal": {"type": float, "help": "E f*², where a ridge needs it."},
    "ambient": {"type": int, "help": "Dimension that both subspaces lie in, if known."},
}
"""What describes a population where no file does."""


def problem_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which population is meant; the command gets a `Problem`."""

    @wraps(command)
    def described(problem: str | None, **rest: Any) -> Any:
        given = {name: rest.pop(name) for name in DIMENSIONS}
        known = {name: value for name, value in given.items() if value is not None}
        return command(problem=_population(problem, known), **rest)

    for name, said in reversed(tuple(DIMENSIONS.items())):
        described = click.option(flag(name), **said)(described)
    file = click.option("--problem", metavar="PATH", help="A .json or .npz file of Problem.save.")
    return file(described)


def _population(path: str | None, known: Mapping[str, Any]) -> Problem:
    if path is not None:
        if known:
            raise InputError(next(iter(known)), "and --problem are both given; choose one")
        try:
            return Problem.load(path)
        except InputError as error:
            needed = "a .json or .npz file of Problem.save is needed"
            raise InputError("problem", f"{error.problem}; {needed}") from None
    for name in ("d_w", "d_s", "d_sw", "noise"):
        if name not in known:
            raise InputError(name, "is missing; give the dimensions and the noise, or --problem")
    return Problem.gaussian(**known)
