import re
from pathlib import Path

import numpy as np
import pytest

from w2slens.views import digits

from .pages import blocks, run_examples, run_page, run_shown

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


@pytest.fixture
def files(tmp_path):
    """A folder with the files that pages name: two views of the digits, in a random order."""
    order = np.random.default_rng(0).permutation(1797)
    weak, strong, classes = (rows[order] for rows in digits())
    views = {"weak": weak, "strong": strong, "pixels": weak, "edges": weak[:, :30]}
    known = {"y": classes, "labels": classes, "first100": classes[:100]}
    for name, rows in {**views, **known}.items():
        np.save(tmp_path / f"{name}.npy", rows)
    return tmp_path


@pytest.mark.parametrize(("page", "commands"), [("README.md", 4), ("docs/planning.md", 2)])
def test_commands_give_the_output_that_they_show(page, commands, files):
    assert run_shown((ROOT / page).read_text(encoding="utf-8"), files) == commands


def test_the_page_of_sweeps_runs(files, monkeypatch):
    monkeypatch.chdir(files)
    run_page((DOCS / "sweeps.md").read_text(encoding="utf-8"), "sweeps.md", files)
    assert (files / "edges.pdf").stat().st_size > 0


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
