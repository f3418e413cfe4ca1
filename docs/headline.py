"""Draw docs/images/headline.png: what overlap does to a student, and what labels do."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from w2slens import Planted, predict, simulate
from w2slens.plots import LOOKS

OUT = Path(__file__).parent / "images" / "headline.png"
MODELS = ("weak", "w2s", "strong", "ceiling")
D_W, D_S, N = 40, 30, 3000


def pair(d_sw, rho):
    """Plant a pair with so many shared dimensions; rho of f* is beyond either side."""
    return Planted.with_correlations(D_W, D_S, [1.0] * d_sw, noise=1.0, rho_w=rho, rho_s=rho)


def draw(ax, x, measured, at, expected):
    """Draw measured points and predicted lines of the four models."""
    for model in MODELS:
        label, color, marker = LOOKS[model]
        ax.plot(at, expected[model], color=color, linewidth=1.8)
        values = [row[model] for row in measured]
        errors = [row[f"{model}_se"] for row in measured]
        ax.errorbar(x, values, errors, fmt=marker, color=color, label=label, markersize=6)


def overlap_panel(ax):
    """Risks over the number of shared dimensions, at 120 labels."""
    some, all_ = [0, 6, 12, 18, 24, 28], list(range(29))
    settings = {"n": 120, "N": N, "ridge_weak": 0, "ridge_strong": 0}
    measured = [simulate(pair(d, 0.02), **settings, trials=30).summary.iloc[0] for d in some]
    risks = [predict(pair(d, 0.02).problem, **settings, intercept=True) for d in all_]
    expected = {model: [getattr(r, model)[0, 0] for r in risks] for model in MODELS}
    draw(ax, some, measured, all_, expected)
    ax.set(xlabel="shared dimensions d_sw", ylabel="excess risk", ylim=(0, 0.62))
    ax.set_title("120 labels: a student inherits its teacher's\nnoise where their features overlap")
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.08))


def labels_panel(ax):
    """Risks over the number of labels, at 8 shared dimensions."""
    some, all_ = [60, 100, 180, 320, 560, 1000], np.geomspace(55, 1000, 60).astype(int)
    settings = {"N": N, "ridge_weak": 0, "ridge_strong": 0}
    measured = simulate(pair(8, 0.05), n=some, **settings, trials=30).summary.to_dict("records")
    risks = predict(pair(8, 0.05).problem, n=all_, **settings, intercept=True)
    expected = {model: getattr(risks, model)[:, 0] for model in MODELS}
    draw(ax, some, measured, all_, expected)
    ax.set(xscale="log", yscale="log", xlabel="labels n", ylim=(0.04, 3.5))
    ax.set_xticks([60, 100, 250, 500, 1000], ["60", "100", "250", "500", "1,000"])
    ax.set_yticks([0.05, 0.1, 0.3, 1, 3], ["0.05", "0.1", "0.3", "1", "3"])
    ax.minorticks_off()
    ax.set_title("8 shared: with enough labels the strong model\ndoes better on them alone")


def main():
    """Write the figure."""
    mpl.use("agg")
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    overlap_panel(left)
    labels_panel(right)
    figure.savefig(OUT, dpi=110)


if __name__ == "__main__":
    main()
