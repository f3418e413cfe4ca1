"""Write the page on fairness: what is left of PGR and OPR when every model is tuned alike.

    python docs/results/fairness.py     # after the features of coloured-fashion-mnist and sst2

Every recipe that is named here is run, or read back where an earlier page has run it.
"""

import numpy as np
from _page import HERE, cells_at, run_recipe, write_page
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from w2slens._core.format import measured
from w2slens.experiments.document import pair

COLOURED, SST2 = "coloured-fashion-mnist", "sst2"

SERIES = {
    "coloured, least squares": (COLOURED, "teachers", "tuned", 20_000),
    "coloured, flipped classes": (COLOURED, "noise-untuned", "noise", 20_000),
    "coloured, logistic": (COLOURED, "logistic-untuned", "logistic", 20_000),
    "coloured, all 1280 features": (COLOURED, None, "full", 20_000),
    "SST-2, least squares": (SST2, "ridgeless", "tuned", 15_000),
    "SST-2, logistic": (SST2, "logistic-untuned", "logistic", 15_000),
}
"""Name → folder of recipes, the untuned one, the tuned one, the pool."""

COLORS = ("#0072B2", "#56B4E9", "#D55E00", "#000000", "#009E73", "#CC79A7")

SURE = 2.0
"""Standard errors by which a ratio must differ from 1 or 0 to count as above or below."""


def rows_of(folder, name, N):
    """List the cells of a recipe's curves at one pool, a dict each; [] where there is none."""
    if name is None:
        return []
    results, _ = run_recipe(folder, name)
    return [row for curve in results.curves() for row in cells_at(curve, N)]


def counted(rows, key, level):
    """Say in how many cells a ratio is surely above and surely below a level, and its range."""
    known = [row for row in rows if np.isfinite(row[key])]
    if not known:
        return "–"
    above = sum(row[key] - SURE * row[f"{key}_se"] > level for row in known)
    below = sum(row[key] + SURE * row[f"{key}_se"] < level for row in known)
    low, high = min(row[key] for row in known), max(row[key] for row in known)
    return f"{above} / {below} of {len(known)} ({low:.2f} to {high:.2f})"


def table(series):
    """Lines of one row a series and protocol."""
    lines = []
    for name, (plain, tuned) in series.items():
        for what, rows in (("untuned", plain), ("tuned", tuned)):
            clean = [row for row in rows if not row["peak"]]
            if clean:
                ratios = f"{counted(clean, 'pgr', 0)} | {counted(clean, 'opr', 1)}"
                lines.append(f"| {name} | {what} | {ratios} |")
    return "\n".join(lines)


def disagreements(series):
    """Lines of the tuned cells in which risk and accuracy say the opposite of W2S."""
    lines = []
    for name, (_, rows) in series.items():
        for row in rows:
            if "accuracy_pgr" in row and opposite(row):
                curve = f"{row['teacher']}, noise {row['noise']:g}"
                ratios = " | ".join(measured(pair(row, key), 2) for key in ("pgr", "accuracy_pgr"))
                lines.append(f"| {name} | {curve} | {row['n']:,} | {ratios} |")
    return "\n".join(lines)


def opposite(row):
    """Whether both PGRs are surely not 0 and of different signs."""
    sure = all(abs(row[key]) > SURE * row[f"{key}_se"] for key in ("pgr", "accuracy_pgr"))
    return sure and row["pgr"] * row["accuracy_pgr"] < 0


def draw(series):
    """Draw OPR untuned against tuned, and PGR of risks against PGR of accuracies."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    drawn = dict(zip(series, COLORS, strict=True))
    for name in sorted(series, key=lambda name: name == "coloured, least squares"):
        color, (plain, tuned) = drawn[name], series[name]
        key = ("teacher", "noise", "n", "N")
        before = {tuple(row[k] for k in key): row["opr"] for row in plain}
        both = [
            (before[k], row["opr"]) for row in tuned if (k := tuple(row[q] for q in key)) in before
        ]
        if both:
            left.scatter(*np.transpose(both), color=color, s=18, label=name)
        scored = [(row["pgr"], row["accuracy_pgr"]) for row in tuned if "accuracy_pgr" in row]
        if scored:
            right.scatter(*np.transpose(scored), color=color, s=18, label=name)
    left.set_xscale("log")
    left.xaxis.set_major_locator(FixedLocator([0.8, 1, 1.5, 2, 3, 4, 5]))
    left.xaxis.set_minor_locator(NullLocator())
    left.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    for ax in (left, right):
        ax.legend(frameon=False, fontsize=8)
    left.set(xlabel="OPR, untuned", ylabel="OPR, every model tuned", title="OPR before and after")
    left.axhline(1, color="#888888", linewidth=0.8)
    left.axvline(1, color="#888888", linewidth=0.8)
    right.set(xlabel="PGR of risks", ylabel="PGR of accuracies", title="Risk and accuracy, tuned")
    right.axhline(0, color="#888888", linewidth=0.8)
    right.axvline(0, color="#888888", linewidth=0.8)
    right.axline((0, 0), slope=1, color="#cccccc", linewidth=0.8)
    figure.savefig(HERE / "images" / "fairness.png", dpi=100)


def main():
    series = {
        name: (rows_of(folder, plain, N), rows_of(folder, tuned, N))
        for name, (folder, plain, tuned, N) in SERIES.items()
    }
    draw(series)
    write_page("fairness", table=table(series), disagreements=disagreements(series))


if __name__ == "__main__":
    main()
