"""Formulas as MathML, which browsers draw by themselves: no script, no network."""

from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError

MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)


def drawn(node: nodes.Element, *, block: bool) -> str:
    """Turn the TeX of a node into MathML, or say what cannot be."""
    try:
        text = tex2mathml(node.astext(), as_block=block)
    except MathError as error:
        raise ExtensionError(f"{node.astext()!r}: {error}") from error
    formula = ElementTree.fromstring(text.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}"))
    for each in list(formula.iter(f"{{{MATHML}}}munderover")):
        beside(each)
    return ElementTree.tostring(formula, encoding="unicode")


def beside(stack: ElementTree.Element) -> None:
    """Put the index of an accented letter beside it; docutils puts it below."""
    letter, index, accent = stack
    if accent.get("stretchy") == "false":
        accented = ElementTree.Element(f"{{{MATHML}}}mover", accent="true")
        accented.extend([letter, accent])
        stack.tag = f"{{{MATHML}}}msub"
        stack[:] = [accented, index]


def inline(self: Any, node: nodes.math) -> None:
    """Draw a formula within a line."""
    self.body.append(drawn(node, block=False))
    raise nodes.SkipNode


def displayed(self: Any, node: nodes.math_block) -> None:
    """Draw a formula of its own, scrolled where it is wider than the page."""
    self.body.append(f'<div class="formula">{drawn(node, block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Offer the renderer to Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
