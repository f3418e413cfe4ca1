"""Whether a page shows a result already: by a mark in its head."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from w2slens._core.json import to_json
from w2slens._version import __version__
from w2slens.experiments.results import Results

HEAD = 4096
"""Characters of a page in which its mark stands."""


def mark_of(results: Results) -> str:
    """Digest what a page is made of: the result, and what draws it."""
    drawn = to_json([results.to_dict(), __version__, version("matplotlib")])
    return f"sha256-{hashlib.sha256(drawn.encode()).hexdigest()}"


def shows(page: Path, results: Results) -> bool:
    """Tell whether a page shows these results, as this version would."""
    if not page.is_file():
        return False
    with page.open(encoding="utf-8", errors="replace") as file:
        return mark_of(results) in file.read(HEAD)
