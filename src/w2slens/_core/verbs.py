"""Methods whose code lives in a higher room, found by name when they are called.

A result is made far below the rooms that draw and write it, which must not be imported from there.
It names what it can be asked for; Python looks for it when it is asked.
"""

from collections.abc import Callable
from importlib import import_module
from types import MethodType
from typing import Any


class Verb:
    """A method that is the function `name` of a module, which is imported on first use."""

    def __init__(self, module: str, doc: str) -> None:
        self._module, self.__doc__ = module, doc

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the name of the attribute as the function's."""
        self._name = name

    def __get__(self, one: Any, owner: type | None = None) -> Callable[..., Any]:
        """Bind the function to an instance; of the class, hand back the function."""
        function: Callable[..., Any] = getattr(import_module(self._module), self._name)
        return function if one is None else MethodType(function, one)
