"""Whether a page shows a result already: by a mark in its head, and a seal at its end."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from w2slens._version import __version__
from w2slens.experiments.results import Results

HEAD = 4096
"""Characters of a page in which its mark stands."""


def mark_of(results: Results) -> str:
    """Digest what a page is made of: the result, and what draws it."""
    return _digest(json.dumps([results.to_dict(), __version__, version("matplotlib")]))


def shows(page: Path, results: Results) -> bool:
    """Tell whether a page shows these results, as this version would, whoever edited it since."""
    if not page.is_file():
        return False
    with page.open(encoding="utf-8", errors="replace") as file:
        return mark_of(results) in file.read(HEAD)


def sealed(html: str) -> str:
    """End a page with a digest of it."""
    return f"{html}<!-- {_digest(html)} -->\n"


def as_drawn(page: Path, results: Results) -> str | None:
    """Return a page that shows these results and that nobody changed; None of any other."""
    if not shows(page, results):
        return None
    html = page.read_bytes().decode("utf-8", "replace")
    before = html[: html.rfind("<!-- ")]
    return html if sealed(before) == html else None


def _digest(text: str) -> str:
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()}"
