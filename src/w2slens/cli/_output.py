"""Where the result of a command goes: one JSON document, a folder, or a terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from rich.console import Console

from w2slens._core.json import to_json
from w2slens.experiments.folder.layout import check_folder, write_folder


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
        files: Callable[[], Mapping[str, str | bytes]],
        show: Callable[[Console], None],
        told: str = "Result: {out}",
    ) -> None:
        """Write the folder if one is named; print the document, or show the result in words.

        Parameters
        ----------
        document
            What a program reads.
        files
            Makes the files of the folder besides the document.
        show
            Prints what a person reads.
        told
            Last line where a folder was written.
        """
        if self.out is not None:
            write_folder(self.out, files(), document, overwrite=self.overwrite)
        if self.as_json:
            click.echo(to_json(document))
            return
        console = Console()
        show(console)
        if self.out is not None:
            console.print(told.format(out=self.out), markup=False)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--json``, ``--out`` and ``--overwrite``; the command gets an `Output`.

    A folder that cannot take a result is refused before any work.
    """

    @wraps(command)
    def directed(*, as_json: bool, out: str | None, overwrite: bool, **rest: Any) -> Any:
        if out is not None:
            check_folder(out, overwrite=overwrite)
        return command(output=Output(as_json, out, overwrite), **rest)

    for option in (
        click.option("--overwrite", is_flag=True, help="Replace a result in --out."),
        click.option("--out", metavar="DIR", help="Write the result into this folder."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ):
        directed = option(directed)
    return directed
