"""Formulas as MathML, which browsers draw by themselves: no script, no network."""

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError


def drawn(node: nodes.Element, *, block: bool) -> str:
    """Turn the TeX of a node into MathML, or say what cannot be."""
    try:
        return tex2mathml(node.astext(), as_block=block)
    except MathError as error:
        raise ExtensionError(f"{node.astext()!r}: {error}") from error


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
