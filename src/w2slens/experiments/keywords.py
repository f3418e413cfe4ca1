"""The settings as keywords of the functions that take them."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field
from functools import wraps
from inspect import Parameter, cleandoc, signature
from typing import Any

from w2slens.experiments.declared import described
from w2slens.experiments.settings import OPTIONS


def told_by_settings(names: Sequence[str] = tuple(OPTIONS)) -> Callable[..., Any]:
    """Give a function whose last parameter is ``**settings`` the settings' own keywords.

    Its signature shows those of `names` with their defaults, its docstring describes them where it
    says ``<settings>``, and a keyword that is none is refused as Python does.
    """

    def keywords(function: Callable[..., Any]) -> Callable[..., Any]:
        own = signature(function)
        told = [_parameter(OPTIONS[name]) for name in names]
        *rest, _ = own.parameters.values()
        given = [one for one in rest if one.kind is not Parameter.KEYWORD_ONLY]
        public = own.replace(parameters=[*given, *told, *rest[len(given) :]])

        @wraps(function)
        def door(*args: Any, **kwargs: Any) -> Any:
            public.bind(*args, **kwargs)
            return function(*args, **kwargs)

        door.__signature__ = public  # type: ignore[attr-defined]
        words = described([OPTIONS[name] for name in names])
        door.__doc__ = cleandoc(function.__doc__ or "").replace("<settings>", words)
        return door

    return keywords


def _parameter(one: Field[Any]) -> Parameter:
    default = Parameter.empty if one.default is MISSING else one.default
    return Parameter(one.name, Parameter.KEYWORD_ONLY, default=default, annotation=one.type)
