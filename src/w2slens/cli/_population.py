"""Options that say which population is meant, for `predict` and `plan`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from w2slens import Dimensions, InputError, Problem, forecast
from w2slens._core import check
from w2slens._core.inputs import read_json
from w2slens._core.types import TASKS, Id, Task
from w2slens.cli._help import Option
from w2slens.cli._notes import notes
from w2slens.cli._options import first_labels, flag, header_option, id_option
from w2slens.experiments.folder.believed import LARGEST, believing
from w2slens.experiments.folder.layout import MARKER, PROBLEM
from w2slens.features.aligned import aligned, in_order, order_of
from w2slens.features.reading import open_features
from w2slens.models.risks import SCALES, Models
from w2slens.theory.population import Population, of_dimensions

DIMENSIONS: Mapping[str, Mapping[str, Any]] = {
    "d_w": {"type": int, "help": "Intrinsic dimension of the teacher."},
    "d_s": {"type": int, "help": "Intrinsic dimension of the student."},
    "d_sw": {"type": float, "help": "Correlation dimension."},
    "noise": {"type": float, "help": "Variance of the label noise."},
    "rho_w": {"type": float, "help": "Approximation error, teacher [default: 0]."},
    "rho_s": {"type": float, "help": "Approximation error, student [default: 0]."},
    "signal": {"type": float, "help": "E f*², where a ridge needs it."},
    "ambient": {
        "type": int,
        "help": "Dimension that both subspaces lie in, if known.",
        "rare": True,
    },
}
"""What describes a population where no file does."""

EXAMPLE = {"d_w": 40, "d_s": 60, "d_sw": 10, "noise": 1, "rho_w": 0.02, "rho_s": 0.01, "signal": 1}
"""What a page of sliders begins with where nothing is described."""

LABELLED = ("noise", "rho_w", "rho_s", "signal")
"""What may be said of the labels beside measured dimensions."""

FILES: Mapping[str, str] = {
    "weak": "Weak features, in place of dimensions.",
    "strong": "Strong features, same rows.",
    "labels": "Labels of the first rows; the others are the pool.",
}

NEEDED = "a file of Problem.save, or the result of dims, run or forecast, is needed"


def problem_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which population is meant; the command gets a `Population`."""

    @wraps(command)
    def read(
        problem: str | None, task: Task | None, header: bool | None, id: Id, **rest: Any
    ) -> Any:
        said = {name: rest.pop(name) for name in (*DIMENSIONS, *FILES)}
        given = {name: value for name, value in said.items() if value is not None}
        if rest.get("page") is not None and problem is None and not given:
            given = dict(EXAMPLE)
        told = {"header": header, "id": id}
        with notes():
            population = _population(problem, given, task, told)
        return command(problem=population, **rest)

    task = click.option(
        "--task", type=click.Choice(TASKS), help="Needed where labels are whole numbers."
    )
    described: Any = task(header_option(id_option(read)))
    for name, told in reversed(tuple(FILES.items())):
        described = click.option(flag(name), metavar="PATH", help=told, cls=Option)(described)
    for name, more in reversed(tuple(DIMENSIONS.items())):
        described = click.option(flag(name), **more, cls=Option)(described)
    described = click.option(
        "--problem",
        metavar="PATH",
        help="A file of Problem.save, or the result (folder or JSON) of dims, run or forecast.",
    )(described)
    return cast(Callable[..., Any], described)


def _population(
    path: str | None, given: dict[str, Any], task: Task | None, told: dict[str, Any]
) -> Population:
    """Read what is described in one way, and refuse two."""
    files = {name: given.pop(name) for name in FILES if name in given}
    ways = [name for name, used in (("problem", path is not None), (_first(files), files)) if used]
    taken = set(given) - set(LABELLED) if path is not None else set(given)
    if taken and ways:
        raise InputError(_first(taken), f"and {flag(ways[0])} are both given; choose one")
    if len(ways) > 1:
        raise InputError(ways[1], f"and {flag(ways[0])} are both given; choose one")
    if files:
        return _of_files(files, task, **told)
    if path is not None:
        return _of_path(Path(path), given)
    for name in ("d_w", "d_s", "d_sw", "noise"):
        if name not in given:
            raise InputError(
                name,
                "is missing; give the dimensions and the noise, or --problem, or --weak, "
                "--strong and --labels",
            )
    return Population(Problem.gaussian(**given))


def _first(names: Any) -> str:
    return str(next(iter([name for name in (*DIMENSIONS, *FILES) if name in names]), ""))


def _of_files(
    files: Mapping[str, str], task: Task | None, *, header: bool | None, id: Id
) -> Population:
    """Take all rows as the population where all are labeled, else what the labels make likely."""
    for name in FILES:
        if name not in files:
            raise InputError(name, "is missing; give --weak, --strong and --labels together")
    sides = [open_features(files[name], name, header=header, id=id) for name in ("weak", "strong")]
    y, id = first_labels(files["labels"], None, header, id)
    if len(y) < sides[0].rows:
        return forecast(sides[0], sides[1], y, task=task, id=id).population
    left, right = aligned(sides)
    targets = in_order(order_of(sides), id, "y", y, check.labels(y, "y", task)[0])
    return Population(Problem.from_data(left.read(), right.read(), targets), "raw")


def _of_path(path: Path, labelled: Mapping[str, Any]) -> Population:
    """Read a problem, or the result of a command that knows one."""
    document = _document(path / MARKER if path.is_dir() else path)
    measured = document.get("dimensions", document)
    kept, damaged = path / PROBLEM, f"{path} is damaged; {NEEDED}"
    if path.is_dir() and kept.is_file():
        _refuse(labelled, "the result knows its labels")
        with believing("problem", damaged):
            return _kept(kept, document)
    if isinstance(measured, dict) and "correlation" in measured:
        with believing("problem", damaged):
            found = Dimensions.from_dict(measured)
        return Population(of_dimensions(found, **labelled))
    _refuse(labelled, "a problem knows its labels")
    if path.is_dir():
        raise InputError("problem", f"{path} holds no result that knows one; {NEEDED}")
    try:
        return Population(Problem.load(path))
    except InputError as error:
        raise InputError("problem", f"{error.problem}; {NEEDED}") from None


def _document(path: Path) -> dict[str, Any]:
    """Read the JSON of a result; empty where it is none."""
    if path.suffix != ".json" or not path.is_file():
        return {}
    try:
        return read_json(path, "problem")
    except InputError:
        return {}


def _kept(path: Path, document: Mapping[str, Any]) -> Population:
    scale = document.get("scale", "raw")
    check.choice(scale, "scale", SCALES)
    known, beside = Population(Problem.load(path), scale), document.get("population")
    if beside is None:
        return known
    factors = Models(*(float(value) for value in beside["factors"].values()))
    if not all(0 < factor < LARGEST for factor in factors):
        raise InputError("factors", f"are {factors}; positive numbers are needed")
    owned, pool = (check.whole(beside[name], name, 0) for name in ("owned", "pool"))
    return replace(known, factors=factors, owned=owned, pool=pool)


def _refuse(given: Mapping[str, Any], why: str) -> None:
    if given:
        raise InputError(_first(given), f"and --problem are both given; {why}: choose one")
