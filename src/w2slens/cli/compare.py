"""``w2slens compare``: several runs side by side."""

from collections import Counter
from pathlib import Path

import click

from w2slens import InputError, load_results
from w2slens._core.json import to_json
from w2slens.cli._help import Command
from w2slens.cli._notes import notes
from w2slens.cli._output import json_option
from w2slens.report.comparing import compare


@click.command("compare", cls=Command, example="result sweep --n 100")
@click.argument("folders", nargs=-1, required=True, metavar="DIR DIR...")
@click.option("--n", type=int, help="Compare at this number of labels [default: the largest].")
@click.option("--N", "N", type=int, help="And at this number of pseudo-labels.")
@json_option
def command(folders: tuple[str, ...], n: int | None, N: int | None, as_json: bool) -> None:
    """Show the runs in several folders side by side, at one n and N."""
    with notes():
        runs = {name: load_results(folder) for name, folder in _named(folders).items()}
        found = compare(runs, n=n, N=N)
    click.echo(to_json(found.to_dict()) if as_json else str(found))


def _named(folders: tuple[str, ...]) -> dict[str, str]:
    """Name folders by their last parts, or as a whole where these are the same."""
    for folder, count in Counter(folders).items():
        if count > 1:
            raise InputError("folders", f"name {folder} {count} times")
    short = Counter(Path(folder).resolve().name for folder in folders)
    return {
        name if short[name := Path(folder).resolve().name] == 1 else folder: folder
        for folder in folders
    }
