"""What `Results` can do with itself: be drawn, written as a page, kept as a folder."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from w2slens._core.errors import InputError
from w2slens.experiments.folder.layout import write_folder, write_page
from w2slens.experiments.results import Results
from w2slens.report.files import files_of
from w2slens.report.page import render
from w2slens.report.plots import figure_of_run, plot_comparison, plot_risks


def plot(
    results: Results, ax: Axes | None = None, *, n: int | None = None, N: int | None = None
) -> Figure | Axes:
    """Draw the results.

    Parameters
    ----------
    ax
        Where to draw: the risks of one curve, or the ratios of several. Default: a new figure of
        risks, PGR and OPR.
    n, N
        Of one curve: draw over N at this number of labels, or over n at this number of
        pseudo-labels; default: over n at the largest N.

    Returns
    -------
    The Axes that were given, or a Figure.

    Raises
    ------
    InputError
        If n or N are not of the grid, or given where there are several curves.
    """
    for name, value in (("n", n), ("N", N)):
        if value is not None and len(results.settings) > 1:
            raise InputError(name, "is for one curve; choose it with select or curves")
    if ax is None:
        return figure_of_run(results, n=n, N=N)
    if len(results.settings) > 1:
        return plot_comparison(results, ax)
    return plot_risks(results, ax, n=n, N=N)


def report(results: Results, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write the results as one self-contained HTML page.

    Parameters
    ----------
    path
        A file.
    overwrite
        Replace what is there.

    Returns
    -------
    The path.

    Raises
    ------
    InputError
        If there is a file already, or none can be written.
    """
    return write_page(Path(path).parent, render(results), out=str(path), overwrite=overwrite)


def save(results: Results, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Keep the results as ``w2slens run --out`` does: `w2slens.load_results` reads them back.

    Parameters
    ----------
    folder
        A new folder, or one that holds nothing of the same names.
    overwrite
        Replace a result that is there.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        If the folder holds a result, or cannot be written.
    """
    document = results.to_dict()
    return write_folder(folder, files_of(results), document, kind="run", overwrite=overwrite)
