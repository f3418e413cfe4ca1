"""Pages and cards: a dict, put into one of the templates of this room."""

from typing import Any

import jinja2

from w2slens._core.format import number
from w2slens._version import __version__


def filled(template: str, values: dict[str, Any]) -> str:
    """Fill a template of this room; what it lacks is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("w2slens.report"),
        autoescape=template.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template(template).render(version=__version__, **values)
