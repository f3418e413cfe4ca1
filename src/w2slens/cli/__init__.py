"""The command line: one module a command, imported when the command is called.

Exit codes: 0 done, 2 bad input (one line on stderr), 1 a failure of our own.
"""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from w2slens import InputError, MissingExtraError, __version__
from w2slens._core.errors import shortened
from w2slens._core.threads import tell_libraries

COMMANDS = {
    "demo": "Run the main job on scikit-learn's bundled digits.",
    "dims": "Measure the dimensions of two feature files and their overlap.",
    "run": "Run weak-to-strong training on your files, measured beside predicted.",
    "predict": "Predict risks, PGR and OPR from dimensions, files or an earlier result.",
    "forecast": "Forecast risks, PGR and OPR from a few labels and unlabeled rows.",
    "plan": "Find what to label and what to train, for a budget or a target risk.",
    "rank": "Rank teachers of one student from labels and unlabeled rows.",
    "train": "Train the best student of labels, teacher and pool: a model to take home.",
    "apply": "Score new rows with a model that train wrote.",
    "sweep": "Run the recorded, resumable grid of a recipe.",
    "finetune": "Fine-tune networks weak-to-strong, from raw texts or images.",
    "features": "Extract features of images or texts into stores.",
    "report": "Render a result as one self-contained HTML page.",
    "compare": "Show several runs side by side.",
    "doctor": "Say what this installation has, and what it lacks for what.",
}

OPTIONS = {
    "y": "--labels",
    "test_rows": "--test",
    "folder": "DIR",
    "folders": "DIR",
    "runs": "DIR",
    "recipe": "RECIPE",
    "model": "MODEL",
    "features": "FEATURES",
}
"""Options whose names differ from the library's arguments."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"w2slens.cli.{cmd_name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands without importing them, and options."""
        known = COMMANDS.items()
        found = [
            CompletionItem(one, help=words) for one, words in known if one.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one is of nearly that name."""
        if args[0] not in COMMANDS and (near := get_close_matches(args[0], COMMANDS, 1)):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  w2slens demo",
)
@click.version_option(__version__, prog_name="w2slens")
def group() -> None:
    """Weak-to-strong generalization seen through intrinsic dimension."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    tell_libraries()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")
    code = invoke(arguments)
    try:
        if sys.stdout is not None:  # as it is where it was closed before we began
            sys.stdout.flush()
    except BrokenPipeError:
        code = _left_alone()
    sys.exit(code)


def invoke(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    try:
        group.main(args=arguments, prog_name="w2slens", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        return _refuse(_with_hint(error))
    except InputError as error:
        option = OPTIONS.get(error.argument, "--" + error.argument.replace("_", "-"))
        return _refuse(f"{option} {error.problem}")
    except MissingExtraError as error:
        return _refuse(str(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit):  # click and rich exit where nobody reads them any more
        return _left_alone()
    except OSError as error:
        return _refuse(f"{error.strerror or error}")
    except MemoryError:
        return _refuse("there is not enough memory for this; lower n, N or the dimensions")
    except Exception:
        traceback.print_exc()
        click.echo("error: this is a failure of w2slens, not of your input", err=True)
        return 1
    return 0


def _with_hint(error: click.ClickException) -> str:
    """Say of a wrong line what may have been meant, and which help has an example."""
    said, ctx = error.format_message(), getattr(error, "ctx", None)
    if ctx is None or type(error) is click.BadParameter:  # a value: the message says what is needed
        return said
    names = {name for one in ctx.command.params for name in one.opts}
    if isinstance(error, click.NoSuchOption) and f"-{error.option_name}" in names:
        said = f"{said} Did you mean -{error.option_name}?"
    if "extra argument" in said and "--n" in names:
        said = f"{said}: lists are written with commas, as 50,100"
    return f"{said.removesuffix('.')} (see {ctx.command_path} --help)"


def _left_alone() -> int:
    """End quietly after whoever read stdout has gone: what they wanted, they have."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _refuse(message: str) -> int:
    with suppress(BrokenPipeError):
        click.echo(f"error: {shortened(' '.join(message.split()))}", err=True)
    return 2
