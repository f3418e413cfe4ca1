"""Run the recipes of coloured Fashion-MNIST and write the page of their results.

w2slens features recipes/coloured-fashion-mnist/features.yaml     # once, about 4 minutes
python docs/results/coloured.py
"""

import time
from pathlib import Path

from _page import write_page
from matplotlib.figure import Figure

from w2slens._format import measured, number
from w2slens.cells import pair
from w2slens.plots import Cut, plot_risks
from w2slens.recipe import load_recipe
from w2slens.risk import MODELS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

TEACHERS = {
    "mobilenet": ("MobileNetV2", "#0072B2", "s"),
    "lite2": ("EfficientNet-Lite2", "#D55E00", "D"),
    "pixels": ("raw pixels", "#009E73", "^"),
    "convolutions": ("random convolutions", "#CC79A7", "o"),
}

POOL, MOST_LABELS = 20_000, 3000


def run(name):
    """Run a recipe, or read it back; the results and the seconds it took."""
    begin = time.perf_counter()
    campaign = load_recipe(ROOT / "recipes" / "coloured-fashion-mnist" / f"{name}.yaml")
    return campaign.run(ROOT / "build" / f"coloured-{name}"), time.perf_counter() - begin


def draw(plain, tuned):
    """Draw the risks of one teacher, and the OPR of all, untuned and tuned."""
    figure = Figure(figsize=(11, 8.6), layout="constrained")
    axes = figure.subplots(2, 2)
    one = plain.select(teacher="mobilenet")
    plot_risks(one, axes[0, 0], N=POOL).set_title("MobileNetV2 → Lite0, over n at N = 20,000")
    plot_risks(one, axes[0, 1], n=500).set_title("MobileNetV2 → Lite0, over N at n = 500")
    for ax, results, what in ((axes[1, 0], plain, "ridgeless"), (axes[1, 1], tuned, "tuned")):
        for name, (label, color, marker) in TEACHERS.items():
            cut = Cut(results.select(teacher=name), None, POOL)
            cut.errorbar(ax, "opr", color=color, fmt=f"{marker}-", label=label)
        ax.axhline(1, color="#888888", linewidth=0.8)
        ax.set_ylabel("OPR")
        ax.set_title(f"OPR at N = 20,000, every model {what}")
        cut.finish(ax)
    (HERE / "images").mkdir(exist_ok=True)
    figure.savefig(HERE / "images" / "coloured.png", dpi=100)


def table(results):
    """Lines of one row a teacher and n, at the largest pool."""
    lines = []
    for name, (label, _, _) in TEACHERS.items():
        curve = results.select(teacher=name)
        rows = curve.summary[curve.summary["N"] == POOL].to_dict("records")
        for row in rows:
            mark = " ×" if row["peak"] else ""
            risks = " | ".join(measured(pair(row, model)) for model in MODELS)
            ratios = " | ".join(measured(pair(row, ratio), 2) for ratio in ("pgr", "opr"))
            dims = f"{curve.dimensions.d_w} | {number(curve.dimensions.d_sw)}"
            lines.append(f"| {label} | {dims} | {row['n']:,}{mark} | {risks} | {ratios} |")
    return "\n".join(lines)


def main():
    (plain, first), (tuned, second) = run("teachers"), run("tuned")
    draw(plain, tuned)
    values = {
        "plain": table(plain),
        "tuned": table(tuned),
        "seconds": f"{first:.0f} s and {second:.0f} s",
    }
    write_page("coloured", **values)


if __name__ == "__main__":
    main()
