"""Figures as inline SVG that follows the page: its font, its ink, its light or dark colours."""

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from w2slens.report.plots import LOOKS, NEUTRAL
from w2slens.report.plots.style import fit_margins

INK = "#010203"
"""Drawn in place of black; becomes the page's text colour."""

SIZE = (4.6, 3.5)
"""Inches of one panel: two abreast on a desktop, one on a phone."""

STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
    ),
    "axes.titlecolor": INK,
}

COLORS = {
    **{color: f"--{name}" for name, (_, color, _) in LOOKS.items()},
    NEUTRAL: "--neutral",
    "#CC79A7": "--pink",
    "#E69F00": "--amber",
    "#56B4E9": "--sky",
    "#882255": "--wine",
}
"""Colours that have a lighter sister on a dark page."""


def panel(
    draw: Callable[[Axes], object], description: str, size: tuple[float, float] = SIZE
) -> str:
    """Draw one Axes; return an SVG element with a description for those who cannot see it."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": description}):
        figure = Figure(figsize=size)
        draw(figure.subplots())
        fit_margins(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return themed(buffer.getvalue(), description)


def themed(text: str, description: str) -> str:
    """Cut the SVG element out of a file and give its colours to the page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+px|bold [\d.]+px|\d+ [\d.]+px) [^;\"]*", r"font: \1 inherit", text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    for color, name in COLORS.items():
        text = text.replace(color.lower(), f"var({name})")
    text = text.replace(INK, "currentColor")
    label = description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
