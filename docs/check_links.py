"""Check that every link inside a built site leads to a file, and to a place in it.

``python docs/check_links.py build/site``
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and places of a tag."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif (name == "id" or (tag == "a" and name == "name")) and value:
                self.places.add(value)

    def has(self, place: str) -> bool:
        """Tell whether there is such a place; no name is the page itself."""
        return not place or place in self.places


@cache
def page(path: Path) -> Page:
    """Read a page once."""
    return Page(path.read_text(encoding="utf-8"))


def broken(site: Path) -> Iterator[str]:
    """Say of every link that leads nowhere where it is."""
    for path in sorted(site.rglob("*.html")):
        for link in page(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            where = f"{path.relative_to(site)}: {link}"
            if not target.is_file():
                yield f"{where} is no file"
            elif target.suffix == ".html" and not page(target).has(unquote(parts.fragment)):
                yield f"{where} is no place in it"


def main() -> None:
    """Print what is broken; exit 1 if anything is."""
    found = list(broken(Path(sys.argv[1]).resolve()))
    print("\n".join(found), file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
