"""How settings are declared, and those that have rules of their own."""

from collections.abc import Sequence
from dataclasses import MISSING, Field, field, fields
from inspect import cleandoc
from textwrap import indent, wrap
from typing import Any, TypeVar

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Task
from w2slens.models.students import AUTO, STUDENTS, W2S

Declared = TypeVar("Declared", bound=type[Any])


def told(words: str, kind: Any, default: Any = MISSING, *, drawn: bool = True) -> Any:
    """Declare a setting.

    `words` say what it is, for documentation and the command line; `kind` how it is typed there (a
    word that it knows, or the choices); `drawn` whether it goes with a population, too.
    """
    metadata = {"words": words, "kind": kind, "drawn": drawn}
    return field(default=default, metadata=metadata)


def described(given: Sequence[Field[Any]]) -> str:
    """Write what settings are as the parameters of a docstring."""
    return "\n".join(_described(one) for one in given)


def _described(one: Field[Any]) -> str:
    words = one.metadata["words"]
    kind = one.metadata["kind"]
    choices = f" One of {', '.join(kind)}." if isinstance(kind, tuple) else ""
    text = f"{words[0].upper()}{words[1:]}.{choices}"
    return f"{one.name}\n" + indent("\n".join(wrap(text, 92)), "    ")


def self_describing(declared: Declared) -> Declared:
    """Put the fields of settings where their docstring says ``<settings>``."""
    told = described(fields(declared))
    declared.__doc__ = cleandoc(declared.__doc__ or "").replace("<settings>", told)
    return declared


def levels_of(value: Any, task: Task | None) -> tuple[float, ...]:
    """Validate levels of label noise."""
    given = 0.0 if value is None else value
    levels = check.several(given, "noise_levels", check.non_negative, "noise level")
    if task == "classification" and max(levels) >= 1:
        raise InputError(
            "noise_levels", f"holds {max(levels):g}; a share of flipped classes is below 1"
        )
    return levels


def students_of(value: Any) -> tuple[str, ...]:
    """Validate names of students; plain imitation is always among them."""

    def known(name: Any, argument: str) -> str:
        check.choice(name, argument, (*STUDENTS, "auto"))
        return AUTO if name == "auto" else str(name)

    return tuple(dict.fromkeys((W2S, *check.several(value, "students", known, "student"))))


def answer_of(answer: Any) -> Any:
    """Take yes and no as YAML reads them, which is as true and false."""
    return ("yes" if answer else "no") if isinstance(answer, bool) else answer
