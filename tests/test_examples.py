"""The gallery's examples, which `make docs` runs."""

import ast
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "docs" / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_short_and_draws_one_figure(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    assert (ast.get_docstring(ast.parse(text)) or "").count("\n") >= 3
    drawn = [block for block in text.split("\n# %%\n") if "plt.subplots(" in block]
    assert len(drawn) == 1, "a figure is kept as it is at the end of the block that makes it"
    assert drawn[0].count("plt.show()") == text.count("plt.show()") == 1


def test_there_are_enough():
    assert len(EXAMPLES) >= 10
