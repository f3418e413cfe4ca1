"""Help that fits a screen and ends with an example; ``--help-all`` says all that there is.

What a metavar calls a file or a folder is completed by a shell as one.
"""

import re
from copy import copy
from typing import Any

import click
from click.shell_completion import CompletionItem

ALL = "w2slens.help_all"
"""Key of a context that shows everything."""


PLACES = {
    "file": re.compile(r"\b(PATH|FILE|RECIPE|MODEL|FEATURES|PEM)\b"),
    "dir": re.compile(r"\bDIR\b"),
}
"""What shells complete → words of the metavars that mean it."""


class Place(click.types.StringParamType):
    """Text that names a file (``"file"``) or a folder (``"dir"``): shells complete it as such."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type=self.kind)]


class Option(click.Option):
    """An option whose words are shown up to their first semicolon, and not at all if it is rare.

    ``--help-all`` shows rare ones, too, and all words.
    """

    def __init__(self, *names: Any, rare: bool = False, **told: Any) -> None:
        super().__init__(*names, **told)
        self.rare = rare

    @property
    def longer(self) -> bool:
        """Whether ``--help-all`` says more of it."""
        return self.rare or ";" in (self.help or "")

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return names and words, or nothing."""
        if ctx.meta.get(ALL) or not self.longer:
            return super().get_help_record(ctx)
        if self.rare:
            return None
        brief = copy(self)
        brief.help = (self.help or "").partition(";")[0] + "."
        return super(Option, brief).get_help_record(ctx)


class Command(click.Command):
    """A command whose help ends with an example: the words after its name."""

    def __init__(self, name: str | None, *, example: str = "", **told: Any) -> None:
        super().__init__(name, **told)
        self.example = example
        for one in self.params:
            for kind, meant in PLACES.items():
                if meant.search(one.metavar or "") and one.type is click.STRING:
                    one.type = Place(kind)
        self.epilog = f"\b\nExample:\n  w2slens {name} {example}".rstrip()
        if any(isinstance(one, Option) and one.longer for one in self.params):
            more = {"is_flag": True, "is_eager": True, "expose_value": False}
            words = "Show rare options, too."
            self.params.append(click.Option(["--help-all"], callback=_show, help=words, **more))


def _show(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        ctx.meta[ALL] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()
