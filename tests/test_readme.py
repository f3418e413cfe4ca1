import re
from pathlib import Path

import pytest

from .pages import blocks, run_examples, run_page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

PAGES = ("README.md", "docs/planning.md", "docs/estimators.md")

GUIDES = (
    *sorted((DOCS / "guides").glob("*.md")),
    *sorted((DOCS / "theory").glob("*.md")),
    DOCS / "extending.md",
    DOCS / "troubleshooting.md",
)


@pytest.mark.parametrize("page", PAGES)
def test_python_examples_give_the_output_that_they_show(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    code = "\n".join(code for language, code in blocks(text) if language == "python")
    run_examples(code, {}, page)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_every_block_of_a_guide_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(page.read_text(encoding="utf-8"), page.name, tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        there = (ROOT / page).parent / target
        assert target.startswith("https://arxiv.org/") or there.exists(), target
