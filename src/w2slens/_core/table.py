"""Tables, made once and read on a terminal, on a page and in a notebook.

A cell holds values rather than text where readers write them otherwise: a terminal stacks a mean,
its standard error and what was predicted, HTML writes them into one cell.
"""

from dataclasses import dataclass, replace
from html import escape
from itertools import takewhile
from math import nan
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

from w2slens._core.format import measured, number

if TYPE_CHECKING:
    from rich.table import Table as Drawn

TEXT_WIDTH = 88
"""Columns of a table that is written as plain text."""

LOOSE_COLUMNS = 8
"""Tables of more columns stand closer on a terminal, so that they fit into 80 characters."""


class Column(NamedTuple):
    """A heading, the same in full where there is room, and whether words stand below it."""

    name: str
    full: str = ""
    words: bool = False


class Number(NamedTuple):
    """A number to three significant digits, or to decimals; nan where it is not defined.

    With its standard error and what was predicted, where there are such: nan is not known. What
    is rounding `beside` another number is 0.
    """

    mean: float
    se: float | None = None
    predicted: float | None = None
    decimals: int | None = None
    beside: float = 0.0

    def __str__(self) -> str:
        """Write the mean alone."""
        if self.decimals is None:
            return number(self.mean, beside=self.beside)
        return measured({"mean": self.mean, "se": nan}, self.decimals, beside=self.beside)

    def html(self) -> str:
        """Write mean ± standard error, and below it the prediction if there is one."""
        if self.se is None:
            return str(self)
        known = self.predicted is not None and self.predicted == self.predicted
        below = _small(f"predicted {self.expected}") if known else ""
        pair = {"mean": self.mean, "se": self.se}
        return measured(pair, self.decimals, beside=self.beside) + below

    @property
    def expected(self) -> str:
        """Write what was predicted."""
        return number(self.predicted, beside=self.beside)

    @property
    def error(self) -> str:
        """Write the standard error."""
        return number(self.se, 2, beside=self.beside)


class Marked(NamedTuple):
    """Words with a mark before them on a terminal, and a note below them on a page."""

    words: str
    note: str
    mark: str = "×"

    def __str__(self) -> str:
        """Write the mark and the words."""
        return f"{self.mark}{self.words}"

    def html(self) -> str:
        """Write the words, and below them what the mark says."""
        return escape(self.words) + _small(f"{self.mark} {self.note}")


Row = tuple[str | Marked | Number, ...]


@dataclass(frozen=True)
class Table:
    """Rows under headings: rich prints it, notebooks and templates show it as HTML."""

    head: tuple[Column, ...]
    rows: tuple[Row, ...]  # one cell a heading each
    title: str = ""  # above
    note: str = ""  # below
    names: int = 1  # first columns, which name a row: one in HTML, which a page keeps in view

    def titled(self, title: str) -> "Table":
        """Give it another title, or none."""
        return replace(self, title=title)

    def without_note(self) -> "Table":
        """Drop what stands below, to be shown elsewhere."""
        return replace(self, note="")

    def pick(self, *names: str) -> "Table":
        """Keep the columns of these names, in this order."""
        known = [column.name for column in self.head]
        places = [known.index(name) for name in names]
        head = tuple(self.head[place] for place in places)
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        named = len(list(takewhile(lambda place: place < self.names, places)))
        return replace(self, head=head, rows=rows, names=max(named, 1))

    def means(self) -> "Table":
        """Drop standard errors and predictions."""
        rows = (tuple(str(c) if isinstance(c, Number) else c for c in row) for row in self.rows)
        return replace(self, rows=tuple(rows))

    def html(self) -> str:
        """Write it as HTML that needs no style sheet."""
        words = tuple(column.full or column.name for column in self.head)
        lines = [self._line(row, "td") for row in self.rows]
        parts = [f"<thead>{self._line(words, 'th')}</thead>", "<tbody>", *lines, "</tbody>"]
        if self.title:
            parts.insert(0, f"<caption>{escape(self.title)}</caption>")
        if self.note:
            span = f'colspan="{len(words) - self.names + 1}" style="text-align: left"'
            cell = f"<td {span}>{escape(self.note)}</td>"
            parts.append(f"<tfoot><tr>{cell}</tr></tfoot>")
        return "\n".join(["<table>", *parts, "</table>"])

    __html__ = _repr_html_ = html

    def text(self) -> str:
        """Write it as plain text, as wide as a terminal."""
        from rich.console import Console

        console = Console(width=TEXT_WIDTH, no_color=True, highlight=False)
        with console.capture() as captured:
            console.print(self)
        return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")

    def _line(self, row: Row, tag: str) -> str:
        """Write a row as HTML, its names as one cell."""
        names, values = row[: self.names], row[self.names :]
        texts = [c.words if isinstance(c, Marked) else str(c) for c in names]
        notes = [_small(f"{c.mark} {c.note}") for c in names if isinstance(c, Marked)]
        name = escape(", ".join(texts)) + "".join(notes)
        rest = [escape(c) if isinstance(c, str) else c.html() for c in values]
        cells = "".join(f"<{tag}>{cell}</{tag}>" for cell in rest)
        return f'<tr><{tag} style="text-align: left">{name}</{tag}>{cells}</tr>'

    def __rich__(self) -> "Drawn":
        """Draw it for a terminal; it is rich that asks for this."""
        from rich import box
        from rich.markup import escape as plain
        from rich.table import Table as Drawn
        from rich.text import Text

        stacked = any(isinstance(c, Number) and c.se is not None for row in self.rows for c in row)
        close = stacked or len(self.head) > LOOSE_COLUMNS
        drawn = Drawn(
            title=plain(self.title) or None,
            caption=plain(self.note) or None,
            title_justify="left",
            caption_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0) if close else (0, 1),
        )
        for place, column in enumerate(self.head):
            if stacked and place == self.names:
                drawn.add_column("", no_wrap=True)
            drawn.add_column(
                column.name,
                justify="left" if column.words else "right",
                overflow="fold" if column.words else "ellipsis",
                no_wrap=close and not column.words,
            )
        for row in self.rows:
            lines = _stack(row) if stacked else {"": [str(cell) for cell in row]}
            for label, words in lines.items():
                cells = [Text.assemble((word, "dim" if label == "±" else "")) for word in words]
                if stacked:
                    cells.insert(self.names, Text(label))
                drawn.add_row(*cells)
            if len(lines) > 2:
                drawn.add_section()
        return drawn


class Shown:
    """What shows itself as a sentence and tables, in a Python shell and in a notebook alike."""

    def shown(self) -> tuple[str, tuple[Table, ...]]:
        """Return the sentence and the tables."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Write the tables, and the sentence below them."""
        words, tables = self.shown()
        below = fill(words, TEXT_WIDTH, break_long_words=False) if words else ""
        return "\n\n".join(filter(None, [*(table.text() for table in tables), below]))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Show them in a notebook, the sentence above the first table."""
        words, (first, *others) = self.shown()
        head = first.titled(words) if words else first
        return "\n".join(table.html() for table in (head, *others))


def _small(text: str) -> str:
    return f"<br><small>{escape(text)}</small>"


def _stack(row: Row) -> dict[str, list[str]]:
    """Write means, below them standard errors and, where there are such, predictions."""
    found = [cell if isinstance(cell, Number) else None for cell in row]
    pairs = zip(found, row, strict=True)
    means = [number(n.mean, beside=n.beside) if n else str(cell) for n, cell in pairs]
    lines = {"mean": means, "±": [n.error if n else "" for n in found]}
    expected = [n.predicted if n else None for n in found]
    if any(value is not None for value in expected):
        known = any(value is not None and value == value for value in expected)
        predicted = [n.expected if n and known else "" for n in found]
        lines["pred." if known else ""] = predicted
    return lines
