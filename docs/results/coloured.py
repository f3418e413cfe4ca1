"""Run the recipes of coloured Fashion-MNIST and write the page of their results.

w2slens features recipes/coloured-fashion-mnist/features.yaml     # once, about 4 minutes
python docs/results/coloured.py
"""

from _page import HERE, draw_opr, noise_table, risk_table, run_recipe, write_page
from matplotlib.figure import Figure

from w2slens.report.plots import plot_risks

TEACHERS = {
    "mobilenet": ("MobileNetV2", "#0072B2", "s"),
    "lite2": ("EfficientNet-Lite2", "#D55E00", "D"),
    "pixels": ("raw pixels", "#009E73", "^"),
    "convolutions": ("random convolutions", "#CC79A7", "o"),
}

POOL, LABELS = 20_000, 1000


def draw(plain, tuned):
    """Draw the risks of one teacher, and the OPR of all, untuned and tuned."""
    figure = Figure(figsize=(11, 8.6), layout="constrained")
    axes = figure.subplots(2, 2)
    one = plain.select(teacher="mobilenet")
    plot_risks(one, axes[0, 0], N=POOL).set_title("MobileNetV2 → Lite0, over n at N = 20,000")
    plot_risks(one, axes[0, 1], n=500).set_title("MobileNetV2 → Lite0, over N at n = 500")
    for ax, results, what in ((axes[1, 0], plain, "ridgeless"), (axes[1, 1], tuned, "tuned")):
        draw_opr(ax, results, TEACHERS, POOL, what)
    (HERE / "images").mkdir(exist_ok=True)
    figure.savefig(HERE / "images" / "coloured.png", dpi=100)


def main():
    recipes = ("teachers", "tuned", "noise", "logistic")
    found = [run_recipe("coloured-fashion-mnist", name) for name in recipes]
    plain, tuned, noisy, logistic = (results for results, _ in found)
    labels = {name: label for name, (label, _, _) in TEACHERS.items()}
    draw(plain, tuned)
    values = {
        "plain": risk_table(plain, labels, POOL),
        "tuned": risk_table(tuned, labels, POOL),
        "noise": noise_table(noisy, labels, LABELS, POOL),
        "logistic": risk_table(logistic, labels, POOL),
        "seconds": ", ".join(f"{seconds:.0f} s" for _, seconds in found),
    }
    write_page("coloured", **values)


if __name__ == "__main__":
    main()
