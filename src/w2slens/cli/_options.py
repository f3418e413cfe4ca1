"""Options and parameter types that several commands share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from w2slens import InputError
from w2slens._core import check
from w2slens._core.types import TASKS, Id, Ridge
from w2slens.cli._help import Option
from w2slens.features.ondisk import STREAMS
from w2slens.features.reading import open_ids, read_labels
from w2slens.models.metrics import METRICS

OUTPUT_ARGUMENTS = ("out", "overwrite", "jobs", "scheduler", "tracker")
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


if TYPE_CHECKING:
    Kind = click.ParamType[Any]
else:
    Kind = click.ParamType  # generic from click 8.4 on


class Parsed(Kind):
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


def _sizes(text: str) -> Any:
    """Read 100,200 and 100:2000:20: so many equal steps between two ends."""
    found = check.sizes(text, "sizes")
    return found if len(found) > 1 else found[0]


def ridge(text: str) -> Ridge:
    """Read a number, or the word auto."""
    return "auto" if text == "auto" else float(text)


SIZES = Parsed("list", _sizes, "whole numbers separated by commas, or from:to:how many, are needed")
RIDGE = Parsed("number|auto", ridge, "a number of at least 0 or auto is needed")


def flag(name: str) -> str:
    """Write the option of an argument."""
    return f"--{name.replace('_', '-')}"


def header_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--header``; the command gets True, False or None."""

    @wraps(command)
    def told(*, header: str | None, **rest: Any) -> Any:
        return command(header=None if header is None else header == "yes", **rest)

    return click.option(
        "--header",
        cls=Option,
        rare=True,
        type=click.Choice(["yes", "no"]),
        help="Whether first lines of CSV that are whole numbers or a single word name the columns.",
    )(told)


def id_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--id``; the command gets what the library takes as `id`."""

    @wraps(command)
    def told(*, id: tuple[str, ...], **rest: Any) -> Any:
        return command(id=named_ids(id), **rest)

    return click.option(
        "--id",
        cls=Option,
        multiple=True,
        metavar="[INPUT=]COLUMN|FILE",
        help="Join rows by ids in this column, not by position; INPUT=COLUMN or INPUT=FILE where "
        "an input (weak, strong, labels, …) has them elsewhere.",
    )(told)


def named_ids(given: Sequence[str]) -> Id:
    """Read a column for all, and INPUT=COLUMN or INPUT=FILE for some."""
    if not given:
        return None
    found: dict[str, str] = {}
    for text in given:
        name, mark, told = text.partition("=")
        name, told = (name, told) if mark else ("*", text)
        if not told or name in found:
            raise InputError("id", f"is {text!r}; one COLUMN, INPUT=COLUMN or INPUT=FILE each")
        found[name] = told
    return found["*"] if found.keys() == {"*"} else found


def written_ids(id: Id) -> list[str]:
    """Write what `named_ids` read."""
    if not isinstance(id, Mapping):
        return [] if id is None else [id]
    return [told if name == "*" else f"{name}={told}" for name, told in id.items()]


stream_option = click.option(
    "--stream",
    cls=Option,
    rare=True,
    type=click.Choice(STREAMS),
    default=STREAMS[0],
    show_default=True,
    help="Leave features on disk; auto: where they would take a quarter of the memory.",
)


tracker_option = click.option(
    "--tracker",
    metavar="NAME[:WHERE]",
    help="Tell a tracker of the run: mlflow[:URI], wandb[:PROJECT], tensorboard[:DIR].",
)


def labeled_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the labels of the first rows, and what is asked of them and the pool beside them."""
    ridge: dict[str, Any] = {"type": RIDGE, "default": "auto", "show_default": True}
    metric: dict[str, Any] = {
        "type": click.Choice(METRICS),
        "default": METRICS[0],
        "show_default": True,
    }
    options = (
        click.option("--labels", required=True, metavar="PATH", help="Labels of the first rows."),
        click.option("--n", type=int, help="Use the first n labels only [default: all]."),
        click.option("--N", "N", type=int, help="Pseudo-labels [default: the other rows]."),
        click.option("--ridge-weak", help="λ, teacher.", **ridge),
        click.option("--ridge-strong", help="λ, strong.", **ridge),
        click.option("--task", type=click.Choice(TASKS), help="Needed for whole numbers."),
        click.option("--metric", help="What decides.", **metric),
        stream_option,
        header_option,
        id_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def first_labels(path: str, n: int | None, header: bool | None, id: Id) -> tuple[Any, Id]:
    """Read labels, and keep the first n; the ids of all inputs, those of these labels read."""
    y = read_labels(path, header=header, id=id)
    if n is not None and check.whole(n, "n") > len(y):
        raise InputError("n", f"is {n:,}; there are {len(y):,} labels")
    ids = open_ids(path, "y", id, len(y))
    if ids is not None:
        id = {**({"*": id} if isinstance(id, str) else id or {}), "y": ids.whole()[:n]}
    return y[:n], id
