"""The site: what its builder cannot see by itself."""

import re
import subprocess
import sys
from pathlib import Path

import w2slens

DOCS = Path(__file__).parent.parent / "docs"


def check_links(site):
    command = [sys.executable, str(DOCS / "check_links.py"), str(site)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_public_name_stands_on_the_page_of_the_api():
    text = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (\w+)$", text, re.MULTILINE))
    assert listed == set(w2slens.__all__) - {"__version__"}


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
