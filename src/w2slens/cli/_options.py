"""Options and parameter types that several commands share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from w2slens._core.errors import InputError
from w2slens._core.types import Ridge
from w2slens.theory import Problem

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


class Sizes(click.ParamType[list[int]]):
    """A comma-separated list of whole numbers."""

    name = "list"

    def convert(self, value: Any, param: Any, ctx: Any) -> list[int]:
        """Parse ``100,200``."""
        if isinstance(value, list):
            return value
        try:
            return [int(part.replace("_", "")) for part in str(value).split(",")]
        except ValueError:
            self.fail(f"is {value!r}; whole numbers separated by commas are needed", param, ctx)


class RidgeValue(click.ParamType[Ridge]):
    """A number or ``auto``."""

    name = "number|auto"

    def convert(self, value: Any, param: Any, ctx: Any) -> Ridge:
        """Parse a ridge."""
        if value == "auto":
            return "auto"
        try:
            return float(value)
        except ValueError:
            self.fail(f"is {value!r}; a number of at least 0 or auto is needed", param, ctx)


class TestSize(click.ParamType[int | float]):
    """A number of rows or a share of them."""

    name = "rows|share"

    def convert(self, value: Any, param: Any, ctx: Any) -> int | float:
        """Parse ``500`` or ``0.2``."""
        try:
            return int(value)
        except ValueError:
            pass
        try:
            return float(value)
        except ValueError:
            self.fail(f"is {value!r}; a number of rows or a share is needed", param, ctx)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``, ``--out`` and ``--overwrite``."""
    command = click.option("--overwrite", is_flag=True, help="Replace a result in --out.")(command)
    command = click.option("--out", metavar="DIR", help="Write the result into this folder.")(
        command
    )
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")(
        command
    )


PROBLEM_OPTIONS = (
    ("--problem", {"metavar": "PATH", "help": "A .json or .npz file of Problem.save."}),
    ("--d-w", {"type": int, "help": "Intrinsic dimension of the teacher."}),
    ("--d-s", {"type": int, "help": "Intrinsic dimension of the student."}),
    ("--d-sw", {"type": float, "help": "Correlation dimension."}),
    ("--noise", {"type": float, "help": "Variance of the label noise."}),
    ("--rho-w", {"type": float, "help": "Approximation error of the teacher [default: 0]."}),
    ("--rho-s", {"type": float, "help": "Approximation error of the student [default: 0]."}),
    ("--signal", {"type": float, "help": "E f*², where a ridge needs it."}),
    ("--ambient", {"type": int, "help": "Dimension that both subspaces lie in, if known."}),
)
"""Ways to say which population is meant: a file, or dimensions alone."""


def problem_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a population; the command gets a `Problem`."""

    @wraps(command)
    def described(
        problem: str | None,
        d_w: int | None,
        d_s: int | None,
        d_sw: float | None,
        noise: float | None,
        rho_w: float | None,
        rho_s: float | None,
        signal: float | None,
        ambient: int | None,
        **rest: Any,
    ) -> Any:
        given: dict[str, Any] = {
            "d_w": d_w,
            "d_s": d_s,
            "d_sw": d_sw,
            "noise": noise,
            "rho_w": rho_w,
            "rho_s": rho_s,
            "signal": signal,
            "ambient": ambient,
        }
        return command(problem=_population(problem, given), **rest)

    for name, settings in reversed(PROBLEM_OPTIONS):
        described = click.option(name, **settings)(described)
    return described


def _population(path: str | None, given: dict[str, Any]) -> Problem:
    known = {name: value for name, value in given.items() if value is not None}
    if path is not None:
        if known:
            raise InputError(next(iter(known)), "and --problem are both given; choose one")
        try:
            return Problem.load(path)
        except InputError as error:
            raise InputError(
                "problem", f"{error.problem}; a .json or .npz file of Problem.save is needed"
            ) from None
    for name in ("d_w", "d_s", "d_sw", "noise"):
        if name not in known:
            raise InputError(name, "is missing; give the dimensions and the noise, or --problem")
    return Problem.gaussian(**known)
