"""Where the result of a command goes: one JSON document, a folder, or a terminal."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, RenderableType

from w2slens._core.json import to_json
from w2slens.experiments.folder.layout import check_folder, write_folder

if TYPE_CHECKING:
    from w2slens import Results

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@dataclass(frozen=True)
class Output:
    """What ``--json``, ``--out`` and ``--overwrite`` asked for."""

    as_json: bool
    out: str | None
    overwrite: bool

    def deliver(
        self,
        document: Mapping[str, Any],
        *,
        kind: str,
        files: Callable[[], Mapping[str, str | bytes]],
        shown: Iterable[RenderableType],
        told: str = "Result: {out}",
    ) -> None:
        """Write the folder if one is named; print the document, or else what a person reads.

        `kind` is the command that makes such results; `files` makes what a folder holds besides
        the document; `told` is the last line of one.
        """
        if self.out is not None:
            write_folder(self.out, files(), document, kind=kind, overwrite=self.overwrite)
        if self.as_json:
            click.echo(to_json(document))
            return
        console = Console()
        for part in shown:
            console.print(part)
        if self.out is not None:
            console.print(told.format(out=self.out), markup=False)


def files_of_run(results: "Results") -> dict[str, str | bytes]:
    """Make all that a run leaves besides its document."""
    from w2slens.report.files import files_of  # drawing starts slowly; without --out it need not

    return files_of(results)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``, ``--out`` and ``--overwrite``; the command gets an `Output`.

    A folder that cannot take a result is refused before any work.
    """

    @wraps(command)
    def directed(*, as_json: bool, out: str | None, overwrite: bool, **rest: Any) -> Any:
        if out is not None:
            check_folder(out, overwrite=overwrite)
        return command(output=Output(as_json, out, overwrite), **rest)

    replaced = click.option("--overwrite", is_flag=True, help="Replace what is there.")
    folder = click.option("--out", metavar="DIR", help="Write the result into this folder.")
    return json_option(folder(replaced(directed)))
