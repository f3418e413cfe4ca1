"""The page of a result in a folder: drawn only where it is not there already.

Drawing starts slowly, so it is imported only when something must be drawn.
"""

from pathlib import Path

from w2slens.experiments.folder.archive import load_results, read_document
from w2slens.experiments.folder.layout import PAGE, write_page
from w2slens.experiments.results import Results
from w2slens.report.fresh import as_drawn, shows


def ensure_page(results: Results, folder: Path) -> None:
    """Write the page of a result where none shows it yet; its own former page is replaced."""
    if not shows(folder / PAGE, results):
        from w2slens.report.page import render

        write_page(folder, render(results), out=None, overwrite=False)


def render_folder(folder: Path, *, out: str | None = None, overwrite: bool = False) -> Path:
    """Write the page of whatever result a folder holds, there or to `out`."""
    document = read_document(folder)
    return write_page(folder, _page(folder, document), out=out, overwrite=overwrite)


def _page(folder: Path, document: dict[str, object]) -> str:
    if "config" not in document:
        from w2slens.report.sheets import render_sheet

        return render_sheet(document)
    results = load_results(folder)
    drawn = as_drawn(folder / PAGE, results)
    if drawn is None:
        from w2slens.report.page import render

        return render(results)
    return drawn
