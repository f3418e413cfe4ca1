"""Run the recipes of SST-2 and write the page of their results.

w2slens features recipes/sst2/features.yaml     # once, about 15 minutes
python docs/results/sst2.py
"""

from _page import HERE, cells_at, draw_opr, risk_table, run_recipe, write_page
from matplotlib.figure import Figure

from w2slens._core.format import measured
from w2slens.experiments.document import pair
from w2slens.models.risks import MODELS
from w2slens.report.plots import plot_risks

TEACHERS = {
    "glove": "GloVe, mean of words",
    "layer0": "MiniLM, embeddings",
    "layer2": "MiniLM, layer 2",
    "layer4": "MiniLM, layer 4",
}

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")

POOL, LABELS = 15_000, 1000


def draw(plain, tuned):
    """Draw the risks of one teacher, and the OPR of all, untuned and tuned."""
    figure = Figure(figsize=(11, 8.6), layout="constrained")
    axes = figure.subplots(2, 2)
    looks = {
        name: (label, color, "o")
        for (name, label), color in zip(TEACHERS.items(), COLORS, strict=True)
    }
    one = plain.select(teacher="layer0")
    plot_risks(one, axes[0, 0], N=POOL).set_title("Embeddings → layer 6, over n at N = 15,000")
    plot_risks(one, axes[0, 1], n=LABELS).set_title("Embeddings → layer 6, over N at n = 1,000")
    for ax, results, what in ((axes[1, 0], plain, "ridgeless"), (axes[1, 1], tuned, "tuned")):
        draw_opr(ax, results, looks, POOL, what)
    figure.savefig(HERE / "images" / "sst2.png", dpi=100)


def accuracies(results):
    """Lines of the accuracies, a row a teacher and n."""
    lines = []
    for name, label in TEACHERS.items():
        curve = results.select(teacher=name)
        for row in cells_at(curve, POOL):
            scores = " | ".join(measured(pair(row, f"accuracy_{model}"), 3) for model in MODELS)
            ratios = " | ".join(measured(pair(row, key), 2) for key in ("accuracy_pgr", "pgr"))
            lines.append(f"| {label} | {row['n']:,} | {scores} | {ratios} |")
    return "\n".join(lines)


def main():
    found = [run_recipe("sst2", name) for name in ("ridgeless", "tuned", "logistic")]
    plain, tuned, logistic = (results for results, _ in found)
    draw(plain, tuned)
    write_page(
        "sst2",
        plain=risk_table(plain, TEACHERS, POOL),
        tuned=risk_table(tuned, TEACHERS, POOL),
        logistic=risk_table(logistic, TEACHERS, POOL),
        accuracies=accuracies(tuned),
        groups=f"{plain.config['groups']:,}",
        rows=f"{plain.config['rows']:,}",
        seconds=", ".join(f"{seconds:.0f} s" for _, seconds in found),
    )


if __name__ == "__main__":
    main()
