"""Options and parameter types that several commands share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from w2slens._check import Ridge
from w2slens._errors import InputError

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
