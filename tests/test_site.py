"""The site: what its builder cannot see by itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import w2slens

DOCS = Path(__file__).parent.parent / "docs"


def check_links(site):
    command = [sys.executable, str(DOCS / "check_links.py"), str(site)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_public_name_stands_on_the_page_of_the_api():
    text = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w+)$", text, re.MULTILINE))
    assert listed == set(w2slens.__all__) - {"__version__"}


MINIATURE = """
from pathlib import Path
__file__ = {path!r}
exec(Path(__file__).read_text(encoding="utf-8"))
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
templates_path, html_static_path = [str(HERE / "_templates")], []
"""
"""The settings of the site, without its gallery and its pages."""


def test_the_page_of_an_estimator_says_how_it_is_fitted(tmp_path):
    pytest.importorskip("sphinx", reason="the site is made by sphinx")
    settings = MINIATURE.format(path=str(DOCS / "conf.py"))
    (tmp_path / "conf.py").write_text(settings, encoding="utf-8")
    names = ("WeakToStrongClassifier", "WeakToStrongRegressor", "Plan")
    listed = "".join(f"   {name}\n" for name in names)
    head = "API\n===\n\n.. currentmodule:: w2slens\n.. autosummary::\n   :toctree: names\n\n"
    (tmp_path / "index.rst").write_text(head + listed, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "text", str(tmp_path), "out"]
    subprocess.run(command, cwd=tmp_path, check=True)
    pages = {
        name: (tmp_path / "out" / "names" / f"w2slens.{name}.txt").read_text(encoding="utf-8")
        for name in names
    }
    for name in names[:2]:
        found = re.findall(r"^   (?:property )?(\w+)(?:\(.*)?$", pages[name], re.MULTILINE)
        wanted = {"fit", "predict", "score", "student_", "dimensions_", "forecast_"}
        assert wanted <= set(found)
        assert not {"get_params", "set_params", "get_metadata_routing"} & set(found)
        assert all(word in pages[name] for word in ("sample_weight", "scores", "NaN", "−1"))
    assert "from_dict" in pages["Plan"]
    assert "maketrans" not in pages["Plan"]


def test_links_that_lead_nowhere_are_found(tmp_path):
    page = '<h1 id="here"></h1><a href="other.html#there"></a><a href="https://a.b/c"></a>'
    (tmp_path / "index.html").write_text(page + '<a href="#here"></a>', encoding="utf-8")
    (tmp_path / "other.html").write_text('<p id="there"></p>', encoding="utf-8")
    assert check_links(tmp_path).returncode == 0
    (tmp_path / "other.html").write_text('<img src="gone.png">', encoding="utf-8")
    found = check_links(tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "index.html: other.html#there is no place in it",
        "other.html: gone.png is no file",
    ]
