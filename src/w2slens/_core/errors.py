"""The exceptions that users meet; imports little, so that the command line starts fast."""

from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 1500
"""Characters of a reason: a longer one, as a list of thousands of names, is cut inside."""


def shortened(text: str) -> str:
    """Cut a long text inside."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


class InputError(ValueError):
    """Input that the library refuses, before it changes anything.

    Parameters
    ----------
    argument
        Name of the argument as the caller knows it.
    problem
        What came, what was needed, the next step: one sentence or two.
    """

    def __init__(self, argument: str, problem: str) -> None:
        problem = shortened(problem)
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Travel between processes."""
        return type(self), (self.argument, self.problem)


class MissingExtraError(ImportError):
    """An optional dependency is needed and absent.

    Parameters
    ----------
    package
        Its name, as pip knows it.
    extra
        The extra of w2slens that contains it; None: none does.
    purpose
        What needs it.
    """

    def __init__(self, package: str, extra: str | None, purpose: str) -> None:
        self._origin = (package, extra, purpose)
        wanted = package if extra is None else f"'w2slens[{extra}]'"
        super().__init__(
            f"{purpose} needs the package {package!r}; install it with `pip install {wanted}`"
        )

    def __reduce__(self) -> tuple[type, tuple[str, str | None, str]]:
        """Travel between processes."""
        return type(self), self._origin


@contextmanager
def needing(package: str, purpose: str, *, extra: str | None = "features") -> Iterator[None]:
    """Say what to install where an import inside the block fails; no `extra`: the package."""
    try:
        yield
    except ImportError:
        raise MissingExtraError(package, extra, purpose) from None


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
