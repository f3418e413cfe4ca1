import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PAGES = ("README.md", "docs/planning.md", "docs/estimators.md")


@pytest.mark.parametrize("page", PAGES)
def test_python_examples_give_the_output_that_they_show(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    example = doctest.DocTestParser().get_doctest(code, {}, page, page, 0)
    assert example.examples
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        there = (ROOT / page).parent / target
        assert target.startswith("https://arxiv.org/") or there.exists(), target
