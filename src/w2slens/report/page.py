"""The page: a dict of words, numbers and inline figures, then one template."""

import io
from typing import Any

import jinja2
import matplotlib as mpl
from matplotlib.figure import Figure

from w2slens.plots import LOOKS, figure_of_dimensions, figure_of_run
from w2slens.results import Results
from w2slens.risk import MODELS


def render(results: Results, *, title: str = "Weak-to-strong run", command: str = "") -> str:
    """Render a run as HTML that needs nothing from the network.

    Parameters
    ----------
    results
        Of `transfer`.
    title
        Headline of the page.
    command
        Command line that replays the run, if there is one.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("w2slens.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "measured": measured}
    return environment.get_template("page.html").render(summary(results, title, command))


def summary(results: Results, title: str, command: str) -> dict[str, Any]:
    """Collect all that the page shows."""
    return {
        "title": title,
        "command": command,
        "models": {name: LOOKS[name][0] for name in MODELS},
        "learnable": results.dimensions.learnable_by_strong_only,
        "not_copied": results.dimensions.not_copied,
        "d_w": results.dimensions.d_w,
        "d_s": results.dimensions.d_s,
        "figures": {
            "risks": svg(figure_of_run(results)),
            "dimensions": svg(figure_of_dimensions(results.dimensions)),
        },
        **results.to_dict(),
    }


def svg(figure: Figure) -> str:
    """Draw a figure as an inline SVG element, the same bytes every time."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "w2slens"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def number(value: float | None, digits: int = 3) -> str:
    """Write a number to significant digits, or a dash where it is undefined."""
    if value is None or value != value:
        return "–"
    return f"{value:#.{digits}g}".rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"


def measured(pair: dict[str, float], digits: int = 3) -> str:
    """Write mean ± standard error."""
    if pair["mean"] != pair["mean"]:
        return "–"
    error = "" if pair["se"] != pair["se"] else f" ± {pair['se']:.{digits}f}"
    return f"{pair['mean']:.{digits}f}{error}"
